"""The seal of a vacuum cup: how well its lip closes on a surface, and what it can carry."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np

from perception.pose import Array

LIP_POINTS = 16


class Break(str, Enum):
    """A way in which a seal fails."""

    PULL = "pull"
    PEEL = "peel"
    SHEAR = "shear"


@dataclass(frozen=True)
class Seal:
    """A closed lip of `radius` metres on a surface of Coulomb coefficient `friction`.

    The lip is a ring: it carries a normal force N = dP A - F_pull, opens at one side when the bending moment
    exceeds N r / 2 (linear pressure over the ring falls to zero there), and slides when the tangential force
    and the twist exceed mu N (Pham & Pham, Critically fast pick-and-place with suction cups, ICRA 2019).
    """

    radius: float
    friction: float

    @property
    def area(self) -> float:
        return float(np.pi * self.radius**2)

    def broken(self, wrench: Array, vacuum: float) -> Break | None:
        """How `wrench` breaks the seal, None where it holds.

        Args:
            wrench: (fx, fy, fz, tx, ty, tz) that the cup exerts on the item, in the cup's frame at the lip's
                centre; z points into the item, so a pull has fz < 0. Newtons, newton metres.
            vacuum: pascals below atmosphere.
        """
        fx, fy, fz, tx, ty, tz = (float(value) for value in wrench)
        normal = vacuum * self.area + fz
        if normal <= 0:
            return Break.PULL
        if np.hypot(tx, ty) > normal * self.radius / 2:
            return Break.PEEL
        if np.hypot(np.hypot(fx, fy), tz / self.radius) > self.friction * normal:
            return Break.SHEAR
        return None


@dataclass(frozen=True)
class Lip:
    """The soft rim of a bellows cup.

    Attributes:
        radius: metres.
        conform: how far the lip itself bends to follow a surface, metres.
        reach: distance beyond which a point of the ring counts as open, metres.
    """

    radius: float
    conform: float = 1.5e-3
    reach: float = 6e-3

    def ring(self) -> Array:
        """Points of the lip in the cup's frame, shape (LIP_POINTS, 3), metres."""
        angle = np.arange(LIP_POINTS) * (2 * np.pi / LIP_POINTS)
        return self.radius * np.column_stack([np.cos(angle), np.sin(angle), np.zeros(LIP_POINTS)])

    def gap_area(self, distance: Array, give: float = 0.0) -> float:
        """Open area under the lip, m^2.

        Args:
            distance: from the lip's plane to the surface along the cup's axis, shape (LIP_POINTS,), metres;
                infinite where there is no surface. The nearest point touches.
            give: how far the surface itself yields to the lip, metres.
        """
        distance = np.minimum(distance, self.reach)
        open_height = np.clip(distance - distance.min() - self.conform - give, 0.0, None)
        if distance.min() >= self.reach:
            open_height = np.full(LIP_POINTS, self.reach)
        return float(open_height.mean() * 2 * np.pi * self.radius)
