"""Covers that open where cups lift a book by one: counted, beside odds that are learned of what stays closed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from grasping.beliefs.ramps import smooth
from grasping.quality.rates import OPENED_FELT, OPENED_HARMED, OPENED_HELD, Rate
from grasping.tools import Tool
from perception.pose import Array

ON_COVER = 0.6, 0.9  # cosines between the cup's axis and the item's thinnest one: beside a cover, and on it


def on_cover(f: NDArray[np.void]) -> NDArray[np.bool_]:
    """Whether a cup sits on what would be a cover, (C,)."""
    return np.asarray(f["across_covers"] > sum(ON_COVER) / 2)


def opens(f: NDArray[np.void]) -> Array:
    """Belief that what a cup lifts opens, (C,): a book that hangs by a cover, not swung up by its spine."""
    return np.asarray(f["bookish"] * smooth(f["across_covers"], *ON_COVER) * (f["spine_at"] == 0))


def of_covers(f: NDArray[np.void], rates: tuple[Rate, Rate]) -> Array:
    """How often something happens to books, (C,), by how often it does to covers of card, and to those of board."""
    card, board = rates
    return np.asarray(f["card"] * card.probability + (1 - f["card"]) * board.probability)


def with_opening(odds: Array, tool: Tool, f: NDArray[np.void]) -> Array:
    """Odds (C, 4) of what stays closed, with what opens beside.

    What opens is mostly lost, or harmed, or both: an item is placed undamaged as seldom as was counted, which is less
    than two independent events would let it be.
    """
    if tool is not Tool.SUCTION:
        return odds
    acquire, hold, damage, returned = odds.T
    open_, felt = opens(f), of_covers(f, OPENED_FELT) * (f["probe"] > 0)
    fine = (1 - open_) * hold * (1 - damage) + open_ * of_covers(f, OPENED_HELD)
    harmed = (1 - open_) * damage + open_ * of_covers(f, OPENED_HARMED)
    hold = np.minimum(1.0, fine / np.maximum(1 - harmed, 1e-9))
    return np.column_stack([acquire, hold, harmed, (1 - open_) * returned + open_ * felt])
