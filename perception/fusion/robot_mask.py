"""The arm masked out of depth images by its own model."""

from __future__ import annotations

import numpy as np
from numba import njit

from perception.camera import CameraModel
from perception.capsules import Capsules
from perception.fusion.volume import Float32
from perception.pose import Pose


def mask_robot(
    depth: Float32, camera: CameraModel, T_base_camera: Pose, robot: Capsules, margin: float = 0.012
) -> Float32:
    """The depth image, float32 metres (height, width), with NaN within `margin` metres of a capsule."""
    masked = depth.copy()
    ends = T_base_camera.inverse().apply(robot.ends)
    k = camera.k
    for (a, b), radius in zip(ends, robot.radii + margin):
        _mask_capsule(masked, a, b, radius, k[0, 0], k[1, 1], k[0, 2], k[1, 2])
    return masked


@njit(cache=True)
def _window(a, b, radius, fx, fy, cx, cy, width, height):  # type: ignore[no-untyped-def]
    """First and last + 1 column and row of the image part that can show a capsule; empty where none can."""
    near, far = min(a[2], b[2]) - radius, max(a[2], b[2]) + radius
    if far < 0.01:
        return 0, 0, 0, 0
    if near < 0.05:
        return 0, width, 0, height
    x, y = min(a[0], b[0]) - radius, min(a[1], b[1]) - radius
    left, top = fx * min(x / near, x / far) + cx, fy * min(y / near, y / far) + cy
    x, y = max(a[0], b[0]) + radius, max(a[1], b[1]) + radius
    right, bottom = fx * max(x / near, x / far) + cx, fy * max(y / near, y / far) + cy
    left, right = max(np.floor(left), 0.0), min(np.ceil(right) + 1, float(width))
    top, bottom = max(np.floor(top), 0.0), min(np.ceil(bottom) + 1, float(height))
    return int(left), int(right), int(top), int(bottom)


@njit(cache=True)
def _mask_capsule(depth, a, b, radius, fx, fy, cx, cy):  # type: ignore[no-untyped-def]
    dx, dy, dz = b[0] - a[0], b[1] - a[1], b[2] - a[2]
    left, right, top, bottom = _window(a, b, radius, fx, fy, cx, cy, depth.shape[1], depth.shape[0])
    squared = max(dx * dx + dy * dy + dz * dz, 1e-12)
    near, far = min(a[2], b[2]) - radius, max(a[2], b[2]) + radius
    for v in range(top, bottom):
        for u in range(left, right):
            z = depth[v, u]
            if not (z > 0 and near < z < far):
                continue
            x, y = (u - cx) / fx * z - a[0], (v - cy) / fy * z - a[1]
            w = z - a[2]
            t = min(max((x * dx + y * dy + w * dz) / squared, 0.0), 1.0)
            x, y, w = x - t * dx, y - t * dy, w - t * dz
            if x * x + y * y + w * w < radius * radius:
                depth[v, u] = np.nan
