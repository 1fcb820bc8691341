"""Rims: rectangles of ridges at one height, with nothing level beside them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, islice

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, maximum_filter

from perception.pose import Array
from perception.support.tops import CELL, UNSEEN, Tops

LEAST, LARGEST = 0.18, 1.2  # metres between walls; what is open at the top and smaller is an item
RIDGE = 0.012  # metres across, of a line of rim points, and of those that may be the rim of one wall
WIDEST = 0.04  # metres of wall and flange beside the inner edge, beyond which nothing is level with the rim
INSIDE = 0.015, 0.025, 0.035  # metres within the inner edge at which nothing is level with it
STEP = 0.02  # metres of a wall's length, in which its rim is seen or not
COVERED = 0.6  # least share of each side's length that shows a rim
FLUSH = 0.5  # most of a rim's length that has something level beside it
MISSING = 0.15  # most of a rim's length at which what is seen is lower: notches for hands, not gaps between items
HEIGHTS, LINES = 6, 8  # most heights of rims, and most lines along each axis, that are tried
TRIED = 40  # rectangles at one height
YAWS = np.deg2rad(np.arange(0, 90, 2.0)), np.deg2rad(np.arange(-1.5, 2, 0.5))  # tried, and then around the best
FEW = 1500  # points that tell the yaw


@dataclass(frozen=True)
class Rim:
    """A rectangle in a frame whose z axis is up, along axes that are turned by `yaw` about z.

    Attributes:
        height: metres, in that frame.
        low, high: least and greatest coordinates along its axes, shape (2,), metres, of the ridges' middles.
    """

    yaw: float
    height: float
    low: Array
    high: Array

    @property
    def axes(self) -> Array:
        """As columns, shape (2, 2)."""
        return _axes(self.yaw)

    def along(self, points: Array) -> Array:
        """Points (N, 2 or 3) along its own axes, shape (N, 2)."""
        return points[:, :2] @ self.axes

    def overlaps(self, other: Rim) -> bool:
        """Whether it has room in common with another along the same axes."""
        return bool((np.minimum(self.high, other.high) > np.maximum(self.low, other.low)).all())

    def sides(self, points: Array) -> Iterator[tuple[int, int, NDArray[np.int64]]]:
        """Axis across, end (0 low, 1 high), and the rows of the points that are near, of each of its sides."""
        local = self.along(points)
        for axis in (0, 1):
            beside = local[:, 1 - axis]
            between = (beside > self.low[1 - axis]) & (beside < self.high[1 - axis])
            for end, at in enumerate((self.low[axis], self.high[axis])):
                yield axis, end, np.flatnonzero(between & (np.abs(local[:, axis] - at) < RIDGE))


def find_rims(tops: Tops, level: float) -> Iterator[tuple[Rim, Array]]:
    """The longest rims beside each other at the heights at which most edges are, and all edges (N, 3) at theirs.

    level: metres from a rim's height within which a point may be on it.
    """
    heights = tops.edges[:, 2]
    for height in _crowds(heights, level / 2):
        ridge = tops.edges[np.abs(heights - height) < level]
        found = list[Rim]()
        for rim in islice(_rectangles(ridge, height), TRIED):
            if not any(rim.overlaps(other) for other in found) and _is_open(rim, tops, level):
                found.append(rim)
                yield rim, ridge


def _crowds(values: Array, step: float) -> list[float]:
    """Where values crowd within three steps, most first."""
    if not len(values):
        return []
    first = float(values.min())
    counts = np.bincount(((values - first) / step).astype(np.int64))
    middles = [first + (at + 0.5) * step for at in _peaks(np.convolve(counts, np.ones(3, int), "same"), HEIGHTS)]
    return [float(np.median(values[np.abs(values - middle) <= 1.5 * step])) for middle in middles]


def _peaks(crowd: NDArray[np.int64], most: int) -> list[int]:
    """Indices of the greatest of counts, none within two of one that is greater."""
    left, found = crowd.copy(), list[int]()
    while len(found) < most and left.max() > 0:
        found.append(int(np.argmax(left)))
        left[max(0, found[-1] - 2) : found[-1] + 3] = 0
    return found


def _yaw(ridge: Array) -> float:
    """The turn, 0 to 90 degrees, along which points (N, 2) lie most in lines."""
    few = np.ascontiguousarray(ridge[:: 1 + len(ridge) // FEW, :2])
    rough = YAWS[0][np.argmax(_energies(few, YAWS[0], RIDGE / 2))]
    return float(rough + YAWS[1][np.argmax(_energies(few, rough + YAWS[1], RIDGE / 2))])


@njit(cache=True)
def _energies(points, yaws, step):  # type: ignore[no-untyped-def]
    """Sum of squares of how many points lie in each strip along either axis, by turn."""
    energies = np.zeros(len(yaws))
    reach = 0.0
    for n in range(len(points)):
        reach = max(reach, np.hypot(points[n, 0], points[n, 1]))
    for number in range(len(yaws)):
        c, s = np.cos(yaws[number]), np.sin(yaws[number])
        counts = np.zeros((2, int(2 * reach / step) + 2))
        for n in range(len(points)):
            x, y = points[n]
            counts[0, int((c * x + s * y + reach) / step)] += 1
            counts[1, int((c * y - s * x + reach) / step)] += 1
        energies[number] = (counts**2).sum()
    return energies


def _rectangles(ridge: Array, height: float) -> Iterator[Rim]:
    """Rectangles of lines of points (N, 3), those that show most metres of their sides first."""
    yaw = _yaw(ridge)
    local = ridge[:, :2] @ _axes(yaw)
    first = local.min(axis=0)
    cells = np.floor((local - first) / (RIDGE / 2)).astype(np.int64)
    (x, shown_x), (y, shown_y) = (_lines(cells[:, axis], local[:, 1 - axis] - first[1 - axis]) for axis in (0, 1))
    place_x, place_y = first[0] + (x + 0.5) * RIDGE / 2, first[1] + (y + 0.5) * RIDGE / 2
    found = list[tuple[float, Rim]]()
    for i in _pairs(place_x):
        ends_x = np.round((place_x[list(i)] - first[0]) / STEP).astype(int)
        for j in _pairs(place_y):
            ends_y = np.round((place_y[list(j)] - first[1]) / STEP).astype(int)
            seen_x, seen_y = np.diff(shown_x[list(i)][:, ends_y])[:, 0], np.diff(shown_y[list(j)][:, ends_x])[:, 0]
            if seen_x.min() > COVERED * np.ptp(ends_y) and seen_y.min() > COVERED * np.ptp(ends_x):
                low, high = np.array((place_x[list(i)], place_y[list(j)])).T
                found.append((seen_x.sum() + seen_y.sum(), Rim(yaw, height, low, high)))
    return (rim for _, rim in sorted(found, key=lambda one: -one[0]))


def _pairs(places: Array) -> list[tuple[int, int]]:
    """Pairs of lines that may be opposite walls, the lower first."""
    order = np.argsort(places)
    return [(a, b) for a, b in combinations(order, 2) if LEAST < places[b] - places[a] < LARGEST]


def _lines(column: NDArray[np.int64], along: Array) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Columns (L,) of the longest lines, and how many steps along each, up to each, show it, shape (L, steps + 1)."""
    step = np.floor(along / STEP).astype(np.int64)
    shown = np.zeros((column.max() + 1, step.max() + 1), bool)
    shown[column, step] = True
    wide = binary_dilation(shown, np.ones((3, 1), bool))
    best = np.array(_peaks(2 * wide.sum(axis=1) + shown.sum(axis=1), LINES))  # in the middle of the line
    shown = wide
    return best, np.pad(np.cumsum(shown[best], axis=1), ((0, 0), (1, 0)))


def _is_open(rim: Rim, tops: Tops, level: float) -> bool:
    """Whether most of what is seen along its outside is lower, most along its inside not level with it, and next to
    nothing of the rim itself is plainly missing."""
    flush, missing = list[float](), list[NDArray[np.bool_]]()
    for axis in (0, 1):
        for end in (0, 1):
            if _share(_over(rim, axis, end, (-WIDEST, -WIDEST - CELL), tops) > -level) > FLUSH:
                return False
            flush.append(_share(np.abs(_over(rim, axis, end, INSIDE, tops)) < level))
            highest = maximum_filter(_over(rim, axis, end, (-RIDGE, 0.0, RIDGE), tops).max(axis=0), 3)
            missing.append((highest < -2 * level) & (highest > UNSEEN / 2))
    return float(np.mean(flush)) < FLUSH and float(np.concatenate(missing).mean()) < MISSING


def _over(rim: Rim, axis: int, end: int, inward: tuple[float, ...], tops: Tops) -> Array:
    """Heights over the rim along a side, so far inward of it each, shape (len(inward), places along)."""
    along = np.arange(rim.low[1 - axis] + WIDEST, rim.high[1 - axis] - WIDEST, CELL)
    across = rim.high[axis] - np.array(inward) if end else rim.low[axis] + np.array(inward)
    places = np.empty((len(across), len(along), 2))
    places[..., axis], places[..., 1 - axis] = across[:, None], along
    return tops.at(places.reshape(-1, 2) @ rim.axes.T).reshape(len(across), -1) - rim.height


def _share(which: NDArray[np.bool_]) -> float:
    """Of the length of a side, at which something is so at one place across; which: shape (B, A)."""
    return float(which.any(axis=0).mean())


def _axes(yaw: float) -> Array:
    return np.array(((np.cos(yaw), -np.sin(yaw)), (np.sin(yaw), np.cos(yaw))))
