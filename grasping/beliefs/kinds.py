"""Beliefs about an item's kind, by shape and looks: box, book, folded garment, toy, or a lump of something larger."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from grasping.beliefs.ramps import Some, smooth, within
from perception.scene import ItemShape

# Metres of unevenness up to which a face may be a book's cover, and from which it is none: of what is narrower than a
# folded garment, and of what is as wide as one.
EVEN, VERY_EVEN = (0.0018, 0.0030), (0.0012, 0.0018)


GARMENT = 0.16  # metres, least width of a folded garment


LUMP = (0.016, 0.050)  # edges of the boxes of lumps, metres: least and greatest


FEWEST = 30  # points of a face that tell whether it is even


PLAIN_SIDES = (0.75, 0.4, 0.1)  # belief in a book where none, one, or more narrow sides were seen, all without pages


@lru_cache(maxsize=32)
def boxlike(item: ItemShape) -> float:
    """Belief that the item has flat faces at right angles: most of what was seen faces along its box's axes.

    Bags, bottles and cloth curve all over. Rounded edges and noise leave three quarters of a box's surface within 16
    degrees of an axis, bags at most a half.
    """
    local = np.abs(item.normals[item.seen] @ item.T_base_box.rotation)
    return smooth(float((local.max(axis=1) > 0.96).mean()), 0.48, 0.62) if len(local) else 0.0


@lru_cache(maxsize=64)
def bookish(item: ItemShape, hidden: float = 0.0) -> float:
    """Belief that the item has two covers that open: a wide, flat, full box of a book's size, more so with page edges.

    Cartons of a book's size exist too. A narrow side that shows pale, unsaturated pages settles it; sides without
    them speak against it, one of them little (it may be the spine), two together much. What is thin and twice as long
    as wide is a bar of chocolate: books are 1.3 to 1.65 times as long as wide.

    hidden: share of its outline that other things cover: so sure it is that its edges may be longer than they look.
    """
    thin, middle, long = np.sort(item.size)
    bar = (1 - smooth(thin, 0.016, 0.022)) * smooth(long / max(middle, 1e-6), 1.65, 1.9)
    whole = (1 - bar) * within(middle, 0.095, 0.21) * within(long, 0.14, 0.28)
    whole *= within(thin / max(middle, 1e-6), 0.0, 0.42)
    corner = hidden * within(middle, 0.0, 0.21) * within(long, 0.0, 0.28)
    full = within(item.volume / max(float(np.prod(item.size)), 1e-9), 0.5, 1.3)
    shaped = boxlike(item) * within(thin, 0.008, 0.055) * max(whole, corner) * full
    if shaped == 0:  # as of most things: their sides need no look
        return 0.0
    even = 1 - smooth(uneven(item), *(EVEN if middle < GARMENT else VERY_EVEN))
    sides = page_sides(item)
    without = PLAIN_SIDES[min(len(sides), len(PLAIN_SIDES) - 1)]
    pages = float(np.clip((max(sides) - 0.2) / 0.5, 0.0, 1.0)) if sides else 0.0
    return float(shaped * even * (without + (0.95 - without) * pages))


def folded(item: ItemShape) -> bool:
    """Whether the item may be a folded garment in a film bag: as wide as one, flat, and uneven.

    What is 14 to 26 mm thick on even ground is perceived up to 85 mm thick where it drapes over other things.
    """
    thin, middle, _ = np.sort(item.size)
    return bool(thin < 0.085 and middle > GARMENT and uneven(item) > VERY_EVEN[0])


@lru_cache(maxsize=32)
def uneven(item: ItemShape) -> float:
    """Metres between the item's widest face and a plane through it, within which three quarters of what was seen lie.

    Covers of simulated books: 0.6 to 1.5 mm; folded garments: 2.3 to 10 mm.
    """
    thin = int(np.argmin(item.size))
    local = item.T_base_box.inverse().apply(item.points[item.seen])
    faces = item.normals[item.seen] @ item.T_base_box.rotation[:, thin]
    upper = bool((faces > 0.6).sum() >= (faces < -0.6).sum())
    face = local[faces > 0.6] if upper else local[faces < -0.6]
    if len(face) < FEWEST:
        return 0.0
    across = np.column_stack([np.delete(face, thin, axis=1), np.ones(len(face))])
    plane = np.linalg.lstsq(across, face[:, thin], rcond=None)[0]
    return float(np.quantile(np.abs(face[:, thin] - across @ plane), 0.75))


def is_lump(item: ItemShape) -> bool:
    """Whether the item is a lump: what is so small and thick is hardly ever an item, but a cap or a corner of one."""
    return bool(item.size.min() > LUMP[0] and item.size.max() < LUMP[1])


def toylike(flatness: Some, fill: Some) -> Some:
    """Belief that something soft, `flatness` times as thick as wide, that fills its box by `fill`, is a toy with limbs.

    Over simulated bins toys fill 0.41 to 0.62 of their boxes and are 0.56 to 0.95 as thick as wide; bags that lie on
    others pass for as thick, but fill 0.7 and more.
    """
    return smooth(flatness, 0.50, 0.60) * (1 - smooth(fill, 0.60, 0.72))


def page_sides(item: ItemShape) -> list[float]:
    """For each narrow side that was seen well enough: the share of it that looks like pages, pale and unsaturated."""
    thinnest = int(np.argmin(item.size))
    local = item.normals @ item.T_base_box.rotation
    narrow = item.seen & (np.abs(local[:, thinnest]) < 0.35)
    if narrow.sum() < 25:
        return []
    colors = item.colors[narrow].astype(np.float64)
    bright = colors.max(axis=1)
    saturation = 1 - colors.min(axis=1) / np.maximum(bright, 1)
    pale = (bright > 95) & (saturation < 0.28)
    axes = [k for k in range(3) if k != thinnest]
    facing = local[narrow][:, axes]
    main = np.argmax(np.abs(facing), axis=1)
    side = 2 * main + (facing[np.arange(len(main)), main] > 0)
    return [float(pale[side == s].mean()) for s in range(4) if (side == s).sum() >= 12]
