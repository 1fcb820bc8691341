"""A planner that does nothing but swing the first joint when it is asked to, as a process that can be killed."""

from __future__ import annotations

import threading

import numpy as np
from std_srvs.srv import Trigger

from handpick.check_cell import minimum_jerk
from perception.errors import HandpickError
from ros_nodes.node import CellNode, Over, main_of, spin
from ros_nodes.ros_cell import RosCell

ANGLE, SECONDS = 1.2, 6.0  # rad; in mid-motion 0.375 rad/s


class SwingingPlanner(CellNode):
    """Service: planner/swing."""

    def __init__(self) -> None:
        super().__init__("planner")
        self.asked = threading.Event()
        self.create_service(Trigger, "planner/swing", self._swing)

    def status(self) -> tuple[str, str, str, dict[str, str]]:
        return "ok", "picking", "", {}

    def _swing(self, asked: Trigger.Request, answer: Trigger.Response) -> Trigger.Response:
        self.asked.set()
        answer.success = True
        return answer


def serve(node: SwingingPlanner, over: Over) -> None:
    threading.Thread(target=spin, args=(node, over), daemon=True).start()
    cell = RosCell(node, node.folder(), patience=5.0, coming_up=60.0)
    while node.context.ok():
        if node.asked.wait(0.05):
            node.asked.clear()
            swing(cell)


def swing(cell: RosCell) -> None:
    start = cell.state().positions
    try:
        cell.move(minimum_jerk(start, float(-ANGLE * np.sign(start[0] + 1e-3)), SECONDS))
    except HandpickError as error:
        cell.node.get_logger().error(str(error))


if __name__ == "__main__":
    raise SystemExit(main_of(SwingingPlanner, serve, at_once=True)())
