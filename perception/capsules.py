"""Capsules: the shape by which the arm is masked out of images and kept clear of obstacles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from perception.arrays import readonly
from perception.pose import Array


@dataclass(frozen=True, eq=False)
class Capsules:
    """Swept spheres in the base frame: ends (C, 2, 3) metres, radii (C,) metres."""

    ends: Array
    radii: Array

    def __post_init__(self) -> None:
        object.__setattr__(self, "ends", readonly(self.ends, np.float64, (None, 2, 3), "capsule ends"))
        object.__setattr__(self, "radii", readonly(self.radii, np.float64, (len(self.ends),), "capsule radii"))
