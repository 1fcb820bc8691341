"""Books that are pinched by their narrow sides: leaves that bow bear what is lifted by them, slip out of the pads, or
are harmed, and boards below the tips fall open. Physics, beside odds that are learned of all else."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from grasping.beliefs.ramps import smooth
from grasping.beliefs.slip import Slip
from grasping.contact.friction import friction_left
from grasping.contact.leaves import bowing_load
from grasping.contact.wrench_limits import GRAVITY
from grasping.quality.rates import BOWING_FELT, FALLEN_OPEN, PAPER_COVERS
from grasping.quality.skill_odds import either
from grasping.tools import Gripper, Tool
from perception.pose import Array

# Times the load at which leaves bow, by the elastica: their ends slope by 40 degrees, rubber's angle of friction on
# card; card is bent beyond its 20 MPa.
SLIPS_AT, HARMED_AT = 1.06, 1.5
BOARDS = 0.5  # share of the pads' force on the one of two boards that bears
MOVED = 2.0  # m/s^2 that what is held must bear, however slowly it is carried
BELOW, BESIDE = (0.2, 0.4), (0.9, 1.1)  # shares of a book below the tips with which it falls open, or stands there
SPREAD = 0.4  # standard deviation of the logarithm of the load at which leaves bow: of paper, and of sizes as seen


def on_edge(f: NDArray[np.void] | np.void) -> Array:
    """Belief in a contact on the narrow sides of a book, (C,)."""
    return np.asarray(f["bookish"] * (1 - smooth(f["across_covers"], 0.3, 0.7)))


def pinch_friction(f: NDArray[np.void] | np.void, friction: Array | float) -> Array:
    """What is left of pads' friction to lift an item by, (C,): of a book that is pinched by its narrow sides, on boards
    that stand out over the leaves, these rest on the lower board, which is pressed with half of the force.
    """
    return np.asarray(friction_left(f, friction) * (1 - (1 - BOARDS) * on_edge(f)))


def bears(f: NDArray[np.void]) -> Array:
    """Newtons at which leaves between the pads are believed to bow, (C,)."""
    return np.maximum(bowing_load(f["flatness"] * f["girth"], f["girth"], f["width"]), 1e-3)


def pressed(f: NDArray[np.void], share: float) -> Array:
    """How hard pads press, as multiples of `share` of what leaves are believed to bear, (C,)."""
    return np.asarray(np.maximum(f["force"], 1e-3) / (share * bears(f)))


def carried(f: NDArray[np.void]) -> Array:
    """Probability that leaves which bow between pads that feel it, and stay there, bear the item by friction, (C,)."""
    strength = 2 * friction_left(f, Gripper.friction) * bears(f)
    needed = np.maximum(f["mass"], 1e-3) * (GRAVITY + MOVED)
    return np.asarray(BOWING_FELT * ndtr(np.log(strength / needed) / np.hypot(SPREAD, f["mass_spread"])))


def beyond(f: NDArray[np.void], share: float, slips: Sequence[Slip] = ()) -> Array:
    """Probability that pads press leaves between covers of card harder than `share` of what they bear, (C,).

    slips: of this item, which is of card, and bows under no more than was pressed with, if that is what happened.
    """
    chance = ndtr(np.log(pressed(f, share)) / SPREAD)
    sure = PAPER_COVERS * chance
    for slip in slips:
        known = max(float(ndtr(np.log(slip.pressed) / SPREAD)), 1e-9)
        sure = slip.odds * np.minimum(1.0, chance / known) + (1 - slip.odds) * sure
    return np.asarray(on_edge(f) * sure)


def slipped(f: NDArray[np.void], slips: Sequence[Slip] = ()) -> Array:
    """Probability that what is between the pads bows and is lost for that, (C,)."""
    return beyond(f, SLIPS_AT, slips) * (1 - carried(f))


def bowed(f: NDArray[np.void], slips: Sequence[Slip] = ()) -> Array:
    """Probability that a book is harmed by bowing, (C,)."""
    return beyond(f, HARMED_AT, slips) * (1 - BOWING_FELT)


def fallen_open(f: NDArray[np.void]) -> Array:
    """Probability that a book is folded as it is put down, (C,): it lay flat, and what the tips did not reach under
    hung open from the spine.
    """
    thickness = np.maximum(f["flatness"] * f["girth"], 1e-3)
    below = (f["centre_z"] + thickness / 2) / thickness
    return np.asarray(FALLEN_OPEN * on_edge(f) * smooth(below, *BELOW) * (1 - smooth(below, *BESIDE)))


def harmed(f: NDArray[np.void]) -> Array:
    """Probability that a book is harmed by either, (C,)."""
    return either(bowed(f), fallen_open(f))


def slip_of(f: np.void, hold: float, slips: Sequence[Slip], felt: bool = False) -> Slip:
    """What the loss of a pinch says that was believed to hold with probability `hold`, after other `slips`.

    felt: that it bowed was felt, and is certain. What was lost without that bowed only where fingers did not feel it:
    boards slip as well, and are to be pressed harder.
    """
    row = np.array([f])
    unfelt = float(beyond(row, SLIPS_AT, slips)[0]) * (1 - BOWING_FELT)
    lost = 1 - hold - (float(slipped(row, slips)[0]) - unfelt)  # without what was felt to give way
    return Slip(1.0 if felt else min(1.0, unfelt / max(lost, 1e-9)), float(pressed(row, SLIPS_AT)[0]))


def after_slips(odds: Array, f: NDArray[np.void], slips: Sequence[tuple[Slip, ...]]) -> Array:
    """Odds (C, 4) of pinches `with_bowing`, once it is known what lost pinches say of the items of each, (C,)."""
    odds = odds.copy()
    for known in set(slips) - {()}:
        rows = [i for i, each in enumerate(slips) if each == known]
        odds[rows, 1] *= (1 - slipped(f[rows], known)) / (1 - slipped(f[rows]))
        odds[rows, 2] = 1 - (1 - odds[rows, 2]) * (1 - bowed(f[rows], known)) / (1 - bowed(f[rows]))
    return odds


def with_bowing(odds: Array, tool: Tool, f: NDArray[np.void]) -> Array:
    """Odds (C, 4) of all else, with what slips as it bows, and the harm of bowing and of falling open beside."""
    if tool is not Tool.PINCH:
        return odds
    acquire, hold, damage, returned = odds.T
    return np.column_stack([acquire, hold * (1 - slipped(f)), either(damage, harmed(f)), returned])
