"""The pinhole projection in OpenGL's terms, shared by the renderers."""

from __future__ import annotations

import numpy as np

from perception.camera import CameraModel
from perception.pose import Array

NEAR, FAR = 0.02, 10.0  # clipping planes, metres: far wider than what depth cameras measure


def projection_matrix(camera: CameraModel, pixel_centre: tuple[float, float] = (0.5, 0.5)) -> Array:
    """Clip coordinates of points in the optical frame, shape (4, 4), exactly as CameraModel.k projects.

    Clip y runs down the image like the optical frame's y, so OpenGL's lowest row is the image's top row.
    `pixel_centre` is where in window coordinates the centre of pixel 0 lies: 0.5 in OpenGL.
    """
    k, size = camera.k, np.array([camera.width, camera.height])
    matrix = np.zeros((4, 4))
    matrix[:2, :3] = 2 * k[:2] / size[:, None]
    matrix[:2, 2] += 2 * np.array(pixel_centre) / size - 1
    matrix[2, 2:] = (FAR + NEAR) / (FAR - NEAR), -2 * FAR * NEAR / (FAR - NEAR)
    matrix[3, 2] = 1
    return matrix
