"""The walls of a bin of unknown size, found by their rim.

From straight above hardly more than the rim is seen of walls, and of the near ones hardly more from any camera: so the
rim decides. The top of a box is a rectangle of edges too, but level within; a row of books has no other three sides.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from perception.pose import Array, Pose
from perception.support.rims import INSIDE, STEP, Rim, find_rims
from perception.support.tops import Tops
from perception.tote import Tote

LOWEST = 0.015  # metres of a rim over the floor beneath which a bin is none
LEVEL = 0.006, 3.0  # metres, or standard deviations of the noise, from its rim's height within which a point may be it
FLOOR = 0.01  # metres within which points are on one floor
FLOOR_SHARE = 0.01  # of the points between the walls, that make a floor
FEWEST = 20  # points between the walls


def find_walls(points: Array, noise: float) -> tuple[Pose, Tote] | None:
    """The bin that most lies in: T_points_tote, and the tote in its own frame; None where there are no walls.

    Args:
        points: of all views, in a frame whose z axis is the normal of floor, table or rim, shape (N, 3), metres. Where
            along it the floor lies is of no matter.
        noise: standard deviation of a point, metres.
    """
    most, best = -1, None
    for rough, ridge in find_rims(Tops.of(points, LOWEST), max(LEVEL[0], LEVEL[1] * noise)):
        rim = _refined(rough, ridge)
        heights = np.sort(_between(rim, points))
        floor = _floor(heights)
        content = len(heights) - int(np.searchsorted(heights, floor + LOWEST))
        if rim.height - floor > LOWEST and content > most:
            most, best = content, _tote(rim, floor)
    return best


def _refined(rim: Rim, ridge: Array) -> Rim:
    """A rim turned to the edges (N, 3) near it, and drawn in to their inner border."""
    turn, weight = 0.0, 1e-9
    for axis, _, rows in rim.sides(ridge):
        along, across = rim.along(ridge[rows])[:, [1 - axis, axis]].T
        along = along - along.mean()
        turn += (1 if axis else -1) * float(along @ (across - np.median(across)))
        weight += float(along @ along)
    rim = replace(rim, yaw=rim.yaw + turn / weight)
    inner, heights = np.array((rim.low, rim.high)), list[Array]()
    for axis, end, rows in rim.sides(ridge):
        local = rim.along(ridge[rows])
        step = np.floor(local[:, 1 - axis] / STEP).astype(np.int64)
        order = np.lexsort((local[:, axis] * (-1 if end else 1), step))
        innermost = order[np.append(np.flatnonzero(np.diff(step[order])), len(order) - 1)]  # of each step
        inner[end, axis] = np.median(local[innermost, axis])
        heights.append(ridge[rows, 2])
    return replace(rim, low=inner[0], high=inner[1], height=float(np.median(np.concatenate(heights))))


def _between(rim: Rim, points: Array) -> Array:
    """Heights of the points within the walls."""
    local = rim.along(points)
    return np.asarray(points[((local > rim.low + INSIDE[0]) & (local < rim.high - INSIDE[0])).all(axis=1), 2])


def _floor(heights: Array) -> float:
    """The lowest level at which a share of heights, ascending, lies; infinity where they are too few."""
    if len(heights) < FEWEST:
        return np.inf
    on = np.searchsorted(heights, heights + FLOOR) - np.arange(len(heights))
    lowest = int(np.argmax(on > FLOOR_SHARE * len(heights)))
    return float(np.median(heights[lowest : lowest + on[lowest]]))


def _tote(rim: Rim, floor: float) -> tuple[Pose, Tote]:
    """The bin, x along its length."""
    size, middle = rim.high - rim.low, rim.axes @ (rim.high + rim.low) / 2
    yaw = rim.yaw if size[0] >= size[1] else rim.yaw + np.pi / 2
    inner = np.array((size.max(), size.min(), rim.height - floor))
    return Pose.from_euler((*middle, floor), (0, 0, yaw)), Tote("support", Pose.identity(), inner)
