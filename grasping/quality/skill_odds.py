"""What a skill adds to the odds of a contact: a book swung up by its spine, an item tipped before it is pinched."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from grasping.beliefs.ramps import smooth
from grasping.quality.rates import STRUCK, SWUNG_ASKEW, SWUNG_CLOSED, TIPPED
from perception.pose import Array

# Cosines between a cover and the level: what lies askew, and what lies level.
LEVEL = float(np.cos(np.deg2rad(25))), float(np.cos(np.deg2rad(12)))


def swung_closed(f: NDArray[np.void]) -> Array:
    """Probability that a book stays closed while a cup lifts it, (C,): 0 unless it turns about its spine."""
    level = smooth(f["down_z"], *LEVEL)
    return np.where(f["spine_at"] == 0, 0.0, f["spine"] * (SWUNG_ASKEW + (SWUNG_CLOSED - SWUNG_ASKEW) * level))


def once_tipped(odds: Array) -> Array:
    """Odds (C, 3) of pinches of a tipped item, before the cup has tipped it."""
    acquire, hold, damage = odds.T
    return np.column_stack([TIPPED * acquire, hold, either(damage, STRUCK * (1 - TIPPED))])


def either(a: Array, b: Array | float) -> Array:
    """Probability of at least one of two independent events."""
    return np.asarray(1 - (1 - a) * (1 - b))
