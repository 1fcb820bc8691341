"""The pick loop: the same for simulation, replay and robot."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from functools import partial

from grasping.attempts import Attempts
from grasping.grasp import Grasp
from handpick.cell import Cell, CellStopped, ProtectiveStop
from handpick.outcome import PickOutcome, Result
from handpick.picking.contact_sensing import Touch
from handpick.picking.decide import Look, Thought, think
from handpick.picking.execute import RISE, Executed, drag_aside, execute, let_go
from handpick.picking.going_home import go_home, set_going, stands_at
from handpick.picking.latency import Thinking
from handpick.picking.outlook import View, calm_view, carrying_view
from handpick.picking.recovery import recover
from handpick.picking.stack import Patience, Stack
from handpick.picking.stopwatch import Stopwatch
from motion.plan import DragMotion, Homeward
from motion.planner import PickMotion, PlanError
from perception.events import EventKind
from perception.scene import Scene
from perception.tote import Box

STOPPED = "stopped"  # by a person, or since the robot saw no safe way on


@dataclass(frozen=True, eq=False)
class Ahead:
    """Thinking about the next pick while `motion` carries the last item, and what is then remembered of failures."""

    motion: PickMotion
    thinking: Thinking[Thought]
    past: Attempts


def run_bin(
    cell: Cell,
    stack: Stack,
    orders: int,
    on_pick: Callable[[PickOutcome, Look | None], None] = lambda outcome, look: None,
    proceed: Callable[[], bool] = lambda: True,
    resume: Callable[[], bool] = lambda: False,
) -> list[PickOutcome]:
    """Pick `orders` items out of the source tote, or as many as can be picked before patience ends.

    Args:
        resume: called where the cell has stopped; returns True once somebody has cleared it and it may go on, False
            where nobody comes. What the tool still holds is then set down first.

    Raises:
        CellStopped: the cell stopped, and nobody came; the outcomes so far went to `on_pick`.
        BlindError: no camera sees the source any more.
        ViewError: at the first look, a camera does not show the totes where the layout has them.
    """
    outcomes: list[PickOutcome] = []
    go_home(cell, stack, None)
    picker = Picker(cell, stack, resume)
    while proceed() and not finished(outcomes, orders, stack.patience):
        placed = sum(outcome.result is Result.PLACED for outcome in outcomes)
        outcome, look = picker.pick(len(outcomes), last=placed + 1 == orders)
        outcomes.append(outcome)
        on_pick(outcome, look)
    return outcomes


class Picker:
    """Picks item after item, and thinks about the next while the arm carries the last."""

    def __init__(self, cell: Cell, stack: Stack, resume: Callable[[], bool] = lambda: False) -> None:
        self.cell, self.stack, self.resume = cell, stack, resume
        self.eyes = stack.eyes(cell, stack.arm)
        self.past = Attempts()
        self.ahead: Ahead | None = None

    def pick(self, index: int, last: bool = False) -> tuple[PickOutcome, Look]:
        """Look, choose, plan, execute: one pass of the loop. Nothing is thought ahead for the one after the `last`."""
        watch, started = Stopwatch(self.cell), self.cell.clock()
        thought = self.thought(watch)
        look, grasp = thought.look, thought.look.grasp
        if thought.motion is None:
            done = Executed(Result.NOT_EXECUTED, thought.cause, None)
        else:
            self.eyes.look(thought.view, look.scene)
            if isinstance(thought.motion, DragMotion):
                done = self.drag(thought.motion, look, watch)
            else:
                done = self.execute(thought.motion, look, watch, last)
        outcome = PickOutcome(
            index=index,
            result=done.result,
            tool=grasp.tool if grasp else None,
            cause=done.cause,
            started=started,
            ended=self.cell.clock(),
            released=done.released,
            stages=watch.stages,
            perceive_ms=thought.perceive_ms,
            plan_ms=thought.plan_ms,
            hidden=watch.hidden,
            events=self.eyes.noticed if thought.motion else (),
            grasp=grasp,
        )
        return outcome, look

    def thought(self, watch: Stopwatch) -> Thought:
        """What to do next; after a stop, from home and anew."""
        try:
            return self.next_thought(watch)
        except CellStopped as stop:
            self.ahead = None
            watch.run("stopped", partial(self.go_on, stop))
            watch.run("retreat", lambda: self.home(None))
            return self.next_thought(watch)

    def next_thought(self, watch: Stopwatch) -> Thought:
        """What was thought ahead, if it leads on from where the arm is; else home, and a calm look."""
        if ahead := self.ahead:
            thought = ahead.thinking.result(watch)
            self.past, self.ahead = ahead.past, None
            if thought.motion and stands_at(self.cell, thought.motion.approach.positions[0]):  # never a drag
                return thought
            watch.run("retreat", lambda: self.retreat(ahead.motion, thought.look.scene))
        return self.think(calm_view(self.cell, self.stack.arm), self.past).result(watch)

    def think(self, view: View, past: Attempts) -> Thinking[Thought]:
        done = self.stack.thinker.submit(think, self.stack, view, past)
        return Thinking(self.cell, asdict(self.stack.declared), done)

    def execute(self, motion: PickMotion, look: Look, watch: Stopwatch, last: bool) -> Executed:
        """Execute a pick. Where the item is placed, the arm waits over it for the next, else it goes home."""
        stack, grasp = self.stack, look.grasp
        assert grasp is not None

        def passed() -> None:
            past = replace(self.past, failed=list(self.past.failed))
            past.record(grasp, placed=True)
            view = carrying_view(self.cell, stack.arm, motion, grasp, look.scene)
            self.ahead = Ahead(motion, self.think(view, past), past)

        touch, eyes = Touch(stack.arm), self.eyes
        on_passed = (lambda: None) if last else passed
        pick = lambda: execute(self.cell, motion, grasp, stack.tool, touch, stack.hold, watch, on_passed, eyes)
        done = self.guarded(pick, grasp, watch)
        if eyes.halted and eyes.why == EventKind.CAMERAS_STALE:
            self.wait_to_see(watch)
        blameless = bool(eyes.halted) or done.cause == STOPPED
        if done.held:
            known, cause, self.ahead = eyes.known or motion.carrying, done.cause, None
            down = lambda: recover(self.cell, stack, eyes, known, cause, grasp, look.scene, watch)
            done = self.guarded(down, grasp, watch, giving_up=True)
        if done.result is Result.PLACED and self.ahead and not (eyes.displaced or eyes.halted):
            return done
        self.ahead = None
        if not blameless or done.result in (Result.PLACED, Result.DROPPED):  # else it is not the grasp that failed
            self.past.record(grasp, done.result is Result.PLACED, done.cause)
        watch.run("retreat", lambda: self.retreat(motion, look.scene, eyes.boxes))
        return done

    def wait_to_see(self, watch: Stopwatch) -> None:
        """Until the cameras are alive again, or a while has passed; then what is left of them must do.

        Raises:
            CellStopped: no camera is alive, and nobody comes.
        """
        if not watch.run("blind", lambda: self.eyes.alive(self.stack.patience.blind)) and not self.cell.capture():
            blind = f"no camera has been alive for {self.stack.patience.blind} s; the arm stays where it is"
            watch.run("stopped", lambda: self.go_on(CellStopped(blind)))

    def drag(self, motion: DragMotion, look: Look, watch: Stopwatch) -> Executed:
        """Drag an item aside and go home."""
        stack, grasp = self.stack, look.grasp
        assert grasp is not None
        touch, eyes = Touch(stack.arm), self.eyes
        drag = lambda: drag_aside(self.cell, motion, grasp, stack.tool, touch, stack.hold, watch, eyes)
        done = self.guarded(drag, grasp, watch, giving_up=True)
        if eyes.halted and eyes.why == EventKind.CAMERAS_STALE:
            self.wait_to_see(watch)
        if not eyes.halted:
            self.past.record_drag(grasp)
            if done.result is Result.MISSED and done.cause != STOPPED:
                self.past.record(grasp, False, done.cause)
        watch.run("retreat", lambda: self.home(look.scene, eyes.boxes))
        return done

    def guarded(
        self, action: Callable[[], Executed], grasp: Grasp, watch: Stopwatch, giving_up: bool = False
    ) -> Executed:
        """What an action with a grasp comes to, be it ended by a stop. By itself the cell stops where something was run
        into: there the tool lets go. What is carried when a person stops the cell is held on, unless `giving_up`.
        """
        try:
            return action()
        except CellStopped as stop:
            watch.run("stopped", partial(self.go_on, stop))
            held, by_itself = self.stack.hold.there(grasp, self.cell.state()), isinstance(stop, ProtectiveStop)
            if held and "carry" in watch.stages and not (giving_up or by_itself):
                return Executed(Result.RETURNED, STOPPED, None, held=True)
            cause = "protective stop" if by_itself else STOPPED
            return let_go(self.cell, grasp, self.stack.tool, watch, Result.DROPPED if held else Result.MISSED, cause)

    def go_on(self, stop: CellStopped) -> None:
        """After a stop, set the cell going by itself, or wait until somebody has.

        Raises:
            CellStopped: nobody comes.
        """
        if isinstance(stop, ProtectiveStop):
            set_going(self.cell)
        elif not self.resume():
            raise stop

    def retreat(self, motion: PickMotion, scene: Scene, boxes: Sequence[Box] | None = None) -> None:
        """Home from a release minding what lies in the destination; else from wherever the arm is."""
        way = None
        if stands_at(self.cell, motion.carry.positions[-1]) and boxes is None:
            with suppress(PlanError):
                begun = motion.retreat.trajectory.begun_at(self.cell.state().positions, RISE)
                way = replace(motion.retreat, trajectory=begun)
        self.home(scene, boxes, way)

    def home(self, scene: Scene | None, boxes: Sequence[Box] | None = None, way: Homeward | None = None) -> None:
        """Home by a way, else by a new one from wherever the arm is; after a stop there, by another."""
        try:
            go_home(self.cell, self.stack, scene, boxes, way, self.eyes)
        except CellStopped as stop:
            self.go_on(stop)
            boxes = self.eyes.boxes if isinstance(stop, ProtectiveStop) else None
            go_home(self.cell, self.stack, None, boxes, eyes=self.eyes)


def finished(outcomes: list[PickOutcome], orders: int, patience: Patience) -> bool:
    """All orders are placed, or the bin is given up."""
    results = [outcome.result for outcome in outcomes]
    since = len(results) - max((i + 1 for i, r in enumerate(results) if r is Result.PLACED), default=0)
    idle = len(results) - max((i + 1 for i, r in enumerate(results) if r is not Result.NOT_EXECUTED), default=0)
    return results.count(Result.PLACED) >= orders or since >= patience.failures or idle >= patience.empty_looks
