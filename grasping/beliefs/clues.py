"""What is seen of an item that tells what it is: its box, its faces and narrow sides, and how much of it is hidden."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from grasping.beliefs.extent import FREE, Extent
from perception.pose import Array
from perception.scene import ItemShape

CLUES = (
    "thin", "middle", "long",  # edges of its box, metres
    "flatness", "slenderness", "fill",  # thin over middle, long over middle, share of its box that it fills
    "square",  # share of what was seen that faces along an axis of its box
    "uneven",  # of its widest face, metres
    "hidden", "beyond", "growth", "aside",  # of its `Extent`: share, metres, log growth, metres to one side
    "seen", "confidence",  # share of its points, and their mean confidence
    "volume",  # logarithm of m^3
    "sides", "most_pages", "least_pages",  # narrow sides that were seen; shares of them that look like pages
)  # fmt: skip
SHAPE = CLUES.index("volume") + 1  # the first clues, which are not of colours
ASIDE = CLUES.index("aside")
FEWEST_SQUARE = 0.96  # cosine from which on a normal faces along an axis
FEWEST = 30  # points of a face that tell whether it is even
LEAST_VOLUME = 1e-8  # m^3


def clues(item: ItemShape, extent: Extent = FREE) -> Array:
    """What tells about an item, of which `extent` may be hidden, shape (len(CLUES),)."""
    thin, middle, long = np.maximum(np.sort(item.size), 1e-6)
    sides = page_sides(item)
    fill = item.volume / float(thin * middle * long)
    pages = (max(sides), min(sides)) if sides else (-1.0, -1.0)
    shape = (thin, middle, long, thin / middle, long / middle, fill, squareness(item), uneven(item))
    hidden = (extent.hidden, extent.radius, np.log(extent.growth), float(np.linalg.norm(extent.towards)))
    seen = (float(item.seen.mean()), float(item.confidence.mean()))
    return np.array((*shape, *hidden, *seen, np.log(max(item.volume, LEAST_VOLUME)), len(sides), *pages))


@lru_cache(maxsize=32)
def squareness(item: ItemShape) -> float:
    """Share of what was seen that faces along an axis of its box; nought of what nothing was seen of."""
    local = np.abs(item.normals[item.seen] @ item.T_base_box.rotation)
    return float((local.max(axis=1) > FEWEST_SQUARE).mean()) if len(local) else 0.0


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
