"""What a lift has felt of an item that was set down again: what it weighs, and where its middle hangs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from grasping.beliefs.belief import Belief
from grasping.contact.wrench_limits import GRAVITY
from grasping.grasp import Load
from perception.arrays import readonly
from perception.pose import Array

MASS_ERROR = 0.1  # share of the mass by which it may be felt wrong: forces by joint torques are so exact at 1 kg
CENTRE_ERROR = 0.006  # metres by which its middle may be felt wrong, or have slid as it was set down
NEAR = 0.05  # metres, level, within which an item is taken for the one that was felt


@dataclass(frozen=True, eq=False)
class Weighed:
    """An item's mass, kilograms, and a point (3,) of the base frame over or under its middle, where it lies now."""

    mass: float
    middle: Array

    def __post_init__(self) -> None:
        object.__setattr__(self, "middle", readonly(self.middle, np.float64, (3,), "middle"))

    @staticmethod
    def of(wrench: Array, position: Array) -> Weighed:
        """From the wrench (6,) of a load at rest on a tool, N and N m, base frame, and where the tool gripped (3,).

        The lever of a force f with the moment m is f x m / |f|^2, across it.
        """
        force, moment = wrench[:3], wrench[3:]
        strength = float(np.linalg.norm(force))
        return Weighed(strength / GRAVITY, position + np.cross(force, moment) / strength**2)

    def is_of(self, load: Load) -> bool:
        """Whether a load of the base frame may be this item."""
        return bool(np.linalg.norm((load.centre - self.middle)[:2]) < NEAR)

    def applied(self, belief: Belief) -> Belief:
        """A belief about this item, with what was felt in place of what was guessed from its shape."""
        load = belief.load
        centre = np.array((*self.middle[:2], load.centre[2]))
        range_ = self.mass * (1 - MASS_ERROR), self.mass * (1 + MASS_ERROR)
        inertia = load.inertia * (self.mass / load.mass)
        felt = Load(self.mass, centre, inertia, range_, CENTRE_ERROR)
        return replace(belief, load=felt, mass_spread=MASS_ERROR)


def corrected(beliefs: Sequence[Belief], weighed: Sequence[Weighed]) -> list[Belief]:
    """Beliefs, with what was felt of their items."""
    return [next((w.applied(b) for w in reversed(weighed) if w.is_of(b.load)), b) for b in beliefs]
