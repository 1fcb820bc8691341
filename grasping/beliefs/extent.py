"""How far an item may go on beneath what lies on it, and where its mass then lies."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from grasping.beliefs.load import DensityPrior
from grasping.beliefs.overlap import Rim
from grasping.grasp import Load
from perception.arrays import readonly
from perception.pose import Array
from perception.scene import ItemShape, Scene

LONGEST = 0.28  # metres: hardly anything that one hand of this work carries is longer


@dataclass(frozen=True, eq=False)
class Extent:
    """What of an item may be hidden.

    Attributes:
        shift: of its middle, base frame, shape (3,), metres, halfway to where that would be if all of that were there.
        radius: metres around there within which the middle then lies.
        growth: its greatest volume over that which is known, 1 and more.
    """

    shift: Array
    radius: float
    growth: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "shift", readonly(self.shift, np.float64, (3,), "extent: shift"))

    @staticmethod
    def of(scene: Scene, item: ItemShape, rim: Rim) -> Extent:
        """From the hidden share of each side, which stands for how sure it is that the item goes on there, and how far:
        up to LONGEST in all.
        """
        R_base_grid = scene.occupancy.T_base_grid.rotation
        known = np.maximum(np.ptp(item.points @ R_base_grid, axis=0)[:2], 1e-3)
        further = rim.sides * np.maximum(LONGEST - known, 0.0)[:, None] / np.maximum(rim.sides.sum(axis=1), 1)[:, None]
        shift = (further[:, 1] - further[:, 0]) / 4
        radius = float(np.linalg.norm(further.sum(axis=1) / 4))
        growth = float(np.prod(1 + further.sum(axis=1) / known))
        return Extent(R_base_grid @ np.append(shift, 0.0), radius, growth)

    def loaded(self, load: Load, prior: DensityPrior) -> Load:
        """A load of the base frame with what may be hidden: the mass in the middle (geometrically) of none and all."""
        mass = min(load.mass * np.sqrt(self.growth), prior.heaviest)
        least, most = load.mass_range
        return replace(
            load,
            mass=mass,
            centre=load.centre + self.shift,
            inertia=load.inertia * (mass / load.mass),
            mass_range=(least, max(min(most * self.growth, prior.heaviest), mass)),
            centre_radius=float(np.hypot(load.centre_radius, self.radius)),
        )

    def spread(self, spread: float) -> float:
        """Standard deviation of the logarithm of the mass, from that of what is known."""
        return float(np.hypot(spread, np.log(self.growth) / 2))
