"""The bellows between rod and lips: springs that vacuum stiffens."""

from __future__ import annotations

import numpy as np

from grasping.tools import SuctionCup
from perception.pose import Array

JOINTS = ("cup_press", "cup_bend_x", "cup_bend_y")
STRETCHED = 5.0  # a bellows resists being pulled longer so much more than being pressed together
PRESS_DAMPING, BEND_DAMPING = 1.4, 0.7  # of critical with the lip alone; a fifth of that under half a kilogram


class Bellows:
    """Forces in the passive joints JOINTS of each cup.

    Pressed, the bellows is a ring of springs of its axial stiffness k, which bends with k r^2 / 2. Vacuum folds it
    up until, at the cup's full vacuum, it bends with `bending_stiffness`: it turns easily onto a surface and holds
    stiffly what it holds.

    Args:
        inertia: of lip and bellows about each joint, kg and kg m^2.
    """

    def __init__(self, cup: SuctionCup, inertia: tuple[float, float, float]) -> None:
        self._cup = cup
        self._loose = min(cup.bellows_stiffness * cup.radius**2 / 2, cup.bending_stiffness)
        stiffness = np.array([cup.bellows_stiffness, cup.bending_stiffness, cup.bending_stiffness])
        share = np.array([PRESS_DAMPING, BEND_DAMPING, BEND_DAMPING])
        self._damping = 2 * share * np.sqrt(stiffness * np.array(inertia))

    def forces(self, positions: Array, velocities: Array, vacuum: Array) -> Array:
        """Newtons and newton metres at joint positions and velocities, each (K, 3), under vacuums in pascals (K,)."""
        cup = self._cup
        stiffness = np.empty_like(positions)
        stiffness[:, 0] = cup.bellows_stiffness * np.where(positions[:, 0] >= 0, 1.0, STRETCHED)
        folded = np.minimum(1.0, vacuum / cup.pressure_full)
        stiffness[:, 1:] = (self._loose + (cup.bending_stiffness - self._loose) * folded)[:, None]
        return np.asarray(-stiffness * positions - self._damping * velocities)
