"""The arm masked out of depth images by its own model."""

from __future__ import annotations

import numpy as np
from numba import njit

from perception.camera import CameraModel
from perception.capsules import Capsules
from perception.pose import Pose
from perception.volume import Float32


def mask_robot(
    depth: Float32, camera: CameraModel, T_base_camera: Pose, robot: Capsules, margin: float = 0.012
) -> Float32:
    """The depth image, float32 metres (height, width), with NaN within `margin` metres of a capsule."""
    masked = depth.copy()
    ends = T_base_camera.inverse().apply(robot.ends)
    for (a, b), radius in zip(ends, robot.radii + margin):
        window = _window(camera, np.stack([a, b]), float(radius))
        if window is not None:
            k = camera.k
            _mask_capsule(masked, a, b, radius, k[0, 0], k[1, 1], k[0, 2], k[1, 2], *window)
    return masked


def _window(camera: CameraModel, ends: np.ndarray, radius: float) -> tuple[int, int, int, int] | None:
    """First and last + 1 column and row of the image part that can show a capsule, None if none can."""
    size = (camera.width, camera.height)
    near = ends[:, 2].min() - radius
    if ends[:, 2].max() + radius < 0.01:
        return None
    if near < 0.05:
        return 0, size[0], 0, size[1]
    corners = np.concatenate([ends[:, :2] - radius, ends[:, :2] + radius])
    depths = np.array([near, ends[:, 2].max() + radius])
    pixels = (corners[:, None] / depths[:, None]).reshape(-1, 2) * (camera.k[0, 0], camera.k[1, 1]) + camera.k[:2, 2]
    low = np.clip(np.floor(pixels.min(axis=0)), 0, size).astype(int)
    high = np.clip(np.ceil(pixels.max(axis=0)) + 1, 0, size).astype(int)
    if (low >= high).any():
        return None
    return int(low[0]), int(high[0]), int(low[1]), int(high[1])


@njit(cache=True)
def _mask_capsule(depth, a, b, radius, fx, fy, cx, cy, left, right, top, bottom):  # type: ignore[no-untyped-def]
    dx, dy, dz = b[0] - a[0], b[1] - a[1], b[2] - a[2]
    squared = max(dx * dx + dy * dy + dz * dz, 1e-12)
    for v in range(top, bottom):
        for u in range(left, right):
            z = depth[v, u]
            if not z > 0:
                continue
            x, y = (u - cx) / fx * z - a[0], (v - cy) / fy * z - a[1]
            w = z - a[2]
            t = min(max((x * dx + y * dy + w * dz) / squared, 0.0), 1.0)
            x, y, w = x - t * dx, y - t * dy, w - t * dz
            if x * x + y * y + w * w < radius * radius:
                depth[v, u] = np.nan
