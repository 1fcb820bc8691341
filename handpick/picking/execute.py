"""Execute a plan on a cell: one loop that runs its steps, and knows no skill."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from grasping.grasp import Grasp
from grasping.tools import DualTool
from handpick.cell import Cell
from handpick.outcome import Cause, Result
from handpick.picking.contact_sensing import Touch
from handpick.picking.follow import Event, follow
from handpick.picking.grip import POLL, Hold, release
from handpick.picking.guards import Failed, Hand, Sentry, sentry_of
from handpick.picking.inspection import PASSED, Inspection
from handpick.picking.monitor import CLOSED, Eyes
from handpick.picking.seal_check import as_firm_as_felt
from handpick.picking.stopwatch import Stopwatch
from motion.plan import Plan
from motion.planning.step import Guard, Released, Step
from motion.trajectory import Trajectory
from perception.pose import Array
from perception.watch.intent import Phase

TOUCH_POLL = 0.005  # seconds between two looks at the tool's sensors while something may be touched
RISE = 0.6  # seconds in which a motion away from an early landing comes to its path: it never sinks
BLEND = 0.25  # the same for other motions
IN_HAND = (Phase.CARRY, Phase.SET_DOWN)  # where an item that is still held is held on


@dataclass(frozen=True, eq=False)
class Executed:
    """How a plan went: the result, why it failed, and when the item was released.

    held: the arm was halted or stopped in flight and holds the item still. felt: as of Failed.
    """

    result: Result
    cause: Cause | None
    released: float | None
    held: bool = False
    felt: Array | None = None


def execute(
    cell: Cell,
    plan: Plan,
    grasp: Grasp,
    tool: DualTool,
    touch: Touch,
    hold: Hold,
    watch: Stopwatch,
    passed: Callable[[], None] = lambda: None,
    eyes: Eyes = CLOSED,
    inspection: Inspection = PASSED,
) -> Executed:
    """Run the steps of a plan, one after the other. Where one fails, the arm brakes and the tool lets go.

    Args:
        passed: called once neither arm nor item hide the source any more.
        eyes: mend the motions, or halt them on the way.
        inspection: of what is in hand; what it refuses is held on.

    Raises:
        CellStopped: the cell stopped by itself.
    """
    hand, weighed = Hand(cell, grasp, tool, touch, hold), None
    for step in plan.steps:
        if isinstance(step.guard, Released):
            released = cell.clock()
            watch.run(step.phase.value, lambda: release(cell, grasp, tool))
            return Executed(*done(grasp), released if grasp.skill.leaves_tote else None)
        if step.paced:
            step = as_firm_as_felt(step, hand.grasp, cell.state().cups, tool, weighed)
        sentry = sentry_of(step, hand)
        failure = watch.run(step.phase.value, partial(run, step, sentry, passed, eyes, inspection))
        hand = sentry.hand
        weighed = sentry.weighed if sentry.weighed is not None else weighed
        if eyes.halted and step.phase in IN_HAND and hand.holds():
            return Executed(Result.RETURNED, eyes.why, None, held=True)
        if inspection.refused and step.phase in IN_HAND and hand.holds():
            return Executed(Result.RETURNED, inspection.refused, None, held=True)
        if failure:
            dropped = let_go(cell, grasp, tool, watch, failure.result, failure.cause)
            return replace(dropped, felt=failure.felt)
    return Executed(*done(grasp), None)


def done(grasp: Grasp) -> tuple[Result, Cause | None]:
    """What a plan comes to of which no step failed, and why that is no placed item."""
    return (Result.PLACED, None) if grasp.skill.leaves_tote else (Result.MOVED, Cause.MOVED_ASIDE)


def run(
    step: Step, sentry: Sentry, passed: Callable[[], None], eyes: Eyes, inspection: Inspection = PASSED
) -> Failed | None:
    """Run one step under its guard; why it failed, if it did."""
    hand, cell = sentry.hand, sentry.hand.cell
    if step.trajectory is None:
        for command in step.commands:
            cell.grip(command.command)
        return sentry.failure(arrived=True)
    motion = step.motion.begun_at(cell.state().positions, RISE if step.phase is Phase.APPROACH else BLEND)
    watch_over(step, motion, hand, eyes)
    watched = eyes if step.constraints is not None else CLOSED
    poll = POLL if type(step.guard) is Guard else TOUCH_POLL
    fine = sentry.fine
    if step.phase in IN_HAND:
        inspection.begin(step)
        fine = lambda state, way: sentry.fine(state, way) and inspection.fine(state, way)
    arrived = follow(cell, motion, fine, events(step, cell, passed), poll, sentry.doubts, watched)
    if eyes.halted and step.phase not in IN_HAND:
        return Failed(sentry.halted, eyes.why)
    failed = sentry.failure(arrived)
    if step.phase in IN_HAND and failed is None:  # it has arrived, or landed on the way
        inspection.end()
    if failed and failed.result is Result.RETURNED and step.undo is not None:
        follow(cell, step.undo.begun_at(cell.state().positions), poll=TOUCH_POLL)
    return failed


def watch_over(step: Step, motion: Trajectory, hand: Hand, eyes: Eyes) -> None:
    """Tell the eyes that a step begins with a motion, if it is one that may be mended."""
    if step.constraints is None:
        return
    if step.phase is Phase.SET_DOWN:
        eyes.continue_with(motion, step.constraints)
    else:
        felt = hand.hold.felt(hand.grasp) if step.phase is Phase.CARRY else None
        eyes.begin(step.phase, hand.grasp, motion, step.constraints, step.clear, felt)


def events(step: Step, cell: Cell, passed: Callable[[], None]) -> tuple[Event, ...]:
    """What is to be done along a step, in the order of time."""
    told: list[Event] = [(command.at, partial(cell.grip, command.command)) for command in step.commands]
    if step.passed is not None:
        told.append((step.passed, passed))
    return tuple(sorted(told, key=lambda event: event[0]))


def let_go(cell: Cell, grasp: Grasp, tool: DualTool, watch: Stopwatch, result: Result, cause: Cause | None) -> Executed:
    """Open the tool, whatever it holds."""
    watch.run("release", lambda: release(cell, grasp, tool))
    return Executed(result, cause, None)
