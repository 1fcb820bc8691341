"""Harm by leaves that bow: physics, which stands beside odds that are learned of all other harm."""

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

SPREAD = 0.4  # standard deviation of the logarithm of the load at which leaves bow: of paper, and of sizes as seen


def on_edge(f: NDArray[np.void]) -> Array:
    """Belief in a contact on the narrow sides of a book, (C,)."""
    return np.asarray(f["bookish"] * (1 - smooth(f["across_covers"], 0.3, 0.7)))


def bowed(f: NDArray[np.void]) -> Array:
    """Probability that pads bow what is between them, (C,): the leaves of a book whose covers are card."""
    load = bowing_load(f["flatness"] * f["girth"], f["girth"], f["width"])
    sure = ndtr(np.log(np.maximum(f["force"], 1e-3) / np.maximum(load, 1e-3)) / SPREAD)
    return np.asarray(PAPER_COVERS * on_edge(f) * sure)


def with_bowing(odds: Array, tool: Tool, f: NDArray[np.void]) -> Array:
    """Odds (C, 4) of all else, and the harm of bowing beside."""
    if tool is not Tool.PINCH:
        return odds
    return np.column_stack([odds[:, :2], either(odds[:, 2], bowed(f)), odds[:, 3]])
