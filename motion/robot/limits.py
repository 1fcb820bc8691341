"""The limits of an arm's joints."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from perception.arrays import readonly
from perception.errors import GeometryError
from perception.pose import Array


@dataclass(frozen=True, eq=False)
class Limits:
    """Limits of the joints, each of shape (J,): rad, rad/s, rad/s^2, rad/s^3, N m."""

    lower: Array
    upper: Array
    velocity: Array
    acceleration: Array
    jerk: Array
    torque: Array

    def __post_init__(self) -> None:
        for name in ("lower", "upper", "velocity", "acceleration", "jerk", "torque"):
            object.__setattr__(self, name, readonly(getattr(self, name), np.float64, (None,), name))
            if getattr(self, name).shape != self.lower.shape:
                raise GeometryError(f"limits: expected {len(self.lower)} values of {name}")
        limits = (self.velocity, self.acceleration, self.jerk, self.torque)
        if not (self.lower < self.upper).all() or not all((values > 0).all() for values in limits):
            raise GeometryError("limits: expected lower < upper and positive limits of motion for every joint")
