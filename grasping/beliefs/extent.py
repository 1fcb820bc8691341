"""The hidden extent of an item beneath what lies on it, and how unsure that makes its mass and centre of mass."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from grasping.beliefs.load import DensityPrior
from grasping.beliefs.overlap import Rim
from grasping.grasp import Load
from perception.scene import ItemShape, Scene

LONGEST = 0.28  # metres: hardly anything that one hand of this work carries is longer


@dataclass(frozen=True)
class Extent:
    """The part of an item that may be hidden, beyond what the completion of its shape says.

    Attributes:
        radius: metres by which the middle of its mass may lie off for that.
        growth: its greatest volume over that of its completed shape, 1 and more.
    """

    radius: float
    growth: float

    @staticmethod
    def of(scene: Scene, item: ItemShape, rim: Rim) -> Extent:
        """From the hidden share of each side, which stands for how sure it is that the item goes on there, and how far:
        up to LONGEST in all.
        """
        R_base_grid = scene.occupancy.T_base_grid.rotation
        known = np.maximum(np.ptp(item.points @ R_base_grid, axis=0)[:2], 1e-3)
        further = np.minimum(rim.sides.sum(axis=1), 1.0) * np.maximum(LONGEST - known, 0.0)
        return Extent(float(np.linalg.norm(further / 4)), float(np.prod(1 + further / known)))

    def loaded(self, load: Load, prior: DensityPrior) -> Load:
        """A load with what may be hidden. Its mass stays that of the completed shape, which is a guess already."""
        least, most = load.mass_range
        return replace(
            load,
            mass_range=(least, max(min(most * self.growth, prior.heaviest), most)),
            centre_radius=float(np.hypot(load.centre_radius, self.radius)),
        )

    def spread(self, spread: float) -> float:
        """Standard deviation of the logarithm of the mass, from that of what is known."""
        return float(np.hypot(spread, np.log(self.growth) / 2))
