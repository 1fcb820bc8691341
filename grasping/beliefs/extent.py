"""The hidden extent of an item beneath what lies on it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from grasping.beliefs.overlap import Rim
from perception.pose import Array
from perception.scene import ItemShape, Scene

LONGEST = 0.28  # metres: hardly anything that one hand of this work carries is longer


@dataclass(frozen=True)
class Extent:
    """The part of an item that may be hidden, beyond what the completion of its shape says.

    Attributes:
        hidden: share of its outline that other things cover.
        radius: metres by which the middle of the whole may lie off for that.
        growth: its greatest volume over that of its completed shape, 1 and more.
        towards: metres and way that the middle of the whole lies off, if it goes on where it is hidden as far as it
            may, level in the base frame, (x, y, z).
    """

    hidden: float
    radius: float
    growth: float
    towards: tuple[float, float, float] = (0.0, 0.0, 0.0)

    @staticmethod
    def of(scene: Scene, item: ItemShape, rim: Rim) -> Extent:
        """From the hidden share of each side, which stands for how sure it is that the item goes on there, and how far:
        up to LONGEST in all.
        """
        R_base_grid = scene.occupancy.T_base_grid.rotation
        known = np.maximum(np.ptp(item.points @ R_base_grid, axis=0)[:2], 1e-3)
        further = np.minimum(rim.sides.sum(axis=1), 1.0) * np.maximum(LONGEST - known, 0.0)
        x, y, z = R_base_grid[:, :2] @ ((rim.sides[:, 1] - rim.sides[:, 0]) * further / 2)
        radius, growth = float(np.linalg.norm(further / 4)), float(np.prod(1 + further / known))
        return Extent(rim.share, radius, growth, (float(x), float(y), float(z)))

    @property
    def way(self) -> Array:
        """Unit vector (3,) of `towards`; nought if that is."""
        length = np.linalg.norm(self.towards)
        return np.array(self.towards) / max(float(length), 1e-9)


FREE = Extent(0.0, 0.0, 1.0)  # of what nothing lies on
