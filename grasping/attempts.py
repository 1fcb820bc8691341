"""The memory of what a bin taught: which tries failed, with which tool and where."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from grasping.grasp import Grasp, Load
from grasping.tools import Tool
from perception.pose import Array

FURRY = 0.1  # trust left in cups on something limp where one found no seal: most such has fur all over


ALIKE = 15.0  # of 255: by which the mean colour of an item may differ between two looks


@dataclass(frozen=True, eq=False)
class Attempt:
    """One failed try: with which tool, where tool and item were (base frame, metres), the item's load, and why.

    executed: False where no motion was found, which says little of the item.
    lasting: no later pick changes that.
    """

    tool: Tool
    T_base_tool: Array
    item_centre: Array
    load: Load
    appearance: Array
    cause: str
    executed: bool
    lasting: bool = False

    @staticmethod
    def of(grasp: Grasp, cause: str, executed: bool, lasting: bool = False) -> Attempt:
        T_base_tool, centre = grasp.T_base_tool.matrix, grasp.T_base_tool.apply(grasp.load.centre)
        return Attempt(grasp.tool, T_base_tool, centre, grasp.load, grasp.appearance, cause, executed, lasting)


@dataclass
class Attempts:
    """What failed in this bin. Items are known again by where they lie, since every scene counts them anew, and, as a
    failed pick may move them, by their colour, or by their mass and extent, not far away.

    Attributes:
        near_item: metres within which an item is taken for one that was tried before.
        strayed: metres within which one that resembles it is.
        near_site: metres within which a site is taken for one that was tried before.
        stirred: metres around a tool within which its doing may have changed the scene.
        books: greatest share of the items that passed for books in one look.
    """

    near_item: float = 0.05
    strayed: float = 0.25
    near_site: float = 0.02
    stirred: float = 0.25
    failed: list[Attempt] = field(default_factory=list)
    dragged: list[Attempt] = field(default_factory=list)
    books: float = 0.0

    def record(self, grasp: Grasp, placed: bool, cause: str = "") -> None:
        """Remember how a pick ended."""
        attempt = Attempt.of(grasp, cause, executed=True)
        self.stir(attempt.item_centre)
        if placed:  # the item is gone: what failed there says nothing of what lies there next
            self.failed = [a for a in self.failed if _apart(a.item_centre, attempt.item_centre) > self.near_item]
        else:
            self.failed.append(attempt)

    def record_plan(self, grasp: Grasp, cause: str, lasting: bool) -> None:
        """Remember that no motion was found for `grasp`: until the scene around it changes, or for good."""
        self.failed.append(Attempt.of(grasp, cause, executed=False, lasting=lasting))

    def record_drag(self, grasp: Grasp) -> None:
        """Remember that the item of `grasp` was dragged aside."""
        self.stir(grasp.T_base_tool.position)
        self.dragged.append(Attempt.of(grasp, "dragged", True))

    def drags(self, grasp: Grasp) -> int:
        """How often what seems to be the item of `grasp` was dragged aside."""
        return sum(self.same_item(attempt, grasp) for attempt in self.dragged)

    def unheld(self, grasp: Grasp) -> bool:
        """Whether its tool has found no hold at what seems to be the same site."""
        tried = (a for a in self.failed if a.executed and a.tool is grasp.tool and a.cause.endswith("hold"))
        return any(self.same_item(a, grasp) and repeats(grasp, a.T_base_tool, self.near_site) for a in tried)

    def stir(self, position: Array) -> None:
        """Forget what could not be planned around a position (base frame, metres): the scene has changed there."""
        stays = lambda a: a.executed or a.lasting or _apart(a.item_centre, position) > self.stirred
        self.failed = [attempt for attempt in self.failed if stays(attempt)]

    def trust(self, grasp: Grasp) -> float:
        """What is left of a grasp's worth after the failures on its item, 0..1.

        A failed pick takes a quarter from every grasp of the item, well over half where the tool is the same, and
        most of the rest at the same site: that is worth another try where nothing else is. Where no cup sealed on
        something limp, hardly any will: it has fur. A failed plan leaves nothing of the same site.
        """
        trust = 1.0
        for attempt in self.failed:
            if not self.same_item(attempt, grasp):
                continue
            same_tool = attempt.tool is grasp.tool
            repeated = same_tool and repeats(grasp, attempt.T_base_tool, self.near_site)
            if attempt.executed:
                unsealed = grasp.limp and same_tool and attempt.cause.endswith("hold")
                trust *= (FURRY if unsealed else 0.4 if same_tool else 0.75) * (0.2 if repeated else 1.0)
            elif repeated:
                return 0.0
        return trust

    def same_item(self, attempt: Attempt, grasp: Grasp) -> bool:
        """Whether a grasp seems to be of the item that was tried."""
        way = _apart(attempt.item_centre, grasp.T_base_tool.apply(grasp.load.centre))
        fell = attempt.cause.startswith("lost")  # it lies elsewhere now, turned, and looks of another size
        alike = fell and float(np.abs(attempt.appearance - grasp.appearance).max()) < ALIKE
        moved = attempt.executed and way < self.strayed and (alike or resemble(attempt.load, grasp.load))
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
