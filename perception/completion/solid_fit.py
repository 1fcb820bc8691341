"""Solids that an item may be, each as planes or a radius in the item's box frame, and how well they fit.

All are convex and given by their signed distance; what the cameras saw to be free is cut off later.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numba import njit

from perception.completion.box_fit import Frame
from perception.pose import Array

ROUND_SPREAD = 0.25  # least standard deviation of side normals' components for a circle to be fitted
BOX_ERROR = 0.0025  # metres of mean residual up to which a box is believed
ROUND_ERROR = 0.004  # metres of mean residual up to which a cylinder is believed
CIRCLE_ROUNDS = 4
ROUND_GAIN = 0.75  # a cylinder must fit better than the box by this factor
DIRECTIONS = np.array([(x, y, z) for x in (-1, 0, 1) for y in (-1, 0, 1) for z in (-1, 0, 1) if (x, y, z) != (0, 0, 0)])


@dataclass(frozen=True, eq=False)
class Solid:
    """The intersection of half spaces normals @ x <= offsets and, if radius > 0, of a cylinder about `axis`.

    Coordinates are those of the frame's rotation. center: a point on the cylinder's axis, shape (3,).
    """

    normals: Array
    offsets: Array
    axis: int = 0
    center: Array = field(default_factory=lambda: np.zeros(3))
    radius: float = 0.0

    def within(self, normals: Array, offsets: Array) -> Solid:
        """The part of the solid in more half spaces."""
        return replace(
            self, normals=np.vstack([self.normals, normals]), offsets=np.concatenate([self.offsets, offsets])
        )

    def around(self, frame: Frame) -> Frame:
        """A frame that holds what of a cylinder lies beyond it: its far side, which no camera saw."""
        if self.radius == 0:
            return frame
        low, high = frame.low.copy(), frame.high.copy()
        for a in range(3):
            if a != self.axis:
                low[a] = min(low[a], self.center[a] - self.radius)
                high[a] = max(high[a], self.center[a] + self.radius)
        return Frame(frame.rotation, low, high)

    def distance(self, points: Array) -> Array:
        """Signed distance bound of points of the box frame, shape (N, 3)."""
        distance = (points @ self.normals.T - self.offsets).max(axis=1)
        if self.radius > 0:
            others = [a for a in range(3) if a != self.axis]
            radial = np.linalg.norm((points - self.center)[:, others], axis=1) - self.radius
            distance = np.maximum(distance, radial)
        return np.asarray(distance)


def best_solid(frame: Frame, points: Array, normals: Array, hidden_axis: int) -> Solid:
    """A cylinder or a box where one explains the surfels, else the hull of the surfels and their mirror image.

    points, normals: shape (N, 3), base frame; hidden_axis: the mirror plane is across this axis of the frame.
    """
    local, turned = points @ frame.rotation, normals @ frame.rotation
    box = _box(frame)
    error = _error(box, local)
    round_ones = [solid for axis in range(3) if (solid := _cylinder(frame, local, turned, axis)) is not None]
    if round_ones:
        errors = [_error(solid, local) for solid in round_ones]
        best = int(np.argmin(errors))
        if errors[best] < min(ROUND_GAIN * error, ROUND_ERROR):
            return round_ones[best]
    if error < BOX_ERROR:
        return box
    hull = _hull(frame, local, hidden_axis)
    return hull if _error(hull, local) < 0.8 * error else box


def _error(solid: Solid, points: Array) -> float:
    return float(np.minimum(np.abs(solid.distance(points)), 0.01).mean())


def _box(frame: Frame) -> Solid:
    return Solid(np.vstack([np.eye(3), -np.eye(3)]), np.concatenate([frame.high, -frame.low]))


def _cylinder(frame: Frame, points: Array, normals: Array, axis: int) -> Solid | None:
    """A circle through the side surfels: first p = c + r n, linear in centre and radius, which noise of the normals
    makes too small; then least squares of the points' distances from it, by Gauss and Newton.
    """
    side = np.abs(normals[:, axis]) < 0.5
    others = [a for a in range(3) if a != axis]
    if side.sum() < 20:
        return None
    p, n = points[side][:, others], normals[side][:, others]
    n = n / np.linalg.norm(n, axis=1, keepdims=True)
    spread = ((n - n.mean(axis=0)) ** 2).sum()
    radius = float(((p - p.mean(axis=0)) * (n - n.mean(axis=0))).sum() / max(spread, 1e-9))
    widest = float(frame.size[others].max())
    if np.sqrt(spread / len(n)) < ROUND_SPREAD or radius < 0.003:
        return None
    center = np.zeros(3)
    center[others], radius = _circle(p, p.mean(axis=0) - radius * n.mean(axis=0), radius)
    if not 0.003 < radius < 0.6 * widest:
        return None
    ends = np.zeros((2, 3))
    ends[:, axis] = (1, -1)
    return Solid(ends, np.array([frame.high[axis], -frame.low[axis]]), axis, center, radius)


def _circle(points: Array, center: Array, radius: float) -> tuple[Array, float]:
    """The circle (2,), metres, nearest to points (N, 2), from one that is close."""
    for _ in range(CIRCLE_ROUNDS):
        away = points - center
        far = np.maximum(np.linalg.norm(away, axis=1), 1e-6)
        slopes = np.column_stack([-away / far[:, None], -np.ones(len(points))])
        step = np.linalg.lstsq(slopes, radius - far, rcond=None)[0]
        center, radius = center + step[:2], radius + float(step[2])
    return center, radius


def _hull(frame: Frame, points: Array, mirror_axis: int) -> Solid:
    """Support planes in 26 directions of the surfels and of their mirror image."""
    mirrored = points.copy()
    mirrored[:, mirror_axis] = frame.low[mirror_axis] + frame.high[mirror_axis] - points[:, mirror_axis]
    scaled = DIRECTIONS / frame.size
    directions = scaled / np.linalg.norm(scaled, axis=1, keepdims=True)
    reach = np.concatenate([points, mirrored]) @ directions.T
    tail = int(0.003 * len(reach)) + 1
    offsets = np.partition(reach, len(reach) - tail, axis=0)[len(reach) - tail]
    return Solid(directions, offsets)


@njit(cache=True)
def sample_solid(  # type: ignore[no-untyped-def]
    grid, low, cell, normals, offsets, axis, center, radius, T_grid_box, voxel, distance, weight, owner, item, tolerance
):
    """Signed distances of a solid at the nodes low + (i, j, k) * cell, less free space and other items' surfaces."""
    x = np.zeros(3)
    T = T_grid_box / voxel
    size = distance.shape
    for i in range(grid.shape[0]):
        for j in range(grid.shape[1]):
            for k in range(grid.shape[2]):
                x[0], x[1], x[2] = low[0] + i * cell[0], low[1] + j * cell[1], low[2] + k * cell[2]
                d = -1e9
                for n in range(len(normals)):
                    d = max(d, normals[n, 0] * x[0] + normals[n, 1] * x[1] + normals[n, 2] * x[2] - offsets[n])
                if radius > 0:
                    squared = 0.0
                    for a in range(3):
                        if a != axis:
                            squared += (x[a] - center[a]) ** 2
                    d = max(d, np.sqrt(squared) - radius)
                u = int(T[0, 0] * x[0] + T[0, 1] * x[1] + T[0, 2] * x[2] + T[0, 3] + 0.5)
                v = int(T[1, 0] * x[0] + T[1, 1] * x[1] + T[1, 2] * x[2] + T[1, 3] + 0.5)
                w = int(T[2, 0] * x[0] + T[2, 1] * x[1] + T[2, 2] * x[2] + T[2, 3] + 0.5)
                if 0 <= u < size[0] and 0 <= v < size[1] and 0 <= w < size[2]:
                    if weight[u, v, w] > 0:
                        d = max(d, distance[u, v, w] - tolerance)
                    if owner[u, v, w] != -1 and owner[u, v, w] != item:
                        d = max(d, 0.25 * voxel)
                grid[i, j, k] = d
