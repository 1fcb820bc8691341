"""How a skill or a probe changes a contact's odds: swung up by the spine, tipped first, or probed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from grasping.beliefs.ramps import smooth
from grasping.quality.rates import (
    OPENED_HARMED,
    OPENED_LOST,
    OPENED_LOST_BY_SEVERAL,
    OPENING_FELT,
    STRUCK,
    SWUNG_ASKEW,
    SWUNG_CLOSED,
    TIPPED,
)
from grasping.tools import decoded
from perception.pose import Array

# Cosines between a cover and the level: what lies askew, and what lies level.
LEVEL = float(np.cos(np.deg2rad(25))), float(np.cos(np.deg2rad(12)))


def swung_closed(f: NDArray[np.void]) -> Array:
    """Probability that a book stays closed while a cup lifts it, (C,): 0 unless it turns about its spine."""
    level = smooth(f["down_z"], *LEVEL)
    return np.where(f["spine_at"] == 0, 0.0, f["spine"] * (SWUNG_ASKEW + (SWUNG_CLOSED - SWUNG_ASKEW) * level))


def opened_lost(f: NDArray[np.void]) -> Array:
    """Probability that what cups hold by a cover is lost once it is open, (C,): it hangs from the spine then."""
    several = np.array([len(decoded(code)) > 1 for code in f["cups"]])
    return np.where(several, OPENED_LOST_BY_SEVERAL, OPENED_LOST)


def probed(lifted: Array, hold: Array, stays: Array, opens: Array, lost: Array) -> Array:
    """Probabilities that an item in a cup is held to the end, harmed as it opens, or set down unharmed, shape (3, C).

    Args:
        lifted: that the seal bears its weight at rest. hold: that it also bears the carry, at most `lifted`.
        stays: that it comes out from among its neighbours.
        opens: that a cover opens. lost: that the item is lost then.
    """
    up = lifted * stays
    unfelt = opens * (1 - OPENING_FELT)
    carried = up * hold / np.maximum(lifted, 1e-9)
    held = carried * (1 - opens + unfelt * (1 - lost))
    return np.stack([held, up * unfelt * OPENED_HARMED, 1 - up + up * opens * OPENING_FELT])


def once_tipped(odds: Array) -> Array:
    """Odds (C, 4) of pinches of a tipped item, before the cup has tipped it."""
    acquire, hold, damage, returned = odds.T
    return np.column_stack([TIPPED * acquire, hold, either(damage, STRUCK * (1 - TIPPED)), returned])


def either(a: Array, b: Array | float) -> Array:
    """Probability of at least one of two independent events."""
    return np.asarray(1 - (1 - a) * (1 - b))
