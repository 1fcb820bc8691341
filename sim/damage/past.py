"""The last moments: what touched, and how everything moved."""

from __future__ import annotations

from collections import deque

import numpy as np

from perception.pose import Array
from sim.world import Contacts


class Past:
    """Contacts, twists of all items, and speed of the tool, of the last `steps` steps."""

    def __init__(self, steps: int) -> None:
        self._kept: deque[tuple[Contacts, Array, float]] = deque(maxlen=steps)

    def __len__(self) -> int:
        return len(self._kept)

    def push(self, contacts: Contacts, twists: Array, tool: float) -> None:
        self._kept.append((contacts, twists, tool))

    def at(self, age: int) -> tuple[Contacts, Array, float]:
        """What was pushed `age` steps ago; 0 is the newest."""
        return self._kept[-1 - age]


def velocity_at(twist: Array, points: Array) -> Array:
    """Velocity, (N, 3), of points that move with a body of `twist` (3, 3): its centre, velocity, angular velocity."""
    centre, linear, angular = twist
    return np.asarray(linear + np.cross(angular, points - centre))
