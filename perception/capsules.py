"""Capsules: the shape by which the arm is masked out of images and kept clear of obstacles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from perception.arrays import readonly
from perception.pose import Array, Pose


@dataclass(frozen=True, eq=False)
class Capsules:
    """Swept spheres, in the base frame unless told otherwise: ends (C, 2, 3) metres, radii (C,) metres."""

    ends: Array
    radii: Array

    def __post_init__(self) -> None:
        object.__setattr__(self, "ends", readonly(self.ends, np.float64, (None, 2, 3), "capsule ends"))
        object.__setattr__(self, "radii", readonly(self.radii, np.float64, (len(self.ends),), "capsule radii"))

    def moved(self, T: Pose) -> Capsules:
        """The same moved, or told in another frame."""
        return Capsules(T.apply(self.ends.reshape(-1, 3)).reshape(-1, 2, 3), self.radii)

    def placed(self, transforms: Array) -> Capsules:
        """Each moved by a transform of its own, (C, 4, 4)."""
        ends = self.ends @ transforms[:, :3, :3].transpose(0, 2, 1) + transforms[:, None, :3, 3]
        return Capsules(ends, self.radii)

    def together(self, others: Capsules) -> Capsules:
        """These and others of the same frame."""
        return Capsules(np.concatenate([self.ends, others.ends]), np.concatenate([self.radii, others.radii]))
