"""Inverse kinematics: one interface over closed forms and numerical search."""

from __future__ import annotations

from abc import ABC, abstractmethod
from itertools import product

import numpy as np

from motion.errors import Unreachable
from motion.robot.arm import Arm
from motion.robot.follow import newton
from perception.pose import Array, Pose

MARGIN = 0.03  # rad that solutions keep from the joint limits
APART = 0.2  # rad in some joint that make two solutions different


class Inverse(ABC):
    """Joint configurations for poses of the last link, away from the joint limits by `margin` rad."""

    def __init__(self, arm: Arm, margin: float = MARGIN) -> None:
        self.placements, self.held = arm.placements, arm.held
        self.lower, self.upper = arm.limits.lower + margin, arm.limits.upper - margin
        self.middle = (self.lower + self.upper) / 2
        self.half = (self.upper - self.lower) / 2

    @abstractmethod
    def all(self, T_base_last: Pose, thorough: bool = True) -> Array:
        """Solutions (M, J) within the limits; M = 0: out of reach.

        thorough: False where other poses would serve as well, so that a longer search can be spared.
        """

    def best(self, T_base_last: Pose, near: Array) -> Array:
        """The solution (J,) of least `cost` against `near` (J,), with the held joint at zero if that can be.

        Raises:
            Unreachable: there is none.
        """
        found = self.all(T_base_last)
        if len(found) == 0:
            raise Unreachable(
                f"no arm configuration reaches the last link's position {T_base_last.position.round(3)} m with its z "
                f"axis along {T_base_last.rotation[:, 2].round(3)}; choose another grasp or move the tote closer"
            )
        return self._ranked(T_base_last, found, near)[0]

    def several(self, T_base_last: Pose, near: Array, thorough: bool = True) -> tuple[Array, ...]:
        """Up to two different solutions (J,), that of `best` first; none where the pose is out of reach."""
        found = self.all(T_base_last, thorough)
        return self._ranked(T_base_last, found, near) if len(found) else ()

    def _ranked(self, T_base_last: Pose, found: Array, near: Array) -> tuple[Array, ...]:
        if self.held == len(near):
            ranked = found[np.argsort(self.cost(found, near), kind="stable")]
            others = ranked[np.abs(ranked - ranked[0]).max(axis=1) > APART]
            return (ranked[0], *others[:1])
        choice = found[np.argmin(self.cost(found, near))]
        upright = choice.copy()
        upright[self.held] = 0.0
        upright, good = newton(T_base_last.matrix, upright, self.placements, self.held)
        if not good or (upright < self.lower).any() or (upright > self.upper).any():
            return (choice,)
        return (upright, choice) if np.abs(upright - choice).max() > APART else (upright,)

    def cost(self, configurations: Array, near: Array) -> Array:
        """Squared distance to `near`, the held joint off zero, and joints close to their limits: (M,)."""
        squares = ((configurations - near) ** 2).sum(axis=1)
        if self.held < len(near):
            squares = squares + 4 * configurations[:, self.held] ** 2
        return np.asarray(squares + 0.3 * (np.abs((configurations - self.middle) / self.half) ** 8).sum(axis=1))


def turned(found: Array, lower: Array, upper: Array) -> Array:
    """Solutions (M, J), and those that differ from them by whole turns of joints, as far as they lie within limits."""
    turns = (
        2 * np.pi * np.array(list(product(*([0.0, -1.0, 1.0] if wide else [0.0] for wide in upper - lower > np.pi))))
    )
    every = (found[:, None] + turns).reshape(-1, found.shape[1])
    return np.asarray(every[((lower <= every) & (every <= upper)).all(axis=1)])
