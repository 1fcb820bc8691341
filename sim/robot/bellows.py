"""The bellows between rod and lip: springs that vacuum stiffens."""

from __future__ import annotations

import numpy as np

from grasping.tools import SuctionCup
from perception.pose import Array

JOINTS = ("cup_press", "cup_bend_x", "cup_bend_y")
STRETCHED = 5.0  # a bellows resists being pulled longer so much more than being pressed together
PRESS_DAMPING, BEND_DAMPING = 1.4, 0.7  # of critical with the lip alone; a fifth of that under half a kilogram


class Bellows:
    """Forces in the passive joints JOINTS.

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

    def forces(self, positions: Array, velocities: Array, vacuum: float) -> Array:
        """Newtons and newton metres, shape (3,), at joint positions and velocities (3,) under a vacuum in pascals."""
        cup = self._cup
        axial = cup.bellows_stiffness * (1.0 if positions[0] >= 0 else STRETCHED)
        folded = min(1.0, vacuum / cup.pressure_full)
        bending = self._loose + (cup.bending_stiffness - self._loose) * folded
        return np.asarray(-np.array([axial, bending, bending]) * positions - self._damping * velocities)
