"""A made-up look into a tote: a carton, a book and a bump on its floor, seen without noise."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from perception.camera import CameraFrame, CameraModel
from perception.pose import Array
from perception.tote import Tote

T = TypeVar("T", bound=np.generic)

BLOCK = 3  # pixels
# centre on the floor as shares of the tote's length and width, size in metres, colour
BOXES = (
    (np.array((0.0, 0.0, 0.0)), np.array((1.0, 1.0, 0.0)), (200, 200, 200)),
    (np.array((-0.15, 0.1, 0.0)), np.array((0.10, 0.08, 0.07)), (200, 40, 40)),
    (np.array((0.2, -0.1, 0.0)), np.array((0.22, 0.15, 0.03)), (40, 40, 160)),
)
BALL = np.array((-0.2, -0.2, 0.0)), -0.04, 0.06, (40, 160, 40)  # with its height and radius: a cap without sides


def made_up(camera: CameraModel, tote: Tote) -> CameraFrame:
    """What a camera would see, roughly: its pixels are alike in blocks of BLOCK by BLOCK."""
    T_tote_camera = tote.T_base_tote.inverse() @ camera.T_base_camera
    rays = T_tote_camera.rotate(camera.rays(0, BLOCK))
    depth, color = np.full(rays.shape[:2], np.inf), np.zeros(rays.shape, np.uint8)
    eye = T_tote_camera.position
    seen = [(_to_box(eye, rays, tote.inner * at - size * (0.5, 0.5, 0), size), paint) for at, size, paint in BOXES]
    at, height, radius, paint = BALL
    seen.append((_to_ball(eye, rays, tote.inner * at + (0, 0, height), radius), paint))
    for far, paint in seen:
        color[far < depth] = paint
        depth = np.minimum(depth, far)
    depth = np.where(np.isfinite(depth), depth, np.nan)
    return CameraFrame(camera, 0.0, _finer(depth, camera).astype(np.float32), _finer(color, camera))


def _finer(image: NDArray[T], camera: CameraModel) -> NDArray[T]:
    whole = image.repeat(BLOCK, axis=0).repeat(BLOCK, axis=1)
    return np.ascontiguousarray(whole[: camera.height, : camera.width])  # as real ones are


def _to_box(eye: Array, rays: Array, low: Array, size: Array) -> Array:
    """How far along each ray (H, W, 3) from an eye (3,) a box begins, inf where the ray misses it."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ends = np.stack([(low - eye) / rays, (low + size - eye) / rays])
    enter, leave = ends.min(axis=0).max(axis=-1), ends.max(axis=0).min(axis=-1)
    return np.where((enter <= leave) & (enter > 0), enter, np.inf)


def _to_ball(eye: Array, rays: Array, centre: Array, radius: float) -> Array:
    """The same for a ball."""
    along, squares = rays @ (centre - eye), (rays**2).sum(axis=-1)
    root = along**2 - squares * (((centre - eye) ** 2).sum() - radius**2)
    return np.where(root >= 0, (along - np.sqrt(np.maximum(root, 0))) / squares, np.inf)
