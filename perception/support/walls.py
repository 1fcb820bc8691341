"""The walls of a bin of unknown size, found by their rim: a rectangle of ridges at one height, lower on both sides.

From straight above hardly more than the rim is seen of walls, and of the near ones hardly more from any camera: so the
rim decides. The top of a box is a rectangle of edges too, but level within; a row of books has no other three sides.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perception.pose import Array, Pose
from perception.support.tops import Tops
from perception.tote import Tote

LOWEST = 0.015  # metres of a rim over the floor beneath which a bin is none
LEAST = 0.15  # metres between walls, below which what is open at the top is an item
LARGEST = 1.2  # metres between walls
LEVEL = 0.006  # metres from its rim's height within which a point may be the rim's, or three times the noise
RIDGE = 0.012  # metres across, of a line of rim points, and of those that may be the rim of one wall
WIDEST = 0.04  # metres of wall and flange beside the inner edge, beyond which it is lower again
INSIDE = 0.015, 0.035  # metres within the inner edge between which it is lower
STEP = 0.02  # metres of a wall's length, in which its rim is seen or not
COVERED, OPEN = 0.6, 0.5  # share of each side's length that shows a rim, and that of it with nothing level beside it
HEIGHTS, LINES = 5, 6  # most heights of rims, and most lines along each axis, that are tried
FLOOR = 0.01  # metres within which points are on one floor
FLOOR_SHARE = 0.03  # of the points between the walls, that make a floor
DEG = np.pi / 180


@dataclass(frozen=True)
class _Rim:
    """A rectangle at one height, along axes turned by `yaw` in the plane's frame.

    low, high: least and greatest coordinates (2,) along its axes, metres, of the inner edges. covered: of its sides.
    """

    yaw: float
    height: float
    low: tuple[float, float]
    high: tuple[float, float]
    covered: float

    def along(self, points: Array) -> Array:
        """Points (N, 2 or 3) of the plane's frame along its own axes, shape (N, 2)."""
        return points[:, :2] @ _turned(self.yaw)


def find_walls(points: Array, noise: float) -> tuple[Pose, Tote] | None:
    """The bin that most is in, T_plane_tote and its size; None: there are no walls.

    Args:
        points: of all views in a frame whose z axis is normal to a floor, a table or a rim, shape (N, 3), metres; at
            which height is of no matter.
        noise: standard deviation of a point, metres.
    """
    tops = Tops.of(points, LOWEST)
    level = max(LEVEL, 3 * noise)
    found = [(rim, _floor(rim, points)) for rim in _rims(tops, level)]
    bins = [(rim, floor) for rim, floor in found if rim.height - floor > LOWEST]
    if not bins:
        return None
    rim, floor = max(bins, key=lambda one: _content(*one, points))
    return _tote(rim, floor)


def _rims(tops: Tops, level: float) -> Iterator[_Rim]:
    """The best rectangle of ridges at each of the heights at which most edges are."""
    heights = tops.edges[:, 2]
    for height in _peaks(heights, level / 2, HEIGHTS):
        ridge = tops.edges[np.abs(heights - height) < level]
        yaw = _yaw(ridge[:, :2])
        best = max(_rectangles(ridge, yaw, height, tops, level), key=lambda rim: rim.covered, default=None)
        if best is not None:
            yield _refined(best, ridge)


def _yaw(ridge: Array) -> float:
    """The turn, 0 to 90 degrees, along which points (N, 2) lie most in lines."""
    few = ridge[:: 1 + len(ridge) // 1500]
    energy = lambda yaw: sum(float((_counts(along, RIDGE / 2)[0] ** 2).sum()) for along in (few @ _turned(yaw)).T)
    rough = max(np.arange(0, 90, 2) * DEG, key=energy)
    return float(max(rough + np.arange(-1.5, 2, 0.5) * DEG, key=energy))


def _rectangles(ridge: Array, yaw: float, height: float, tops: Tops, level: float) -> Iterator[_Rim]:
    """Rectangles that have a ridge all along."""
    along = ridge[:, :2] @ _turned(yaw)
    lines = [_peaks(along[:, axis], RIDGE / 2, LINES) for axis in (0, 1)]
    pairs = [[(a, b) for a in sides for b in sides if LEAST < b - a < LARGEST] for sides in lines]
    seen = [{line: np.sort(along[np.abs(along[:, axis] - line) < RIDGE, 1 - axis]) for line in lines[axis]}
            for axis in (0, 1)]  # fmt: skip
    for x in pairs[0]:
        for y in pairs[1]:
            sides = [_covered(seen[0][at], *y) for at in x] + [_covered(seen[1][at], *x) for at in y]
            if min(sides) > COVERED:
                rim = _Rim(yaw, height, (x[0], y[0]), (x[1], y[1]), float(np.mean(sides)))
                if _is_open(rim, tops, level):
                    yield rim


def _covered(seen: Array, low: float, high: float) -> float:
    """Share of the steps from low to high in which something is seen. seen: ascending."""
    edges = np.linspace(low, high, max(2, round((high - low) / STEP) + 1))
    return float((np.diff(np.searchsorted(seen, edges)) > 0).mean())


def _is_open(rim: _Rim, tops: Tops, level: float) -> bool:
    """Whether it is lower on both sides of each ridge, where anything is seen there."""
    for axis in (0, 1):
        across = np.arange(rim.low[1 - axis] + WIDEST, rim.high[1 - axis] - WIDEST, tops.cell)
        for at, inward in ((rim.low[axis], 1.0), (rim.high[axis], -1.0)):
            for near, far in (INSIDE, (-WIDEST - tops.cell, -WIDEST)):
                places = np.empty((len(across), 2))
                places[:, 1 - axis] = across
                high = np.zeros(len(across), bool)
                for off in (near, (near + far) / 2, far):
                    places[:, axis] = at + inward * off
                    high |= tops.at(places @ _turned(rim.yaw).T) > rim.height - 2 * level
                if high.mean() > OPEN:
                    return False
    return True


def _refined(rim: _Rim, ridge: Array) -> _Rim:
    """Turned to its sides, and drawn in to their inner edges."""
    turn, weight = 0.0, 1e-9
    for axis, _, rows in _sides(rim, ridge):
        u, v = rim.along(ridge[rows])[:, [1 - axis, axis]].T
        u = u - u.mean()
        turn += (1 - 2 * axis) * -float(u @ (v - np.median(v)))
        weight += float(u @ u)
    rim = _Rim(rim.yaw + turn / weight, rim.height, rim.low, rim.high, rim.covered)
    inner = np.array([rim.low, rim.high])
    for axis, end, rows in _sides(rim, ridge):
        local = rim.along(ridge[rows])
        step = np.floor(local[:, 1 - axis] / STEP).astype(int)
        order = np.lexsort((local[:, axis] * (1 - 2 * end), step))  # the innermost last
        last = np.append(np.flatnonzero(np.diff(step[order])), len(order) - 1)
        inner[end, axis] = np.median(local[order[last], axis])
    low, high = (tuple(float(value) for value in row) for row in inner)
    height = float(np.median(np.concatenate([ridge[rows, 2] for _, _, rows in _sides(rim, ridge)])))
    return _Rim(rim.yaw, height, low, high, rim.covered)  # type: ignore[arg-type]


def _sides(rim: _Rim, ridge: Array) -> Iterator[tuple[int, int, NDArray[np.int64]]]:
    """Axis, end (0 low, 1 high) and the rows of the ridge of each of the four walls."""
    local = rim.along(ridge)
    for axis in (0, 1):
        between = (local[:, 1 - axis] > rim.low[1 - axis]) & (local[:, 1 - axis] < rim.high[1 - axis])
        for end, at in enumerate((rim.low[axis], rim.high[axis])):
            yield axis, end, np.flatnonzero(between & (np.abs(local[:, axis] - at) < RIDGE))


def _inside(rim: _Rim, points: Array) -> Array:
    """Heights of the points between the walls."""
    local = rim.along(points)
    return np.asarray(points[((local > np.add(rim.low, INSIDE[0])) & (local < np.subtract(rim.high, INSIDE[0]))).all(1), 2])


def _floor(rim: _Rim, points: Array) -> float:
    """Height of the lowest level between the walls, the rim's own where nothing is seen there."""
    heights = np.sort(_inside(rim, points))
    if len(heights) < 20:
        return rim.height
    on = np.searchsorted(heights, heights + FLOOR) - np.arange(len(heights))
    lowest = int(np.argmax(on > FLOOR_SHARE * len(heights)))
    return float(np.median(heights[lowest : lowest + on[lowest]]))


def _content(rim: _Rim, floor: float, points: Array) -> int:
    """Points of what lies in a bin."""
    return int((_inside(rim, points) > floor + LOWEST).sum())


def _tote(rim: _Rim, floor: float) -> tuple[Pose, Tote]:
    """The bin, its length along x, and its frame in that of the plane."""
    size, middle = np.subtract(rim.high, rim.low), np.add(rim.high, rim.low) / 2
    axes = _turned(rim.yaw)
    yaw = rim.yaw if size[0] >= size[1] else rim.yaw + np.pi / 2
    pose = Pose.from_euler((*(axes @ middle), floor), (0, 0, yaw))
    return pose, Tote("support", Pose.identity(), np.array((size.max(), size.min(), rim.height - floor)))


def _turned(yaw: float) -> Array:
    """Axes as columns, shape (2, 2)."""
    return np.array(((np.cos(yaw), -np.sin(yaw)), (np.sin(yaw), np.cos(yaw))))


def _counts(values: Array, step: float) -> tuple[NDArray[np.int64], float]:
    """How many values are in each step, and where the first begins."""
    first = float(values.min())
    return np.bincount(((values - first) / step).astype(np.int64)), first


def _peaks(values: Array, step: float, most: int) -> list[float]:
    """Where values crowd together: within three steps of each, most first."""
    if not len(values):
        return []
    counts, first = _counts(values, step)
    crowd = np.convolve(counts, np.ones(3, int), "same")
    found: list[float] = []
    while len(found) < most and crowd.max() > 0:
        best = int(np.argmax(crowd))
        near = values[np.abs(values - first - (best + 0.5) * step) < 1.5 * step]
        found.append(float(np.median(near)))
        crowd[max(0, best - 2) : best + 3] = 0
    return found
