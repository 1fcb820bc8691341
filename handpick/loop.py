"""The pick loop: the same for simulation, replay and robot."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from functools import partial
from types import MappingProxyType

from grasping.attempts import Attempts, Failure
from grasping.grasp import Grasp, Odds
from grasping.quality.trust import trusted
from handpick.cell import Cell, CellStopped, ProtectiveStop
from handpick.outcome import Cause, PickOutcome, Result
from handpick.picking.contact_sensing import Touch
from handpick.picking.decide import Look, Thought, think
from handpick.picking.execute import RISE, Executed, execute, let_go
from handpick.picking.going_home import go_home, set_going, stands_at
from handpick.picking.inspection import PASSED
from handpick.picking.latency import Thinking
from handpick.picking.outlook import View, calm_view, carrying_view, leaving_view
from handpick.picking.recovery import recover
from handpick.picking.stack import Patience, Stack
from handpick.picking.stopwatch import Stopwatch
from motion.errors import PlanError
from motion.plan import Plan
from perception.scene import Scene
from perception.tote import Box

# what of a cause is remembered of the items that it befell
REMEMBERED: Mapping[Cause | None, Failure] = MappingProxyType(
    {
        Cause.NO_HOLD: Failure.NO_HOLD,
        Cause.GAVE_WAY: Failure.GAVE_WAY,
        Cause.LOST_ON_LIFTING: Failure.LOST,
        Cause.LOST_IN_TRANSFER: Failure.LOST,
        Cause.LEFT_A_PART: Failure.OPENED,
        Cause.HOLD_TIRED: Failure.WEIGHED,
    }
)


@dataclass(frozen=True, eq=False)
class Ahead:
    """Thinking about the next pick while `plan` carries the last item, and what is then remembered of failures."""

    plan: Plan
    thinking: Thinking[Thought]
    past: Attempts


def run_bin(
    cell: Cell,
    stack: Stack,
    orders: int,
    on_pick: Callable[[PickOutcome, Look | None], None] = lambda outcome, look: None,
    proceed: Callable[[], bool] = lambda: True,
    resume: Callable[[], bool] = lambda: False,
    replace_destination: Callable[[], bool] = lambda: False,
) -> list[PickOutcome]:
    """Pick `orders` items out of the source tote, or as many as can be picked before patience ends.

    Args:
        resume: called where the cell has stopped; returns True once somebody has cleared it and it may go on, False
            where nobody comes. What the tool still holds is then set down first.
        replace_destination: called where nothing but room in the destination is missing; returns True once an empty
            one stands in its place, False where it is empty already or nobody comes.

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
        if outcome.cause is Cause.NO_PLACE and replace_destination():
            picker.past.forget_places()
    return outcomes


def decided_by(look: Look) -> Odds | None:
    """The odds of what was chosen, after what had failed before; None where that leaves the item in the source."""
    if look.grasp is None or look.past is None or not look.grasp.skill.leaves_tote:
        return None
    return trusted(look.past, look.grasp)


class Picker:
    """Picks item after item, and thinks about the next while the arm carries the last."""

    def __init__(self, cell: Cell, stack: Stack, resume: Callable[[], bool] = lambda: False) -> None:
        self.cell, self.stack, self.resume = cell, stack, resume
        self.eyes = stack.eyes(cell, stack.arm)
        self.past = Attempts()
        self.ahead: Ahead | None = None
        self.leaving: Thinking[Thought] | None = None  # about the next pick, from home, while the arm goes there
        self.trial: bool | None = None  # whether weights on trial decide the next pick, once that is drawn
        self.inspection = PASSED  # of what is in hand, or was last

    def pick(self, index: int, last: bool = False) -> tuple[PickOutcome, Look]:
        """Look, choose, plan, execute: one pass of the loop. Nothing is thought ahead for the one after the `last`."""
        watch, started = Stopwatch(self.cell), self.cell.clock()
        thought = self.thought(watch)
        look, grasp, self.trial, self.inspection = thought.look, thought.look.grasp, None, PASSED
        if thought.plan is None:
            done = Executed(Result.NOT_EXECUTED, thought.cause, None)
        else:
            self.eyes.look(thought.view, look.scene)
            assert grasp is not None
            self.inspection = self.stack.chooser.inspection(self.cell, thought.aim, grasp, look.scene)
            done = self.execute(thought.plan, look, watch, last)
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
            events=self.eyes.noticed if thought.plan else (),
            grasp=grasp,
            skill=grasp.skill.name if grasp else "",
            trial=thought.trial,
            aim=thought.aim,
            inspected=self.inspection.told,
            believed=decided_by(look),
        )
        if self.stack.canary:
            self.stack.canary.record(outcome)
        return outcome, look

    def thought(self, watch: Stopwatch) -> Thought:
        """What to do next; after a stop, from home and anew."""
        try:
            return self.next_thought(watch)
        except CellStopped as stop:
            self.ahead = self.leaving = None
            watch.run("stopped", partial(self.go_on, stop))
            watch.run("retreat", lambda: self.home(None))
            return self.next_thought(watch)

    def next_thought(self, watch: Stopwatch) -> Thought:
        """What was thought ahead, if it leads on from where the arm is; else what was seen on the way home, or a calm
        look from there.
        """
        if ahead := self.ahead:
            thought = ahead.thinking.result(watch)
            self.past, self.ahead = ahead.past, None
            if thought.plan and stands_at(self.cell, thought.plan.start):
                return thought
            watch.run("retreat", lambda: self.retreat(ahead.plan, thought.look.scene))
        if leaving := self.leaving:
            thought, self.leaving = leaving.result(watch), None
            if thought.view and stands_at(self.cell, thought.view.positions):
                return thought
        return self.think(calm_view(self.cell, self.stack.arm), self.past).result(watch)

    def think(self, view: View, past: Attempts) -> Thinking[Thought]:
        if self.trial is None and self.stack.canary:  # drawn once a pick, however often it is thought about
            self.trial = self.stack.canary.draw()
        done = self.stack.thinker.submit(think, self.stack, view, past, self.trial)
        return Thinking(self.cell, asdict(self.stack.declared), done)

    def execute(self, plan: Plan, look: Look, watch: Stopwatch, last: bool) -> Executed:
        """Execute a plan. Where an item is placed, the arm waits over it for the next pick, else it goes home."""
        stack, grasp, eyes = self.stack, look.grasp, self.eyes
        assert grasp is not None

        def passed() -> None:
            past = self.past.copy()
            past.record(grasp, placed=True)
            view = carrying_view(self.cell, stack.arm, plan, grasp, look.scene)
            self.ahead = Ahead(plan, self.think(view, past), past)

        on_passed = (lambda: None) if last else passed
        tool = stack.tool, Touch(stack.arm), stack.hold
        run = lambda: execute(self.cell, plan, grasp, *tool, watch, on_passed, eyes, self.inspection)
        done = self.guarded(run, grasp, watch, giving_up=not grasp.skill.leaves_tote)
        if eyes.halted and eyes.why is Cause.CAMERAS_STALE:
            self.wait_to_see(watch)
        blameless = bool(eyes.halted) or done.cause in (Cause.STOPPED, Cause.WRONG_ITEM)
        if done.held:
            known, cause, self.ahead = eyes.known or plan.carry.constraints, done.cause, None
            assert known is not None
            down = lambda: recover(self.cell, stack, eyes, known, cause, grasp, look.scene, watch)
            done = self.guarded(down, grasp, watch, giving_up=True)
        self.inspection.put_back(done.result in (Result.RETURNED, Result.MOVED))
        if done.result is Result.PLACED and self.ahead and not (eyes.displaced or eyes.halted):
            return done
        self.ahead = None
        self.remember(grasp, done, blameless)
        look_ahead = self.leave if at_rest(done) else lambda way: None
        watch.run("retreat", lambda: self.retreat(plan, look.scene, eyes.boxes, look_ahead))
        return done

    def leave(self, way: Plan) -> None:
        """Look, and think about the next pick, while the arm goes on home."""
        self.leaving = self.think(leaving_view(self.cell, self.stack.arm, way), self.past)

    def remember(self, grasp: Grasp, done: Executed, blameless: bool) -> None:
        """Remember how a plan went, unless it is not the grasp that failed."""
        if not grasp.skill.leaves_tote and not self.eyes.halted:
            self.past.record_drag(grasp, self.stack.arm.T_base_tool(self.cell.state().positions, grasp.tool))
        if done.result in (Result.PLACED, Result.DROPPED) or not (blameless or done.result is Result.MOVED):
            self.past.record(grasp, done.result is Result.PLACED, REMEMBERED.get(done.cause, Failure.OTHER))
        if done.felt is not None:
            self.past.weigh(grasp, done.felt)

    def wait_to_see(self, watch: Stopwatch) -> None:
        """Until the cameras are alive again, or a while has passed; then what is left of them must do.

        Raises:
            CellStopped: no camera is alive, and nobody comes.
        """
        if not watch.run("blind", lambda: self.eyes.alive(self.stack.patience.blind)) and not self.cell.capture():
            blind = f"no camera has been alive for {self.stack.patience.blind} s; the arm stays where it is"
            watch.run("stopped", lambda: self.go_on(CellStopped(blind)))

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
                return Executed(Result.RETURNED, Cause.STOPPED, None, held=True)
            cause = Cause.PROTECTIVE_STOP if by_itself else Cause.STOPPED
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

    def retreat(
        self,
        plan: Plan,
        scene: Scene,
        boxes: Sequence[Box] | None = None,
        passed: Callable[[Plan], None] = lambda way: None,
    ) -> None:
        """Home from a release minding what lies in the destination; else from wherever the arm is."""
        way = None
        if plan.ending and stands_at(self.cell, plan.end) and boxes is None:
            with suppress(PlanError):
                step = plan.retreat.approach
                begun = step.motion.begun_at(self.cell.state().positions, RISE)
                way = Plan((replace(step, trajectory=begun),))
        self.home(scene, boxes, way, passed)

    def home(
        self,
        scene: Scene | None,
        boxes: Sequence[Box] | None = None,
        way: Plan | None = None,
        passed: Callable[[Plan], None] = lambda way: None,
    ) -> None:
        """Home by a way, else by a new one from wherever the arm is; after a stop there, by another."""
        try:
            go_home(self.cell, self.stack, scene, boxes, way, self.eyes, passed=passed)
        except CellStopped as stop:
            self.go_on(stop)
            boxes = self.eyes.boxes if isinstance(stop, ProtectiveStop) else None
            go_home(self.cell, self.stack, None, boxes, eyes=self.eyes)


def at_rest(done: Executed) -> bool:
    """Whether nothing falls or rolls any more once the tool has let go: what never hung in it, or was put down."""
    return done.cause is Cause.NO_HOLD or done.result in (Result.MOVED, Result.RETURNED)


def finished(outcomes: list[PickOutcome], orders: int, patience: Patience) -> bool:
    """All orders are placed, or the bin is given up."""
    results = [outcome.result for outcome in outcomes]
    since = len(results) - max((i + 1 for i, r in enumerate(results) if r is Result.PLACED), default=0)
    idle = len(results) - max((i + 1 for i, r in enumerate(results) if r is not Result.NOT_EXECUTED), default=0)
    return results.count(Result.PLACED) >= orders or since >= patience.failures or idle >= patience.empty_looks
