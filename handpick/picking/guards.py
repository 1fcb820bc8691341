"""Guards at run time: what the tool's sensors must show along a step, and the failure where they do not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from grasping.contact.wrench_limits import GRAVITY
from grasping.felt_grip import borne
from grasping.grasp import Grasp
from grasping.tools import DualTool, SuctionCup, Tool
from handpick.cell import Cell, CellState
from handpick.outcome import Cause, Result
from handpick.picking.contact_sensing import Touch
from handpick.picking.follow import Underway
from handpick.picking.grip import Hold, closed, gripped
from handpick.picking.seal_check import felt_limits
from motion.planning.step import Gripped, Guard, Held, Landing, Probing, Released, RodYields, Step
from motion.planning.step import Touch as TouchGuard
from perception.pose import Array, Pose

FORCE_ERROR = 0.8  # newtons: relative accuracy of a force by joint torques (Franka Research 3, datasheet)
SUNK = 0.015  # metres down from where an item was tipped, by which its top must have pushed the rod in
GUARDED = 0.4  # seconds before the end of the approach in which it may be: fingers and rod move no more


@dataclass(frozen=True, eq=False)
class Hand:
    """A tool at work: the cell it belongs to, the grasp it goes for, and how contact and hold are felt."""

    cell: Cell
    grasp: Grasp
    tool: DualTool
    touch: Touch
    hold: Hold

    def holds(self) -> bool:
        """Whether it holds something now."""
        return self.hold.there(self.grasp, self.cell.state())

    def across(self, state: CellState) -> float:
        """Newtons with which the surroundings push it along the fingers' way, while it rests."""
        closing = self.touch.arm.T_base_tool(state.positions, self.grasp.tool).rotation[:, 1]
        wrench = self.touch.wrench(state, np.zeros_like(state.positions), self.grasp.tool)
        return float(wrench[:3] @ closing)

    def push(self, state: CellState, way: Underway) -> float:
        """Newtons with which the surroundings push back on it."""
        return self.touch.push(state, way.acceleration, self.grasp.tool)


@dataclass(frozen=True, eq=False)
class Failed:
    """How a step failed: with what result, and why.

    felt: the wrench (6,) of the item at rest on the tool, base frame, where that was weighed.
    """

    result: Result
    cause: Cause
    felt: Array | None = None


NO_HOLD = Failed(Result.MISSED, Cause.NO_HOLD)


class Sentry:
    """The plain guard: all is fine.

    Attributes:
        doubts: looks in a row at sensors that are not fine, after which the arm brakes.
        halted: the result of a step that something seen has ended, where nothing is held any more, or nothing yet.
        hand: the tool at work, with the grasp as it holds once it is closed.
        weighed: the wrench (6,) of the item at rest on the tool, in the grasp's frame, once it is known.
    """

    doubts = 2
    halted = Result.MISSED
    weighed: Array | None = None

    def __init__(self, step: Step, hand: Hand) -> None:
        self.step, self.hand, self.began = step, hand, hand.cell.clock()

    def fine(self, state: CellState, way: Underway) -> bool:
        """Whether the sensors show what they must."""
        return True

    def failure(self, arrived: bool) -> Failed | None:
        """Why the step has failed; None: it has not."""
        return None


class Gripping(Sentry):
    """The tool holds the item, be it by less than was meant to."""

    def failure(self, arrived: bool) -> Failed | None:
        hand = self.hand
        self.hand = replace(hand, grasp=closed(hand.cell, hand.grasp, hand.tool, hand.across))
        if self.hand.grasp is not hand.grasp and not borne(self.hand.grasp, hand.tool.gripper):
            return Failed(Result.RETURNED, Cause.GAVE_WAY)
        return None if gripped(hand.cell, self.hand.grasp, hand.hold, hand.tool) else NO_HOLD


class Touching(Sentry):
    """A guarded move: where the tool meets something before its goal, or the cup seals, it grips there. Fingers that
    squeeze in between item and neighbour are pressed from both sides, of which the arm feels nothing, but pads do."""

    doubts = 1

    def __init__(self, step: Step, hand: Hand) -> None:
        super().__init__(step, hand)
        touch, extra = hand.touch, step.guard.push if isinstance(step.guard, TouchGuard) else 0.0
        by_cup = hand.grasp.tool is Tool.SUCTION or extra > 0
        self.limit = extra + (touch.pressed if by_cup else touch.limit)

    def fine(self, state: CellState, way: Underway) -> bool:
        if way.left > GUARDED:
            return True
        return not self._sealed(state) and not self._squeezed(state) and self.hand.push(state, way) < self.limit

    def _squeezed(self, state: CellState) -> bool:
        return self.hand.grasp.tool is Tool.PINCH and state.finger_force > self.hand.touch.limit

    def _sealed(self, state: CellState) -> bool:
        return self.hand.grasp.tool is Tool.SUCTION and self.hand.hold.there(self.hand.grasp, state)


class Yielding(Sentry):
    """The rod gives way on the way down, as it does while the cup is on the item, and nothing stops the fingers."""

    doubts = 3  # fingers that stop jolt the wrist, for two readings at most

    def fine(self, state: CellState, way: Underway) -> bool:
        guard, touch = self.step.guard, self.hand.touch
        assert isinstance(guard, RodYields)
        tip = lambda positions: touch.arm.T_base_tool(positions, self.hand.grasp.tool).position
        down = float(np.linalg.norm(tip(state.positions) - tip(way.motion.sample(guard.spread)[0])))
        on_item = way.time < guard.spread or not slid_off(down, state.cup_travel, touch.arm.tool.cup)
        most = touch.bumped[0] if way.time < guard.spread else guard.push + touch.pressed  # a rod giving way jerks
        return on_item and self.hand.push(state, way) < most

    def failure(self, arrived: bool) -> Failed | None:
        return None if arrived else NO_HOLD


def slid_off(down: float, travel: float, cup: SuctionCup) -> bool:
    """Whether the cup is on its item no more, from whose top the fingers went `down`, metres: that would have pushed
    the rod in, whose `travel` is 0 retracted .. 1 extended.
    """
    return down >= SUNK and (1 - travel) * cup.retraction <= down / 2


class Holding(Sentry):
    """The item stays in hand while it is moved in among the others."""

    halted = Result.MOVED

    def fine(self, state: CellState, way: Underway) -> bool:
        return self.hand.hold.there(self.hand.grasp, state)

    def failure(self, arrived: bool) -> Failed | None:
        return None if arrived else Failed(Result.MOVED, Cause.LOST_WHILE_DRAGGING)


class Weighing(Sentry):
    """A probing lift: what the hold bears at its end is the whole item, and no more than the hold bears on the way."""

    halted = Result.RETURNED

    def __init__(self, step: Step, hand: Hand) -> None:
        super().__init__(step, hand)
        self.felt: list[Array] = []  # wrenches (6,) on the tool, base frame, while it rests

    def fine(self, state: CellState, way: Underway) -> bool:
        guard, hand = self.step.guard, self.hand
        assert isinstance(guard, Probing)
        if way.left < guard.dwell / 2:
            self.felt.append(hand.touch.wrench(state, way.acceleration, hand.grasp.tool))
        return hand.hold.there(hand.grasp, state)

    def failure(self, arrived: bool) -> Failed | None:
        guard, hand = self.step.guard, self.hand
        assert isinstance(guard, Probing)
        if not arrived:
            return Failed(Result.MISSED, Cause.LOST_ON_LIFTING)
        wrench, state = np.mean(self.felt, axis=0), hand.cell.state()
        if -wrench[2] + FORCE_ERROR < GRAVITY * guard.least:
            return Failed(Result.RETURNED, Cause.LEFT_A_PART)
        R = (Pose(hand.touch.arm.links(state.positions)[-1]) @ guard.T_last_grasp).rotation
        felt = np.concatenate([wrench[:3] @ R, wrench[3:] @ R])
        if felt_limits(hand.grasp, state.cups, hand.touch.arm.tool).margin(-felt) < 0:
            return Failed(Result.RETURNED, Cause.HOLD_TIRED, wrench)
        self.weighed = felt
        return None


class Carrying(Sentry):
    """A carry as a guarded move: an item that reaches lower than believed is let go where it lands.

    landed: it has. bumped: it runs into something now. low: it is so near to its place that it may land.
    """

    halted = Result.DROPPED

    def __init__(self, step: Step, hand: Hand) -> None:
        super().__init__(step, hand)
        assert isinstance(step.guard, Landing)
        self.due, self.borne = step.guard.due, 0.0  # newtons that the tool bears in flight: the item's weight
        self.landed = self.bumped = self.low = False

    def fine(self, state: CellState, way: Underway) -> bool:
        self.low = way.left <= self.due and way.arrives
        return self.hand.hold.there(self.hand.grasp, state) and not self._met(state, way)

    def _met(self, state: CellState, way: Underway) -> bool:
        touch, tool = self.hand.touch, self.hand.grasp.tool
        wrench = touch.wrench(state, way.acceleration, tool)
        self.bumped = touch.bumps(wrench)
        push = touch.against(wrench, state, tool)
        if not self.low:
            self.borne = push
        else:
            limit = touch.landed if tool is Tool.SUCTION else touch.limit
            self.landed = self.landed or push - self.borne > limit
        return self.landed or self.bumped

    def failure(self, arrived: bool) -> Failed | None:
        """What comes off low over the destination, or runs into something there, lies in it, if not where it was to."""
        if arrived or self.landed or ((self.low or self.bumped) and self._over_destination()):
            return None
        if self.bumped:
            return Failed(Result.DROPPED, Cause.RAN_INTO_SOMETHING)
        if self.hand.cell.clock() - self.began > self.step.clear:
            return Failed(Result.DROPPED, Cause.LOST_IN_TRANSFER)
        return Failed(Result.MISSED, Cause.LOST_ON_LIFTING)

    def _over_destination(self) -> bool:
        cell, hand = self.hand.cell, self.hand
        tool = hand.touch.arm.T_base_tool(cell.state().positions, hand.grasp.tool).position
        return bool(cell.layout.destination.contains(tool[None]).all())


SENTRIES: Mapping[type[Guard], Callable[[Step, Hand], Sentry]] = MappingProxyType(
    {
        Guard: Sentry,
        TouchGuard: Touching,
        RodYields: Yielding,
        Gripped: Gripping,
        Held: Holding,
        Probing: Weighing,
        Landing: Carrying,
        Released: Sentry,
    }
)


def sentry_of(step: Step, hand: Hand) -> Sentry:
    """The guard of a step at work."""
    return SENTRIES[type(step.guard)](step, hand)
