"""Ideal depth images of boxes on a table, by intersecting rays: nothing else has a say in them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from perception.depth_image import DepthImage
from perception.pose import Array, Pose

K = np.array([[300.0, 0, 159.5], [0, 300.0, 119.5], [0, 0, 1]])
SIZE = 320, 240
Solid = tuple[Sequence[float], Sequence[float]]  # middle and size, metres, edges along the axes


def looking(eye: Sequence[float], target: Sequence[float] = (0.0, 0.0, 0.0)) -> Pose:
    """T_base_camera of a camera at `eye`, (3,), that looks at `target`."""
    forward = np.asarray(target, np.float64) - eye
    forward /= np.linalg.norm(forward)
    side = np.cross(forward, (0, 0, 1.0)) if abs(forward[2]) < 0.999 else np.array((1.0, 0, 0))
    side /= np.linalg.norm(side)
    return Pose.from_rotation(eye, np.column_stack([side, np.cross(forward, side), forward]))


def depth_of(T_base_camera: Pose, boxes: Sequence[Solid], floor: float | None = 0.0) -> NDArray[np.float32]:
    """Depth, NaN where a ray meets neither a box nor the floor, shape (240, 320)."""
    columns, rows = np.meshgrid(np.arange(SIZE[0]), np.arange(SIZE[1]))
    rays = np.stack([(columns - K[0, 2]) / K[0, 0], (rows - K[1, 2]) / K[1, 1], np.ones(columns.shape)], axis=-1)
    ways, eye = T_base_camera.rotate(rays.reshape(-1, 3)), T_base_camera.position
    nearest: Array = np.full(len(ways), np.inf)
    with np.errstate(divide="ignore", invalid="ignore"):
        if floor is not None:
            t = (floor - eye[2]) / ways[:, 2]
            nearest = np.where((t > 0) & (t < 4), t, np.inf)
        for middle, size in boxes:
            low, high = ((np.asarray(middle) + sign * np.asarray(size) / 2 - eye) / ways for sign in (-1, 1))
            enter, leave = np.minimum(low, high).max(axis=1), np.maximum(low, high).min(axis=1)
            nearest = np.where((enter < leave) & (enter > 0) & (enter < nearest), enter, nearest)
    nearest[~np.isfinite(nearest)] = np.nan
    return nearest.reshape(SIZE[::-1]).astype(np.float32)


def image_of(
    eye: Sequence[float], boxes: Sequence[Solid], posed: bool = True, noise: float = 0.0, name: str = "camera"
) -> DepthImage:
    """What a camera at `eye` measures of boxes on a table at z = 0."""
    T_base_camera = looking(eye)
    depth = depth_of(T_base_camera, boxes)
    depth += np.random.default_rng(0).normal(0, 1, depth.shape).astype(np.float32) * noise
    return DepthImage(depth, K, T_base_camera=T_base_camera if posed else None, name=name)


def standing(size: Sequence[float], at: Sequence[float] = (0.0, 0.0)) -> Solid:
    """A box on the table."""
    return (*at, size[2] / 2), size
