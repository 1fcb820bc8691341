"""The memory of failed tries in a bin: which item, with which tool, where and why."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum

import numpy as np

from grasping.beliefs.belief import Belief
from grasping.beliefs.slip import Slip
from grasping.beliefs.weighed import Weighed, corrected
from grasping.grasp import Grasp, Load, Odds
from grasping.quality.bowing import slip_of
from grasping.tools import Tool
from perception.pose import Array, Pose

UNKNOWN = Odds(0.5, 0.5, 0.0)
ALIKE = 15.0  # of 255: by which the mean colour of an item may differ between two looks


class Failure(Enum):
    """Why a try failed, as far as that says something about the next one."""

    NO_HOLD = "the tool found no hold"
    LOST = "the item was held and fell"
    GAVE_WAY = "what was pinched bowed, as leaves between covers of card do, and would not have borne the weight"
    OPENED = "a probing lift opened a cover, and the item was set down again"
    WEIGHED = "a probing lift felt more than the hold would bear, and the item was set down again"
    OTHER = "the hold had no part in it, or nobody knows"
    NO_PLAN = "no motion was found, as things lie"
    NO_PLACE = "the destination has no room for the item, nor will it"

    @property
    def executed(self) -> bool:
        """Whether the arm moved: where no motion was found, that says little of the item."""
        return self not in (Failure.NO_PLAN, Failure.NO_PLACE)


@dataclass(frozen=True, eq=False)
class Attempt:
    """One failed try: with which tool and skill, where tool and item were (base frame, metres), the item's load, what
    was believed of the try, and why it failed.

    note: more about that, for whoever recorded it. slip: what a lost pinch says of a book's leaves. Recordings of
    earlier versions hold no skill, no odds and no slip.
    """

    tool: Tool
    T_base_tool: Array
    item_centre: Array
    load: Load
    appearance: Array
    failure: Failure
    note: str = ""
    skill: str = field(default="lift", metadata={"since": "0.5.0"})
    odds: Odds = field(default=UNKNOWN, metadata={"since": "0.5.0"})
    slip: Slip | None = field(default=None, metadata={"since": "0.9.0"})

    @staticmethod
    def of(grasp: Grasp, failure: Failure, note: str = "") -> Attempt:
        T_base_tool, centre = grasp.T_base_tool.matrix, grasp.T_base_tool.apply(grasp.load.centre)
        item = centre, grasp.load, grasp.appearance
        slip = None
        if grasp.tool is Tool.PINCH and failure in (Failure.LOST, Failure.GAVE_WAY) and grasp.features is not None:
            slip = slip_of(grasp.features, grasp.odds.hold, grasp.slips, felt=failure is Failure.GAVE_WAY)
        return Attempt(grasp.tool, T_base_tool, *item, failure, note, grasp.skill.name, grasp.odds, slip)


@dataclass
class Attempts:
    """What failed in this bin. Items are known again by where they lie, since every scene counts them anew, and, as a
    failed pick may move them, by their colour, or by their mass and extent, not far away.

    Attributes:
        near_item: metres within which an item is taken for one that was tried before.
        strayed: metres within which one that resembles it is.
        near_site: metres within which a site is taken for one that was tried before.
        stirred: metres around a tool within which its doing may have changed the scene.
    """

    near_item: float = 0.05
    strayed: float = 0.25
    near_site: float = 0.02
    stirred: float = 0.25
    failed: list[Attempt] = field(default_factory=list)
    dragged: list[Attempt] = field(default_factory=list)
    weighed: list[Weighed] = field(default_factory=list)

    def record(self, grasp: Grasp, placed: bool, failure: Failure = Failure.OTHER) -> None:
        """Remember how a pick ended."""
        attempt = Attempt.of(grasp, failure)
        self.stir(attempt.item_centre)
        if placed:  # the item is gone: what failed there says nothing of what lies there next
            self.failed = [a for a in self.failed if _apart(a.item_centre, attempt.item_centre) > self.near_item]
        else:
            self.failed.append(attempt)

    def told(self, belief: Belief) -> Belief:
        """A belief about an item, with what tries have told of it."""
        (weighed,) = corrected([belief], self.weighed)
        item = belief.load.centre, belief.load, belief.appearance
        slips = tuple(attempt.slip for attempt in self.failed if attempt.slip and self.is_same(attempt, *item))
        return replace(weighed, slips=slips)

    def copy(self) -> Attempts:
        """The same memory, which goes its own way from now on."""
        return replace(self, failed=list(self.failed), dragged=list(self.dragged), weighed=list(self.weighed))

    def record_plan(self, grasp: Grasp, failure: Failure, note: str = "") -> None:
        """Remember that no motion was found for `grasp`: until the scene around it changes, or
        (NO_PLACE) the destination does."""
        self.failed.append(Attempt.of(grasp, failure, note))

    def unplanned(self, grasp: Grasp) -> str:
        """The note on why much the same grasp had no plan; empty if it had, or was not planned."""
        tried = (a for a in self.failed if not a.failure.executed and self.same_item(a, grasp))
        return next(
            (a.note for a in tried if a.tool is grasp.tool and repeats(grasp, a.T_base_tool, self.near_site)), ""
        )

    def weigh(self, grasp: Grasp, wrench: Array) -> None:
        """Remember the wrench (6,) of an item at rest on the tool, base frame, that was set down where it lay."""
        self.weighed.append(Weighed.of(wrench, grasp.T_base_tool.position))

    def record_drag(self, grasp: Grasp, T_base_tool: Pose | None = None) -> None:
        """Remember that the item of `grasp` was moved aside, to where the tool is now; where it was if that is None."""
        there = replace(grasp, T_base_tool=T_base_tool or grasp.T_base_tool)
        moved = Attempt.of(there, Failure.OTHER)
        for place in (grasp, there):
            self.stir(place.T_base_tool.position)
        went = (replace(a, item_centre=moved.item_centre) if self.same_item(a, grasp) else a for a in self.dragged)
        self.dragged = [*went, moved]

    def forget_places(self) -> None:
        """Another destination is there: what had no room in the last one may have some now."""
        self.failed = [attempt for attempt in self.failed if attempt.failure is not Failure.NO_PLACE]

    def drags(self, grasp: Grasp) -> int:
        """How often what seems to be the item of `grasp` was dragged aside."""
        return sum(self.same_item(attempt, grasp) for attempt in self.dragged)

    def unheld(self, grasp: Grasp) -> bool:
        """Whether its tool has found no hold at what seems to be the same site."""
        tried = (a for a in self.failed if a.tool is grasp.tool and a.failure is Failure.NO_HOLD)
        return any(self.same_item(a, grasp) and repeats(grasp, a.T_base_tool, self.near_site) for a in tried)

    def stir(self, position: Array) -> None:
        """Forget what could not be planned around a position (base frame, metres): the scene has changed there."""
        stays = lambda a: a.failure is not Failure.NO_PLAN or _apart(a.item_centre, position) > self.stirred
        self.failed = [attempt for attempt in self.failed if stays(attempt)]
        self.weighed = [w for w in self.weighed if _apart(w.middle[:2], np.asarray(position)[:2]) > self.near_item]

    def same_item(self, attempt: Attempt, grasp: Grasp) -> bool:
        """Whether a grasp seems to be of the item that was tried."""
        return self.is_same(attempt, grasp.T_base_tool.apply(grasp.load.centre), grasp.load, grasp.appearance)

    def is_same(self, attempt: Attempt, centre: Array, load: Load, appearance: Array) -> bool:
        """The same of an item around `centre` (3,), base frame, metres."""
        way = _apart(attempt.item_centre, centre)
        fell = attempt.failure is Failure.LOST  # it lies elsewhere now, turned, and looks of another size
        alike = fell and float(np.abs(attempt.appearance - appearance).max()) < ALIKE
        moved = attempt.failure.executed and way < self.strayed and (alike or resemble(attempt.load, load))
        return way < self.near_item or moved


def resemble(a: Load, b: Load) -> bool:
    """Whether two loads may be the same item turned: alike in mass and in radii of gyration, each within a fifth."""
    gyration = [np.sqrt(np.maximum(np.linalg.eigvalsh(load.inertia) / load.mass, 1e-12)) for load in (a, b)]
    ratios = np.concatenate([gyration[0] / gyration[1], [np.cbrt(a.mass / b.mass)]])
    return bool(np.abs(np.log(ratios)).max() < np.log(1.2))


def repeats(grasp: Grasp, T_base_tool: Array, near: float, turn: float = np.deg2rad(25)) -> bool:
    """Whether a grasp is much the same as one at T_base_tool: place and approach, and for a pinch closing direction."""
    R, R_before = grasp.T_base_tool.rotation, T_base_tool[:3, :3]
    axes = (2,) if grasp.tool is Tool.SUCTION else (1, 2)
    turned = max(float(np.arccos(min(abs(float(R[:, k] @ R_before[:, k])), 1.0))) for k in axes)
    return _apart(grasp.T_base_tool.position, T_base_tool[:3, 3]) < near and turned < turn


def _apart(a: Array, b: Array) -> float:
    return float(np.linalg.norm(np.asarray(a) - b))
