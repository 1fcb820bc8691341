"""Beliefs about an item's kind, by shape and looks: box, book, folded garment, toy, or a lump of something larger."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from grasping.beliefs.books import covers, squareness, uneven
from grasping.beliefs.ramps import Some, smooth
from perception.scene import ItemShape

GARMENT = 0.16  # metres, least width of a folded garment
UNEVEN = 0.0012  # metres of unevenness, from which on what is as wide as one may be one


LUMP = (0.016, 0.050)  # edges of the boxes of lumps, metres: least and greatest


@lru_cache(maxsize=32)
def boxlike(item: ItemShape) -> float:
    """Belief that the item has flat faces at right angles: most of what was seen faces along its box's axes.

    Bags, bottles and cloth curve all over. Rounded edges and noise leave three quarters of a box's surface within 16
    degrees of an axis, bags at most a half.
    """
    return smooth(squareness(item), 0.48, 0.62)


@lru_cache(maxsize=64)
def bookish(item: ItemShape, hidden: float = 0.0) -> float:
    """Belief that the item has two covers that open, as counted in simulated bins.

    hidden: share of its outline that other things cover.
    """
    return covers(item, hidden)


def folded(item: ItemShape) -> bool:
    """Whether the item may be a folded garment in a film bag: as wide as one, flat, and uneven.

    What is 14 to 26 mm thick on even ground is perceived up to 85 mm thick where it drapes over other things.
    """
    thin, middle, _ = np.sort(item.size)
    return bool(thin < 0.085 and middle > GARMENT and uneven(item) > UNEVEN)


def is_lump(item: ItemShape) -> bool:
    """Whether the item is a lump: what is so small and thick is hardly ever an item, but a cap or a corner of one."""
    return bool(item.size.min() > LUMP[0] and item.size.max() < LUMP[1])


def toylike(flatness: Some, fill: Some) -> Some:
    """Belief that something soft, `flatness` times as thick as wide, that fills its box by `fill`, is a toy with limbs.

    Over simulated bins toys fill 0.41 to 0.62 of their boxes and are 0.56 to 0.95 as thick as wide; bags that lie on
    others pass for as thick, but fill 0.7 and more.
    """
    return smooth(flatness, 0.50, 0.60) * (1 - smooth(fill, 0.60, 0.72))
