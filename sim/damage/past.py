"""The last moments: what touched, and how everything moved."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from perception.pose import Array
from sim.world import Contacts


@dataclass(frozen=True)
class Moment:
    """One step.

    Attributes:
        twists: centre, velocity and angular velocity of each item's first link, shape (items, 3, 3).
        turned: its orientation, quaternions xyzw, shape (items, 4).
        tool: greatest speed of any part of the tool, m/s.
    """

    contacts: Contacts
    twists: Array
    turned: Array
    tool: float


class Past:
    """Contacts, twists and poses of all items, and speed of the tool, of the last `steps` steps."""

    def __init__(self, steps: int) -> None:
        self._kept: deque[Moment] = deque(maxlen=steps)

    def __len__(self) -> int:
        return len(self._kept)

    def push(self, moment: Moment) -> None:
        self._kept.append(moment)

    def at(self, age: int) -> Moment:
        """What was pushed `age` steps ago; 0 is the newest."""
        return self._kept[-1 - age]


def velocity_at(twist: Array, points: Array) -> Array:
    """Velocity, (N, 3), of points that move with a body of `twist` (3, 3): its centre, velocity, angular velocity."""
    centre, linear, angular = twist
    return np.asarray(linear + np.cross(angular, points - centre))
