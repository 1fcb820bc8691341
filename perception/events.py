"""What may be noticed while the arm moves: each event names what was seen and how sure it is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np

from perception.errors import HandpickError
from perception.pose import Pose
from perception.tote import Box


class EventError(HandpickError):
    """An event that lacks what its kind must tell, or that nobody can be so sure of."""


class EventKind(str, Enum):
    """The kind of an event."""

    TARGET_MOVED = "target moved"
    NEIGHBOUR_MOVED = "neighbour moved"
    PATH_BLOCKED = "path blocked"
    DESTINATION_MOVED = "destination moved"
    ITEM_SLIPPED = "item slipped"
    ITEM_LOST = "item lost"
    BOOK_OPENING = "book opening"
    GRASP_WEAK = "grasp weak"
    CAMERAS_STALE = "cameras stale"
    PUMP_LOST = "pump lost"
    STOP = "stop"


SHIFTED = frozenset(
    (EventKind.TARGET_MOVED, EventKind.NEIGHBOUR_MOVED, EventKind.DESTINATION_MOVED, EventKind.ITEM_SLIPPED)
)


@dataclass(frozen=True, eq=False)
class Event:
    """An event seen during a motion, with the geometry that an answer needs.

    Attributes:
        certainty: probability that it is so, 0..1.
        stamp: when the evidence was taken, seconds on the cell's clock.
        shift: a rigid motion since the pick was planned: what was at p is now at shift.apply(p). Of targets, neighbours
            and the destination in the base frame; of an item that slipped in the frame of the tool (cup or tip) that
            holds it. An event that is reported again changes nothing more.
        box: what blocks the path, in the base frame.
        share: strength that the hold still has, as a share of what the plan believed, 0..1 (weak grasps).
        item: id of the item in its Scene (targets and neighbours), where known.
        evidence: in words, for logs and people.

    Raises:
        EventError: the kind needs a shift, box or share that is not there, or a number is out of its range.
    """

    kind: EventKind
    certainty: float
    stamp: float
    shift: Pose | None = None
    box: Box | None = None
    share: float | None = None
    item: int | None = None
    evidence: str = ""

    def __post_init__(self) -> None:
        if not (0.0 <= self.certainty <= 1.0 and np.isfinite(self.stamp)):
            raise EventError(
                f"{self.kind.value}: expected a certainty in 0..1 and a finite stamp, got {self.certainty} at "
                f"{self.stamp}"
            )
        needs = (
            ("shift", self.kind in SHIFTED, self.shift is not None),
            ("box", self.kind is EventKind.PATH_BLOCKED, self.box is not None),
            ("share", self.kind is EventKind.GRASP_WEAK, self.share is not None and 0.0 <= self.share <= 1.0),
        )
        for name, needed, given in needs:
            if needed and not given:
                raise EventError(f"{self.kind.value}: expected a {name}, got {getattr(self, name)}")
