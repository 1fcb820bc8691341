"""Execute one planned pick on a cell and watch the tool's own sensors while doing it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from grasping.grasp import Grasp
from grasping.tools import DualTool, Tool
from handpick.cell import Cell, CellState, GripCommand
from handpick.outcome import Result
from handpick.picking.contact_sensing import Touch
from handpick.picking.monitor import CLOSED, Eyes
from handpick.picking.seal_check import as_firm_as_felt
from handpick.picking.stopwatch import Stopwatch
from handpick.picking.watch_intent import sensors_of
from motion.plan import DragMotion, PickMotion
from motion.robot.arm import Arm
from motion.skills.tip import Entry
from motion.trajectory import Trajectory
from perception.pose import Array
from perception.watch.intent import Hold as Felt
from perception.watch.intent import Stage

Event = tuple[float, Callable[[], None]]  # what is to be done so many seconds into a motion


TIPPING_PUSH = 9.0  # newtons with which the cup stays on what it tips, and the rod gives way: a little over its bellows


SUNK = 0.015  # metres down from where an item was tipped, by which its top must have pushed the rod in


LETTING_GO = 0.02  # metres that fingers open to let go


LOOSE = 1.0  # newtons at the pads at most, with nothing between them


POLL = 0.02  # seconds between two looks at the tool's sensors


TOUCH_POLL = 0.005  # the same while something may be touched


RISE = 0.6  # seconds in which a motion away from an early landing comes to its path: it never sinks


GUARDED = 0.4  # seconds before the end of the approach in which it may be: fingers and rod move no more


@dataclass(frozen=True)
class Executed:
    """How the motion went: the result, why it failed, and when the item was released.

    held: the arm was halted or stopped in flight and holds the item still.
    """

    result: Result
    cause: str
    released: float | None
    held: bool = False


@dataclass(frozen=True)
class Hold:
    """What the tool's sensors must show while it holds a grasp.

    Attributes:
        least_vacuum: pascals below atmosphere that count as a seal.
        least_gap: metres: fingers that close further than this hold nothing.
        settled: share by which the vacuum may still grow between two looks when it counts as built up.
        patience: seconds to wait until the hold is there.
    """

    least_vacuum: float = 12e3
    least_gap: float = 0.0004
    settled: float = 0.1
    patience: float = 0.6

    def there(self, grasp: Grasp, state: CellState) -> bool:
        return self.felt(grasp).there(sensors_of(state))

    def felt(self, grasp: Grasp) -> Felt:
        """The same as the watch wants it."""
        suction = grasp.tool is Tool.SUCTION
        return Felt(suction, self.least_vacuum if suction else self.least_gap, grasp.force)


@dataclass(frozen=True, eq=False)
class Underway:
    """A motion `time` seconds after its beginning; arrives: it ends where the arm was to go, and not on the way."""

    motion: Trajectory
    time: float
    arrives: bool = True

    @property
    def left(self) -> float:
        """Seconds to its end."""
        return self.motion.duration - self.time

    @property
    def acceleration(self) -> Array:
        """(J,), rad/s^2."""
        return self.motion.sample(self.time)[2]


def execute(
    cell: Cell,
    motion: PickMotion,
    grasp: Grasp,
    tool: DualTool,
    touch: Touch,
    hold: Hold,
    watch: Stopwatch,
    passed: Callable[[], None] = lambda: None,
    eyes: Eyes = CLOSED,
) -> Executed:
    """Approach, grip, carry, release. On a miss or a loss the arm brakes and the tool lets go.

    Approach and lowering are guarded moves: where the tool meets something before its goal, or the cup seals, it stops
    and grips there; where the item lands early, it is let go there. Where it runs into something on the way, it is let
    go as well: over the destination it has landed on what was not seen there, elsewhere it is stuck.

    Args:
        passed: called as soon as arm and item have left the source's view.
        eyes: mend the motions, or halt them on the way.

    Raises:
        CellStopped: the cell stopped by itself.
    """
    if not take(cell, motion, grasp, tool, touch, hold, watch, eyes):
        return missed(cell, grasp, tool, watch, eyes)
    started = cell.clock()
    motion = as_firm_as_felt(motion, grasp, cell.state().vacuum, tool)
    carry = motion.carry.begun_at(cell.state().positions)
    eyes.begin(Stage.CARRY, grasp, carry, motion.carrying, motion.lifted, hold.felt(grasp))
    landing = Landing(touch, grasp, carry.duration - motion.landing)
    held = lambda state, way: hold.there(grasp, state) and not landing.met(state, way)
    events = () if motion.passed is None else ((motion.passed, passed),)
    arrived = watch.run("carry", lambda: follow(cell, carry, held, events, poll=TOUCH_POLL, eyes=eyes))
    if eyes.halted and hold.there(grasp, cell.state()):
        return Executed(Result.RETURNED, eyes.why, None, held=True)
    if not arrived and landing.bumped and not over_destination(cell, touch.arm, grasp):
        return let_go(cell, grasp, tool, watch, Result.DROPPED, "ran into something")
    if not arrived and not landing.landed and not landing.bumped:
        lifted = cell.clock() - started > motion.lifted
        result = Result.DROPPED if lifted else Result.MISSED
        return let_go(cell, grasp, tool, watch, result, f"lost {'in transfer' if lifted else 'on lifting'}")
    released = cell.clock()
    watch.run("release", lambda: release(cell, grasp, tool))
    return Executed(Result.PLACED, "", released)


def drag_aside(
    cell: Cell,
    motion: DragMotion,
    grasp: Grasp,
    tool: DualTool,
    touch: Touch,
    hold: Hold,
    watch: Stopwatch,
    eyes: Eyes = CLOSED,
) -> Executed:
    """Take hold of an item, drag it aside as far as the hold lasts and the way is free, and let go.

    Raises:
        CellStopped: the cell stopped by itself.
    """
    if not take(cell, motion, grasp, tool, touch, hold, watch, eyes):
        return missed(cell, grasp, tool, watch, eyes)
    drag = motion.drag.begun_at(cell.state().positions)
    eyes.begin(Stage.DRAG, grasp, drag, motion.dragging)
    held = lambda state, way: hold.there(grasp, state)
    arrived = watch.run("carry", lambda: follow(cell, drag, held, poll=TOUCH_POLL, eyes=eyes))
    cause = "dragged aside" if arrived else eyes.why if eyes.halted else "lost while dragging"
    return let_go(cell, grasp, tool, watch, Result.MOVED, cause)


def take(
    cell: Cell,
    motion: PickMotion | DragMotion,
    grasp: Grasp,
    tool: DualTool,
    touch: Touch,
    hold: Hold,
    watch: Stopwatch,
    eyes: Eyes = CLOSED,
) -> bool:
    """Approach by a guarded move and grip; whether something is held then."""
    open_up = motion.ready, lambda: cell.grip(opened(grasp, tool))
    approach = motion.approach.begun_at(cell.state().positions, RISE)
    sealed = lambda state: grasp.tool is Tool.SUCTION and hold.there(grasp, state)
    limit = touch.limit if grasp.tool is Tool.PINCH else touch.pressed
    if grasp.tipping is not None:  # a lip pressed on less firmly touches but the edge of the top, and slides off
        limit = TIPPING_PUSH + touch.pressed
    gently = lambda state, way: (
        way.left > GUARDED or (not sealed(state) and touch.push(state, way.acceleration, grasp.tool) < limit)
    )
    eyes.begin(Stage.APPROACH, grasp, approach, motion.approaching, motion.ready)
    watch.run("approach", lambda: follow(cell, approach, gently, (open_up,), poll=TOUCH_POLL, doubts=1, eyes=eyes))
    if isinstance(motion, PickMotion) and motion.entry is not None and not eyes.halted:
        entry = motion.entry
        if not watch.run("grip", lambda: enter(cell, entry, grasp, tool, touch)):
            return False
    return not eyes.halted and watch.run("grip", lambda: close(cell, grasp, hold))


def enter(cell: Cell, entry: Entry, grasp: Grasp, tool: DualTool, touch: Touch) -> bool:
    """Tip the item with the cup and go down on both sides of it.

    Returns:
        Whether the rod gave way on the way down, as it does where the cup is still on the item, and nothing stopped
        the fingers.
    """
    narrow = opened(grasp, tool)
    spread = replace(narrow, opening=grasp.opening, push=TIPPING_PUSH)
    cell.grip(replace(narrow, push=TIPPING_PUSH))
    motion = entry.motion.begun_at(cell.state().positions)
    above = touch.arm.T_base_tool(motion.sample(entry.spread)[0], grasp.tool).position

    def free(state: CellState, way: Underway) -> bool:
        down = float(np.linalg.norm(touch.arm.T_base_tool(state.positions, grasp.tool).position - above))
        on_item = way.time < entry.spread or down < SUNK or (1 - state.cup_travel) * tool.cup.retraction > down / 2
        most = touch.bumped[0] if way.time < entry.spread else TIPPING_PUSH + touch.pressed  # a rod giving way jerks
        return on_item and touch.push(state, way.acceleration, grasp.tool) < most

    spreading = entry.spread, lambda: cell.grip(spread)  # they jolt the wrist as they stop, for two readings at most
    return follow(cell, motion, free, (spreading,), poll=TOUCH_POLL, doubts=3)


@dataclass
class Landing:
    """A carry as a guarded move: an item that reaches lower than believed is let go where it lands.

    bumped: it runs into something now.
    """

    touch: Touch
    grasp: Grasp
    due: float  # seconds before the end from which it may land
    borne: float = 0.0  # what the tool bears in flight: the item's weight, newtons
    landed: bool = False
    bumped: bool = False

    def met(self, state: CellState, way: Underway) -> bool:
        wrench = self.touch.wrench(state, way.acceleration, self.grasp.tool)
        self.bumped = self.touch.bumps(wrench)
        push = self.touch.against(wrench, state, self.grasp.tool)
        if way.left > self.due or not way.arrives:
            self.borne = push
        else:
            limit = self.touch.landed if self.grasp.tool is Tool.SUCTION else self.touch.limit
            self.landed = self.landed or push - self.borne > limit
        return self.landed or self.bumped


def follow(
    cell: Cell,
    motion: Trajectory,
    fine: Callable[[CellState, Underway], bool] = lambda state, way: True,
    events: Sequence[Event] = (),
    poll: float = POLL,
    doubts: int = 2,
    eyes: Eyes = CLOSED,
) -> bool:
    """Follow a trajectory to its end, or brake once the sensors were not fine `doubts` times running.

    Args:
        fine: says it of the cell's state and the motion.
        events: in the order of their times; those to come are left out once the motion was mended.
        eyes: mend the motion, or halt it. They have been told that it begins.

    Returns:
        Whether the arm came to the end of the motion.
    """
    cell.move(motion)
    began = cell.clock()
    doubted, coming = 0, list(events)
    while (left := began + motion.duration - cell.clock()) > 1e-9:
        while coming and cell.clock() - began >= coming[0][0] - 1e-9:
            coming.pop(0)[1]()
        cell.wait(min(poll, left))
        state = cell.state()
        if mended := eyes.attend(state):
            motion, began, coming = mended.trajectory, mended.began, []
        way = Underway(motion, cell.clock() - began, eyes.halted is None)
        doubted = 0 if fine(state, way) else doubted + 1
        if doubted == doubts or eyes.stopped:
            cell.stop()
            settle(cell)
            return False
    return eyes.halted is None


def close(cell: Cell, grasp: Grasp, hold: Hold) -> bool:
    """Close the tool on the item and wait until the hold is there and grows no more, or patience ends."""
    if grasp.tool is Tool.PINCH:
        cell.grip(GripCommand(0.0, grasp.force, cup_extended=grasp.tipping is not None, push=TIPPING_PUSH))
    end = cell.clock() + hold.patience
    before = cell.state().vacuum
    steady = 0
    while cell.clock() < end and steady < 2:
        cell.wait(POLL)
        state = cell.state()
        settled = state.vacuum - before < hold.settled * state.vacuum or grasp.tool is Tool.PINCH
        steady = steady + 1 if settled and hold.there(grasp, state) else 0
        before = state.vacuum
    if grasp.tipping is not None:
        cell.grip(GripCommand(0.0, grasp.force))
    return steady == 2


def opened(grasp: Grasp, tool: DualTool) -> GripCommand:
    """The tool made ready for a grasp: fingers open, or cup out and pump on."""
    if grasp.tool is Tool.SUCTION:
        return GripCommand(tool.cup.fingers_open, tool.gripper.force[0], cup_extended=True, vacuum=grasp.vacuum)
    if grasp.tipping is not None:
        return GripCommand(grasp.tipping.opening, tool.gripper.force[0], cup_extended=True)
    return GripCommand(grasp.opening, tool.gripper.force[0])


def release(cell: Cell, grasp: Grasp, tool: DualTool, patience: float = 0.4) -> bool:
    """Let go and wait until the tool's sensors say that nothing is held."""
    if grasp.tool is Tool.SUCTION:
        cell.grip(GripCommand(tool.cup.fingers_open, tool.gripper.force[0], cup_extended=True))
        free = lambda state: state.vacuum < 2e3
    else:
        gap = cell.state().finger_gap
        wide = min(max(gap, grasp.width) + LETTING_GO, tool.gripper.opening[1])  # what was squeezed springs back
        cell.grip(GripCommand(wide, tool.gripper.force[0]))
        opening = wide - LETTING_GO + 0.006
        loose = lambda state: state.finger_gap > opening and state.finger_force < LOOSE
        free = lambda state: loose(state) or state.finger_gap > wide - 0.002
    end = cell.clock() + patience
    while cell.clock() < end:
        cell.wait(POLL)
        if free(cell.state()):
            return True
    return False


def settle(cell: Cell, patience: float = 1.0) -> None:
    """Wait until the arm rests."""
    end = cell.clock() + patience
    while cell.clock() < end and abs(cell.state().velocities).max() > 0.01:
        cell.wait(POLL)


def over_destination(cell: Cell, arm: Arm, grasp: Grasp) -> bool:
    """Whether the tool is over the destination, as it stands by the layout."""
    tool = arm.T_base_tool(cell.state().positions, grasp.tool).position
    return bool(cell.layout.destination.contains(tool[None]).all())


def missed(cell: Cell, grasp: Grasp, tool: DualTool, watch: Stopwatch, eyes: Eyes) -> Executed:
    """Let go of what could not be taken hold of."""
    cause = eyes.why if eyes.halted else f"no {grasp.tool.value} hold"
    return let_go(cell, grasp, tool, watch, Result.MISSED, cause)


def let_go(cell: Cell, grasp: Grasp, tool: DualTool, watch: Stopwatch, result: Result, cause: str) -> Executed:
    watch.run("release", lambda: release(cell, grasp, tool))
    return Executed(result, cause, None)
