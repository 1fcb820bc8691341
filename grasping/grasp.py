"""A grasp: where which tool holds which item, and how much that hold can carry."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from grasping.beliefs.slip import Slip
from grasping.skill import Lift, Skill
from grasping.tools import Cups, Tool
from perception.arrays import readonly
from perception.pose import Array, Pose
from perception.scene import ItemShape, Scene


@dataclass(frozen=True, eq=False)
class Load:
    """The load that the hold must carry, as believed, in the tool frame (tip or cup).

    Attributes:
        mass: kilograms.
        centre: centre of mass, shape (3,), metres.
        inertia: about the centre of mass, shape (3, 3), kg m^2.
        mass_range, centre_radius: uncertainty: plausible least and greatest mass, and the radius in metres
            within which the centre of mass may lie.
    """

    mass: float
    centre: Array
    inertia: Array
    mass_range: tuple[float, float]
    centre_radius: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "centre", readonly(self.centre, np.float64, (3,), "centre of mass"))
        object.__setattr__(self, "inertia", readonly(self.inertia, np.float64, (3, 3), "inertia"))


@dataclass(frozen=True, eq=False)
class WrenchLimits:
    """The wrenches a contact can carry: it holds while rows @ w <= bounds.

    w = (fx, fy, fz, tx, ty, tz) is what the contact exerts on the item, in the tool frame at its origin.
    rows has shape (K, 6), bounds (K,).
    """

    rows: Array
    bounds: Array

    def __post_init__(self) -> None:
        object.__setattr__(self, "rows", readonly(self.rows, np.float64, (None, 6), "wrench rows"))
        object.__setattr__(self, "bounds", readonly(self.bounds, np.float64, (len(self.rows),), "wrench bounds"))

    def margin(self, wrench: Array) -> float:
        """How far inside the limits a wrench lies: 1 at rest, 0 at the limit, negative beyond it."""
        return float(1.0 - (self.rows @ wrench / self.bounds).max())


@dataclass(frozen=True)
class Odds:
    """Probabilities of what a grasp leads to: the tool acquires the item; it then holds it to the end; damages it; or
    finds out in the first centimetres of a probing lift that it would not hold or would damage, and sets it down again.
    """

    acquire: float
    hold: float
    damage: float
    returned: float = 0.0

    @property
    def placed_undamaged(self) -> float:
        return self.acquire * self.hold * (1.0 - self.damage)


@dataclass(frozen=True, eq=False)
class Grasp:
    """One way to pick one item.

    Attributes:
        tool: suction or pinch.
        item: id of the item in its Scene.
        T_base_tool: tool frame (cup or tip) at the grasp; z is the approach direction.
        opening: finger opening on approach, metres.
        width: item's width between the closed pads, metres (0 for suction).
        force: pinch force, newtons (0 for suction).
        vacuum: greatest vacuum that the pump may reach, pascals below atmosphere (suction only).
        cups: that are opened (suction only).
        odds: expected outcome.
        limits: what the hold can carry.
        load: what it will have to carry.
        appearance: mean colour of the item, RGB 0..255, shape (3,), by which it is known again.
        limp: whether the item may hang down around the cup, as a bag or a shirt does.
        probe: whether its first centimetres are lifted slowly and watched: where a cover opens, or the seal tires, the
            item is set down again. The odds are those of this.
        skill: how the item is moved.
        features: of `grasping.candidates.table.FEATURES`, by which the odds were told; None: by none.
        slips: what lost pinches of its item say of its leaves.
        before: what weights from before updates would have expected, the oldest first (`grasping.quality.keep`).
    """

    tool: Tool
    item: int
    T_base_tool: Pose
    opening: float
    width: float
    force: float
    odds: Odds
    limits: WrenchLimits
    load: Load
    appearance: Array = field(default_factory=lambda: np.zeros(3))
    vacuum: float = 80e3
    cups: Cups = (0,)
    limp: bool = False
    probe: bool = False
    skill: Skill = field(default_factory=Lift)
    features: np.void | None = field(default=None, repr=False)
    slips: tuple[Slip, ...] = ()
    before: tuple[Odds, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "appearance", readonly(self.appearance, np.float64, (3,), "appearance"))


def in_grasp(scene: Scene, grasp: Grasp) -> ItemShape:
    """The item of a grasp as it is there when the tool closes."""
    return grasp.skill.at_grip(scene.item(grasp.item))
