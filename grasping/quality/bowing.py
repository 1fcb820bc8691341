"""Leaves that bow slip out of the pads or are harmed: physics, beside odds that are learned of all else."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from grasping.beliefs.ramps import smooth
from grasping.contact.leaves import bowing_load
from grasping.quality.rates import PAPER_COVERS
from grasping.quality.skill_odds import either
from grasping.tools import Tool
from perception.pose import Array

# Times the load at which leaves bow, by the elastica: their ends slope by 40 degrees, rubber's angle of friction on
# card; card is bent beyond its 20 MPa.
SLIPS_AT, HARMED_AT = 1.06, 1.5
SPREAD = 0.4  # standard deviation of the logarithm of the load at which leaves bow: of paper, and of sizes as seen


def on_edge(f: NDArray[np.void]) -> Array:
    """Belief in a contact on the narrow sides of a book, (C,)."""
    return np.asarray(f["bookish"] * (1 - smooth(f["across_covers"], 0.3, 0.7)))


def beyond(f: NDArray[np.void], share: float) -> Array:
    """Probability that pads press leaves between covers of card harder than `share` of what they bear, (C,)."""
    load = share * bowing_load(f["flatness"] * f["girth"], f["girth"], f["width"])
    sure = ndtr(np.log(np.maximum(f["force"], 1e-3) / np.maximum(load, 1e-3)) / SPREAD)
    return np.asarray(PAPER_COVERS * on_edge(f) * sure)


def slipped(f: NDArray[np.void]) -> Array:
    """Probability that what is between the pads bows and slips out of them, (C,)."""
    return beyond(f, SLIPS_AT)


def bowed(f: NDArray[np.void]) -> Array:
    """Probability that a book is harmed by bowing, (C,)."""
    return beyond(f, HARMED_AT)


def with_bowing(odds: Array, tool: Tool, f: NDArray[np.void]) -> Array:
    """Odds (C, 4) of all else, with what slips as it bows, and the harm of bowing beside."""
    if tool is not Tool.PINCH:
        return odds
    acquire, hold, damage, returned = odds.T
    return np.column_stack([acquire, hold * (1 - slipped(f)), either(damage, bowed(f)), returned])
