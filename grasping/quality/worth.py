"""The worth of a pick's outcomes, in placed undamaged units."""

from __future__ import annotations

from dataclasses import astuple, dataclass, replace

import numpy as np

from grasping.grasp import Grasp, Odds
from perception.pose import Array

PROBE_SECONDS = 1.0  # that a pick takes longer whose first 30 mm are slow and watched, at times down again
PICK_SECONDS = 4.0  # that one takes, near enough to weigh that up before any motion is planned
PERSON_SECONDS = 30.0  # that a person takes for an item which stays behind; charged like the cell's own
LEAST = PICK_SECONDS / PERSON_SECONDS  # units up to which a try gains less than a person in its time


@dataclass(frozen=True)
class Stakes:
    """Worth of outcomes in placed undamaged units. Damage costs more than a miss, which costs its time.

    Attributes:
        left: what it is worth besides that an item does not stay behind.
        damage: cost of a damaged item. In simulated bins of 100 books, 2 placed 31 undamaged and broke 20, 6 placed 27
            and broke 7, in as much time for each.
        loss: cost of an item lost on the way (it may break where it falls).
    """

    left: float = 0.3
    damage: float = 6.0
    loss: float = 0.3

    def gains(self, odds: Array) -> Array:
        """Expected units gained by one try, from odds (..., 4) to acquire, hold, damage and return."""
        acquire, hold, damage, returned = np.moveaxis(odds, -1, 0)
        placed = (1 + self.left) * hold * (1 - damage)
        return np.asarray(acquire * (placed - self.damage * damage - self.loss * (1 - hold - returned)))

    def rates(self, odds: Array, probe: bool = False) -> Array:
        """The same per second, roughly: a probe takes longer."""
        return self.gains(odds) / (PICK_SECONDS + PROBE_SECONDS * probe)

    def gain(self, grasp: Grasp) -> float:
        """Expected units gained by one try of a grasp."""
        return self.worth(grasp.odds)

    def worth(self, odds: Odds) -> float:
        """Expected units gained by one try with such odds."""
        return float(self.gains(np.array(astuple(odds))))


def blocked(items: int, stakes: Stakes | None = None) -> Stakes:
    """The stakes where nothing else is to be had: one item that stays keeps the others of a scene from being picked.

    Once it is lifted, or moved by the attempt, about half of them are: the more there are, the more may be risked. Of
    100 simulated books that placed 38 undamaged and 8 damaged; to risk no more harm for many than for few, 23 and 3.

    stakes: those of the run, of which the rest stays.
    """
    return replace(stakes or Stakes(), left=max(1.0, items / 2))
