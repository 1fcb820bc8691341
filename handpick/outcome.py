"""What happened in one pick, as the loop itself can know it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from grasping.grasp import Grasp
from grasping.tools import Tool
from perception.events import EventKind


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
class PickOutcome:
    """One pass of the loop.

    Attributes:
        index: number of the pass within its bin, from 0.
        result: how it ended.
        tool: the tool that was used, None where nothing was executed.
        cause: what went wrong, in a word; empty for a placed item.
        started, ended: on the cell's clock, seconds.
        released: when the item was let go over the destination, None if it was not.
        stages: seconds spent by stage, in order; of thinking only what no motion hid.
        hidden: seconds of thinking that ran while the arm still moved for the pick before.
        perceive_ms, plan_ms: measured by the wall clock; they never steer anything.
        events: what open eyes noticed.
        grasp: the grasp that was executed, None where there was none.
    """

    index: int
    result: Result
    tool: Tool | None
    cause: str
    started: float
    ended: float
    released: float | None
    stages: dict[str, float]
    perceive_ms: float
    plan_ms: float
    hidden: dict[str, float] = field(default_factory=dict)
    events: tuple[Noticed, ...] = ()
    grasp: Grasp | None = field(default=None, repr=False, compare=False)

    @property
    def hold(self) -> str:
        """How the item was to be held: by suction, by a pinch, or by both combined; empty where nothing was tried."""
        if self.tool is None:
            return ""
        return (self.grasp.skill.hold if self.grasp is not None else "") or self.tool.value
