"""Belief that an item has two covers that open, by its shape, its narrow sides, and how much of it is hidden.

Learned from simulated bins of all suites by `python -m benchmarks train_books`, since what is seen of a book in part is
a box of any size: how sure one may be is counted, not told.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from pathlib import Path

import numpy as np

from grasping.trees import FIELDS, Trees, trees_in
from perception.errors import GeometryError, HandpickError
from perception.pose import Array
from perception.scene import ItemShape
from perception.tensors import read_tensors, write_tensors

CLUES = (
    "thin", "middle", "long",  # edges of its box, metres
    "flatness", "slenderness", "fill",  # thin over middle, long over middle, share of its box that it fills
    "square",  # share of what was seen that faces along an axis of its box
    "uneven",  # of its widest face, metres
    "hidden",  # share of its outline that other things cover
    "seen",  # share of its points
    "sides", "most_pages", "least_pages",  # narrow sides that were seen; shares of them that look like pages
)  # fmt: skip
FEWEST_SQUARE = 0.96  # cosine from which on a normal faces along an axis
FEWEST = 30  # points of a face that tell whether it is even
FILE = "books.safetensors"


class BookError(HandpickError):
    """The file of what tells books is missing, cut short, or of another version."""


def clues(item: ItemShape, hidden: float) -> Array:
    """What tells a book, shape (len(CLUES),). hidden: share of its outline that other things cover."""
    thin, middle, long = np.maximum(np.sort(item.size), 1e-6)
    sides = page_sides(item)
    fill = item.volume / float(thin * middle * long)
    pages = (max(sides), min(sides)) if sides else (-1.0, -1.0)
    shape = (thin, middle, long, thin / middle, long / middle, fill, squareness(item), uneven(item))
    return np.array((*shape, hidden, float(item.seen.mean()), len(sides), *pages))


def covers(item: ItemShape, hidden: float = 0.0) -> float:
    """Belief that it has two covers that open. hidden: as of `clues`."""
    return float(shipped().probability(clues(item, hidden)[None])[0])


@lru_cache(maxsize=1)
def shipped() -> Trees:
    """What comes with this package. Raises BookError."""
    return read(path())


def read(file: Path) -> Trees:
    """Trees as `write` wrote them. Raises BookError: they are cut short, or of other clues."""
    try:
        arrays, about = read_tensors(file)
        trees = trees_in(arrays, "", len(CLUES))
    except (OSError, ValueError, TypeError, KeyError, GeometryError) as error:
        raise BookError(f"{file}: expected a whole file of what tells books, got {error}; install again") from error
    if about.get("clues") != " ".join(CLUES):
        raise BookError(f"{file}: expected what goes by {', '.join(CLUES)}, got {about.get('clues')!r}; train it again")
    return trees


def path() -> Path:
    """The file that comes with this package."""
    return Path(str(files("grasping") / "beliefs" / "data" / FILE))


def write(trees: Trees, file: Path) -> None:
    """Write the file under a temporary name, then rename it."""
    write_tensors(file, {name: np.asarray(getattr(trees, name)) for name in FIELDS}, {"clues": " ".join(CLUES)})


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
