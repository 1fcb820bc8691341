"""The plane that items stand on, found in a cloud of points: RANSAC proposes, what lies above and below it decides."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from perception.arrays import readonly
from perception.errors import SupportError
from perception.pose import Array

NEAR = 0.010  # metres from a plane within which RANSAC counts a point as on it
GATES = 0.010, 0.007, 0.005  # metres around the plane, by round, within which points refine it
TRIES, ROUNDS = 5, 400  # planes that are tried, and samples of RANSAC for each
LEAST_SHARE = 0.03  # of all points, below which a plane is none
BELOW = 0.020  # metres under a plane from which on a point speaks against it
MOST_BELOW = 0.08  # of the points over and under its footprint that may lie so: specks, and shadows of stereo
MOST_POINTS = 30_000
MOST_TILT = np.cos(np.deg2rad(50))  # of a support's normal from up, where up is known: items slide off what is steeper
CELL = 0.02  # metres, of footprints


@dataclass(frozen=True, eq=False)
class Plane:
    """Points x with normal @ x = offset; the normal, shape (3,), points to where the items stand.

    noise: standard deviation of the points on it, metres.
    """

    normal: Array
    offset: float
    noise: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "normal", readonly(self.normal, np.float64, (3,), "plane: normal"))

    def height(self, points: Array) -> Array:
        """Of points (N, 3) over the plane, metres."""
        return np.asarray(points @ self.normal - self.offset)


def find_plane(points: Array, eyes: Array, up: Array | None = None) -> Plane:
    """The largest plane under which next to nothing was seen.

    Args:
        points: of all views, shape (N, 3), base frame. eyes: where the camera of each point stands, shape (N, 3).
        up: a unit vector against gravity, shape (3,); None: unknown, any tilt will do.

    Raises:
        SupportError: there is no such plane.
    """
    few = slice(None, None, 1 + len(points) // MOST_POINTS)
    points, eyes = points[few], eyes[few]
    best: tuple[int, Plane] | None = None
    left = points
    for _ in range(TRIES):
        if len(left) < max(100, LEAST_SHARE * len(points)):
            break
        plane, on = _propose(left, eyes)
        if on.sum() < LEAST_SHARE * len(points):
            break
        on_all = np.abs(plane.height(points)) < NEAR
        upright = up is None or float(plane.normal @ up) > MOST_TILT
        fits = upright and _bears(plane, points, on_all)
        if fits and (best is None or on_all.sum() > best[0]):
            best = int(on_all.sum()), plane
        left = left[~on]
    if best is None:
        raise SupportError(
            "support: expected a table, floor or tray that holds at least 3% of all points with nothing under it, "
            "found none; show more of it, or say where it is"
        )
    return refine(best[1], points)


def refine(plane: Plane, points: Array) -> Plane:
    """A plane through the points (N, 3) near it, by least squares in narrowing bands."""
    normal, offset = plane.normal, plane.offset
    for gate in GATES:
        near = points[np.abs(points @ normal - offset) < gate]
        if len(near) < 30:
            break
        middle = near.mean(axis=0)
        axis = np.linalg.eigh((near - middle).T @ (near - middle))[1][:, 0]
        normal = axis if axis @ normal > 0 else -axis
        offset = float(normal @ np.median(near, axis=0)) if len(near) < 3 else float(np.median(near @ normal))
    height = points @ normal - offset
    close = np.sort(np.abs(height[np.abs(height) < 2 * GATES[0]]))
    noise = float(close[int(0.683 * len(close))]) if len(close) else 0.0
    return Plane(normal, offset, noise)


def _propose(points: Array, eyes: Array) -> tuple[Plane, np.ndarray]:
    """The plane with most points, facing the cameras, and which of the points are on it."""
    import open3d as o3d  # late: only this needs it

    o3d.utility.random.seed(0)
    cloud = o3d.geometry.PointCloud(o3d.utility.Vector3dVector(points))
    (a, b, c, d), rows = cloud.segment_plane(NEAR, 3, ROUNDS)
    normal = np.array((a, b, c)) / np.linalg.norm((a, b, c))
    offset = -d / float(np.linalg.norm((a, b, c)))
    if float(eyes.mean(axis=0) @ normal) < offset:
        normal, offset = -normal, -offset
    on = np.zeros(len(points), bool)
    on[np.asarray(rows)] = True
    return Plane(normal, offset, 0.0), on


def _bears(plane: Plane, points: Array, on: np.ndarray) -> bool:
    """Whether hardly a point lies under the footprint of those on the plane."""
    side = np.eye(3)[int(np.argmin(np.abs(plane.normal)))]
    u = np.cross(plane.normal, side)
    u /= np.linalg.norm(u)
    flat = np.column_stack([points @ u, points @ np.cross(plane.normal, u)])
    cells = np.floor(flat / CELL).astype(np.int64)
    cells -= cells.min(axis=0)
    index = cells[:, 0] * (cells[:, 1].max() + 1) + cells[:, 1]
    footprint = np.zeros(index.max() + 1, bool)
    footprint[index[on]] = True
    below = footprint[index] & (plane.height(points) < -BELOW)
    return bool(below.sum() <= MOST_BELOW * on.sum())
