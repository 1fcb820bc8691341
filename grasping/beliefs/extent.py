"""The hidden extent of an item beneath what lies on it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from grasping.beliefs.overlap import Rim
from perception.scene import ItemShape, Scene

LONGEST = 0.28  # metres: hardly anything that one hand of this work carries is longer


@dataclass(frozen=True)
class Extent:
    """The part of an item that may be hidden, beyond what the completion of its shape says.

    Attributes:
        hidden: share of its outline that other things cover.
        radius: metres by which the middle of the whole may lie off for that.
        growth: its greatest volume over that of its completed shape, 1 and more.
    """

    hidden: float
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
        return Extent(rim.share, float(np.linalg.norm(further / 4)), float(np.prod(1 + further / known)))


FREE = Extent(0.0, 0.0, 1.0)  # of what nothing lies on
