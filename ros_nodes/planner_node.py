"""The planner's node: the pick loop of the simulation, over a cell of nodes."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import rclpy

from handpick.cell import CellStopped
from handpick.outcome import PickOutcome, Result
from handpick.picking.decide import Look
from handpick.picking.stack import Declared, Stack, closed, opened
from perception.errors import HandpickError
from ros_nodes.node import CellNode, Over, main_of, spin
from ros_nodes.pace import pace_of
from ros_nodes.picks.decisions import Decisions
from ros_nodes.ros_cell import RosCell

EYES = {"closed": closed, "open": opened}


class PlannerNode(CellNode):
    """Runs bins while the supervisor says so.

    Parameters:

    cell; orders: items of a bin (1); speed: share of the arm's limits (0.1), as the arm's node allows;
    eyes: closed or open; patience: seconds to wait for answers and for frames of all cameras (2);
    coming_up: seconds in which cameras, arm and tool must be there (30);
    stale_arm: seconds without a word of the arm's node after which it counts as stopped (0.5).
    """

    def __init__(self) -> None:
        super().__init__("planner")
        self.layout_folder = self.folder()
        self.orders, self.speed = int(self.parameter("orders", 1)), float(self.parameter("speed", 0.1))
        self.eyes = EYES[self.choice("eyes", tuple(EYES))]
        self.patience, self.coming_up = float(self.parameter("patience", 2.0)), float(self.parameter("coming_up", 30.0))
        self.stale_arm = float(self.parameter("stale_arm", 0.5))
        self.state, self.why = "loading", ""
        self.running, self.round = False, 0
        self.decisions = Decisions(self, self.layout_folder.robot())
        self.hear("supervisor", self._hear_supervisor)

    def status(self) -> tuple[str, str, str, dict[str, str]]:
        level = "error" if self.state == "failed" else "ok"
        return level, self.state, self.why, {"round": str(self.round), "speed": f"{self.speed:g}"}

    def work(self) -> None:
        """Bin after bin, until the context ends."""
        cell = RosCell(self, self.layout_folder, self.patience, self.coming_up, self.stale_arm)
        stack = self.stack(cell)
        while self.wait_to_run(cell):
            self.state, self.why = "picking", ""
            try:
                self.bin(cell, stack)
                self.state = "done"
            except HandpickError as error:
                self.state, self.why = "failed", f"{type(error).__name__}: {error}"
                self.get_logger().error(self.why)
            self.round += 1
            while self.running and rclpy.ok():  # the supervisor takes note, and asks for the next one
                time.sleep(0.02)

    def stack(self, cell: RosCell) -> Stack:
        folder, pace = self.layout_folder, pace_of(self.speed)
        made = Stack.build(cell.layout, folder.tool, folder.tools, Declared(0.0, 0.0), self.eyes, folder.arm, pace)
        thinker = ThreadPoolExecutor(1, thread_name_prefix="thinking")
        return replace(made, thinker=thinker, on_thought=self.decisions.decided)

    def bin(self, cell: RosCell, stack: Stack) -> None:
        """One bin. Raises CellStopped, BlindError, ViewError."""
        from handpick.loop import run_bin

        go_on = lambda: self.wait_to_run(cell)
        done = run_bin(cell, stack, self.orders, self._told, proceed=go_on, resume=go_on)
        placed = sum(outcome.result is Result.PLACED for outcome in done)
        self.why = f"{placed} of {self.orders} placed in {len(done)} picks"

    def wait_to_run(self, cell: RosCell) -> bool:
        """Wait until a person has started the cell and nothing is stopped; False where the context ends."""
        busy = self.state
        while rclpy.ok() and not (self.running and not cell.stopped):
            self.state = "waiting" if busy in ("picking", "waiting") else "ready"
            time.sleep(0.02)
        self.state = busy
        return bool(rclpy.ok())

    def _told(self, outcome: PickOutcome, look: Look | None) -> None:
        self.decisions.picked(outcome, look)
        cause = f", {outcome.cause}" if outcome.cause else ""
        self.get_logger().info(f"pick {outcome.index}: {outcome.result.value}{cause}")

    def _hear_supervisor(self, level: str, state: str, why: str) -> None:
        self.running = state == "running"


def serve(node: PlannerNode, over: Over) -> None:
    """Think and wait in this thread, hear in another one."""
    done = threading.Event()
    hearing = threading.Thread(target=spin, args=(node, lambda: over() or done.is_set()), name="hearing", daemon=True)
    hearing.start()
    try:
        node.work()
    except CellStopped as stop:  # the context ended
        node.get_logger().info(str(stop))
    finally:
        done.set()
        hearing.join(timeout=1.0)


main = main_of(PlannerNode, serve, at_once=True)
