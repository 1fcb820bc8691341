"""The outcome of a pick as the loop itself can know it: result, cause, events and seconds by stage."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from grasping.grasp import Grasp, Odds
from grasping.tools import Tool
from perception.events import EventKind


class Cause(str, Enum):
    """Why a pick did not place its item. The value is what tables call it; `explanation` says more in a sentence."""

    explanation: str

    def __new__(cls, label: str, explanation: str = "") -> Cause:
        cause = str.__new__(cls, label)
        cause._value_ = label
        cause.explanation = explanation
        return cause

    def __str__(self) -> str:
        return str(self.value)

    # Nothing was executed.
    NOTHING_SEEN = "nothing seen", "no item was seen in the source tote"
    NO_GRASP = "no grasp", "items were seen, but no tool has a grasp on any of them"
    NOT_WORTH_IT = "not worth it", "there are grasps, but each is expected to do more harm than good"
    GIVEN_UP = "given up", "what is left has failed too often before"
    NO_PLACE = "no place", "the destination has no room for the item"
    UNREACHABLE = "unreachable", "no posture of the arm puts the tool there"
    IN_COLLISION = "in collision", "tool, arm or load would hit something at the grasp or at the release"
    NO_PATH = "no path", "no way free of collision was found between grasp and release"
    TOO_WEAK = "too weak", "the grasp cannot carry its item even at rest"
    LIMITS = "limits", "the motion would break a limit of the arm or of the grasp"
    # Something was executed, and failed by itself.
    NO_HOLD = "no hold", "the tool reached the item, but neither suction nor fingers took hold"
    GAVE_WAY = "gave way", "what the fingers pinched bowed, and would not have borne its weight: they let it be"
    LOST_ON_LIFTING = "lost on lifting", "the hold broke before the item was clear of its neighbours"
    LOST_IN_TRANSFER = "lost in transfer", "the hold broke while the item was carried"
    LOST_WHILE_DRAGGING = "lost while dragging", "the hold broke while the item was dragged"
    LEFT_A_PART = "left a part", "a slow first lift felt less than the whole item: it was set down again"
    HOLD_TIRED = "hold tired", "a slow first lift felt more than the hold would bear on the way: it was set down again"
    RAN_INTO_SOMETHING = "ran into something", "the arm or its load met something unseen on the way"
    PROTECTIVE_STOP = "protective stop", "the arm stopped by itself, since it met too much force"
    STOPPED = "stopped", "a person stopped the cell, or the robot saw no safe way on"
    # Something was noticed on the way that the motion could not be mended for.
    TARGET_MOVED = EventKind.TARGET_MOVED.value, "the item was moved while the arm came for it"
    NEIGHBOUR_MOVED = EventKind.NEIGHBOUR_MOVED.value, "an item beside it was moved into the way"
    PATH_BLOCKED = EventKind.PATH_BLOCKED.value, "something came into the way"
    DESTINATION_MOVED = EventKind.DESTINATION_MOVED.value, "the destination was moved out of reach"
    ITEM_SLIPPED = EventKind.ITEM_SLIPPED.value, "the item slipped in the tool"
    ITEM_LOST = EventKind.ITEM_LOST.value, "the cameras saw the item leave the tool"
    BOOK_OPENING = EventKind.BOOK_OPENING.value, "a cover began to open"
    GRASP_WEAK = EventKind.GRASP_WEAK.value, "the hold grew too weak for the way on"
    CAMERAS_STALE = EventKind.CAMERAS_STALE.value, "too few cameras still saw the way"
    PUMP_LOST = EventKind.PUMP_LOST.value, "the pump drew no more air"
    # Orders by item.
    WRONG_ITEM = "wrong item", "in hand it was not told to be the item that is ordered: it was put back"
    NOT_FOUND = "not found", "nothing that is seen and can be moved is, or hides, the item that is ordered"
    # No failure, but nothing placed either.
    MOVED_ASIDE = "moved aside", "the item was dragged off others that it covered, or set aside"


class Result(str, Enum):
    """How a pick ended, by the robot's own sensors."""

    PLACED = "placed"
    MISSED = "missed"  # the tool never held anything
    DROPPED = "dropped"  # held, then lost on the way
    RETURNED = "returned"  # held, then set down in the source again
    MOVED = "moved"  # not lifted, but dragged off others that it covered
    NOT_EXECUTED = "not executed"  # nothing graspable or reachable, or the cell cannot move (replay)


@dataclass(frozen=True)
class Noticed:
    """An event that was seen while the arm moved, at `stamp` seconds on the cell's clock, and how it was answered."""

    kind: EventKind
    certainty: float
    stamp: float
    answer: str


@dataclass(frozen=True)
class Aim:
    """What a pick is for, where items are ordered by name.

    Attributes:
        order: its number. wanted: the item that it names.
        taken: what the item gone for is believed to be; empty where nobody knows.
        sure: probability that this is the one wanted, before it is lifted.
    """

    order: int
    wanted: str
    taken: str
    sure: float


@dataclass(frozen=True)
class PickOutcome:
    """One pass of the loop.

    Attributes:
        index: number of the pass within its bin, from 0.
        result: how it ended.
        tool: the tool that was used, None where nothing was executed.
        cause: why the item was not placed, None for a placed one.
        started, ended: on the cell's clock, seconds.
        released: when the item was let go over the destination, None if it was not.
        stages: seconds spent by stage, in order; of thinking only what no motion hid.
        hidden: seconds of thinking that ran while the arm still moved for the pick before.
        perceive_ms, plan_ms: measured by the wall clock; they never steer anything.
        events: what open eyes noticed.
        grasp: the grasp that was executed, None where there was none.
        skill: the way in which the item was moved (lift, swing, tip, drag); empty where that was not told.
        trial: whether new weights on trial decided it; None where none are (`handpick.picking.canary`).
        aim: what it was for, where items are ordered by name.
        inspected: what the item in hand was found to be, in words; empty where nobody looked.
        believed: the odds by which it was decided, after what had failed before; None where it moved things aside.
    """

    index: int
    result: Result
    tool: Tool | None
    cause: Cause | None
    started: float
    ended: float
    released: float | None
    stages: dict[str, float]
    perceive_ms: float
    plan_ms: float
    hidden: dict[str, float] = field(default_factory=dict)
    events: tuple[Noticed, ...] = ()
    grasp: Grasp | None = field(default=None, repr=False, compare=False)
    skill: str = ""
    trial: bool | None = None
    aim: Aim | None = None
    inspected: str = ""
    believed: Odds | None = None

    @property
    def hold(self) -> str:
        """How the item was to be held: by suction, by a pinch, or by both combined; empty where nothing was tried."""
        if self.tool is None:
            return ""
        return (self.grasp.skill.hold if self.grasp is not None else "") or self.tool.value
