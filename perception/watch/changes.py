"""Changes against the calm images, the robot itself left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from perception.capsules import Capsules
from perception.fusion.volume import Float32
from perception.pose import Array
from perception.watch.reference import STRIDE, Reference

DEPTH_NOISE = 0.0035  # metres at 1 m: standard deviation of stereo depth, z^2 s / (f b), which grows with z squared
SIGMAS = 4.5  # of the difference of two images beyond which a pixel has changed
MARGIN = 0.015  # metres around the robot's capsules in which a pixel shows the robot


@dataclass(frozen=True, eq=False)
class Changes:
    """The pixels of all cameras whose depth changed by more than noise does, and do not show the robot.

    Attributes:
        points: what is seen there now, base frame, shape (N, 3), metres.
        gap: how much nearer to the camera than all that was seen around before, negative where farther, (N,), metres.
        item: id of the item that the pixel showed, -1 where none, (N,).
        same: number of pixels that show the same as before, by item id, shape (ids,).
    """

    points: Array
    gap: Array
    item: NDArray[np.int64]
    same: NDArray[np.int64]

    def of(self, item: int) -> tuple[NDArray[np.bool_], int]:
        """Which changes are at pixels that showed `item`, and how many of its pixels show the same as before."""
        return self.item == item, int(self.same[item]) if item < len(self.same) else 0


def find_changes(views: Sequence[tuple[Reference, Float32]], robot: Capsules) -> Changes:
    """Compare depth images (height, width), metres, with the calm ones.

    A pixel's noise has standard deviation DEPTH_NOISE z^2 in each image, so the difference has sqrt(2) of it.
    """
    ids = max((int(reference.item.max()) for reference, _ in views), default=-1) + 1
    same = np.zeros(ids, np.int64)
    found = [_of_view(reference, depth, robot, same) for reference, depth in views]
    rows = np.concatenate([np.zeros((0, 5)), *found])
    return Changes(rows[:, :3], rows[:, 3], rows[:, 4].astype(np.int64), same)


def _of_view(reference: Reference, depth: Float32, robot: Capsules, same: NDArray[np.int64]) -> Array:
    k, T = reference.camera.k, reference.T_base_camera.matrix
    tolerance = SIGMAS * np.sqrt(2) * DEPTH_NOISE
    out = np.empty((reference.near.size, 5))
    lens = np.array((k[0, 0], k[1, 1], k[0, 2], k[1, 2]))
    ends, radii = robot.ends, (robot.radii + MARGIN) ** 2
    images = (depth, reference.near, reference.far, reference.item)
    return out[: _compare(*images, STRIDE, lens, T, ends, radii, tolerance, out, same)]


@njit(cache=True)
def _compare(depth, near, far, item, stride, lens, T, ends, squared, tolerance, out, same):  # type: ignore[no-untyped-def]
    count = 0
    point = np.empty(3)
    for i in range(near.shape[0]):
        for j in range(near.shape[1]):
            z = depth[i * stride, j * stride]
            if not (z > 0 and near[i, j] > 0):
                continue
            allowed = tolerance * z * z
            gap = near[i, j] - z
            if gap < allowed:
                gap = far[i, j] - z
                allowed = tolerance * far[i, j] * far[i, j]
                if gap > -allowed:
                    if item[i, j] >= 0:
                        same[item[i, j]] += 1
                    continue
            x, y = (j * stride - lens[2]) / lens[0] * z, (i * stride - lens[3]) / lens[1] * z
            for a in range(3):
                point[a] = T[a, 0] * x + T[a, 1] * y + T[a, 2] * z + T[a, 3]
            if gap > 0 and _within(point, ends, squared):
                continue
            out[count, :3] = point
            out[count, 3] = gap
            out[count, 4] = item[i, j]
            count += 1
    return count


@njit(cache=True)
def _within(p, ends, squared):  # type: ignore[no-untyped-def]
    """Whether a point lies in one of the capsules, given their squared radii."""
    for c in range(len(ends)):
        ax, ay, az = ends[c, 0]
        dx, dy, dz = ends[c, 1, 0] - ax, ends[c, 1, 1] - ay, ends[c, 1, 2] - az
        x, y, z = p[0] - ax, p[1] - ay, p[2] - az
        t = (x * dx + y * dy + z * dz) / max(dx * dx + dy * dy + dz * dz, 1e-12)
        t = min(max(t, 0.0), 1.0)
        x, y, z = x - t * dx, y - t * dy, z - t * dz
        if x * x + y * y + z * z < squared[c]:
            return True
    return False


def within(points: Array, robot: Capsules, margin: float) -> NDArray[np.bool_]:
    """Which points (N, 3) of the base frame lie within `margin` metres of a capsule."""
    return _all_within(np.ascontiguousarray(points), robot.ends, (robot.radii + margin) ** 2)


@njit(cache=True)
def _all_within(points, ends, squared):  # type: ignore[no-untyped-def]
    inside = np.zeros(len(points), np.bool_)
    for n in range(len(points)):
        inside[n] = _within(points[n], ends, squared)
    return inside
