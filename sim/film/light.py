"""Light that the renderer does not know: cast shadows, and dark creases. Both need depth images alone."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from perception.camera import CameraModel
from perception.pose import Array, Pose

Float32 = NDArray[np.float32]

BIAS = 0.006  # metres by which something must lie behind what the lamp sees to be in its shadow
SHADE = 0.45  # share of the light that a cast shadow takes
REACHES = (3, 7, 14)  # pixels over which creases are looked for
NEAR = 0.12  # metres of depth between neighbours, beyond which one is in front of the other
CREASE = 0.012  # metres by which a point lies deeper than between its neighbours where a crease is darkest
DARK = 0.45  # share of the light that the deepest crease loses


def looking_at(name: str, eye: Array, target: Array, size: tuple[int, int], angle: float) -> CameraModel:
    """A camera of `size` pixels at `eye` that looks at `target`; angle: its width of view, radians."""
    forward = np.asarray(target, np.float64) - eye
    forward /= np.linalg.norm(forward)
    right = np.cross(forward, (0.0, 0.0, 1.0))
    right /= np.linalg.norm(right)
    pose = Pose.from_rotation(eye, np.column_stack([right, np.cross(forward, right), forward]))
    focal = size[0] / 2 / np.tan(angle / 2)
    k = np.array([[focal, 0, size[0] / 2 - 0.5], [0, focal, size[1] / 2 - 0.5], [0, 0, 1]])
    return CameraModel(name, *size, k, pose)


def shadows(depth: Float32, camera: CameraModel, lamp_depth: Float32, lamp: CameraModel) -> Float32:
    """The share of light that is left at each pixel, 0..1, by what a camera in the lamp's place sees.

    depth: of the picture, shape (height, width). lamp_depth: of the lamp's.
    """
    T_lamp_camera = (lamp.T_base_camera.inverse() @ camera.T_base_camera).matrix.astype(np.float32)
    points = camera.rays() * np.nan_to_num(depth, nan=1.0)[..., None]
    x, y, z = np.moveaxis(points @ T_lamp_camera[:3, :3].T + T_lamp_camera[:3, 3], -1, 0)
    column = x / z * np.float32(lamp.k[0, 0]) + np.float32(lamp.k[0, 2])
    row = y / z * np.float32(lamp.k[1, 1]) + np.float32(lamp.k[1, 2])
    seen = cv2.remap(np.nan_to_num(lamp_depth, nan=1e3), column, row, cv2.INTER_NEAREST, borderValue=1e3)
    hidden = (z > seen + BIAS).astype(np.float32)
    soft = cv2.GaussianBlur(hidden, (0, 0), 1.3)
    return np.asarray(1 - SHADE * soft, np.float32)


def creases(depth: Float32) -> Float32:
    """The share of light that is left at each pixel, 0..1: less where a point lies deeper than its neighbours' middle.

    On a plane, the middle of two opposite neighbours is the point itself.
    """
    depth = np.nan_to_num(depth, nan=10.0)
    lost = np.zeros_like(depth)
    for reach in REACHES:
        for across, down in ((reach, 0), (0, reach), (reach, reach), (reach, -reach)):
            before, behind = (_shifted(depth, sign * across, sign * down) for sign in (-1, 1))
            near = (np.abs(before - depth) < NEAR) & (np.abs(behind - depth) < NEAR)
            lost += np.where(near, np.clip((depth - (before + behind) / 2) / CREASE, 0, 1), 0)
    lost = np.asarray(cv2.GaussianBlur(lost / (4 * len(REACHES)), (0, 0), 1.5), np.float32)
    return np.asarray(1 - DARK * np.clip(2 * lost, 0, 1), np.float32)


def _shifted(image: Float32, across: int, down: int) -> Float32:
    """The same image moved by whole pixels, its border repeated."""
    height, width = image.shape
    padded = np.pad(image, ((abs(down), abs(down)), (abs(across), abs(across))), mode="edge")
    return padded[abs(down) + down :, abs(across) + across :][:height, :width]
