"""What a renderer is, and what it draws."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from perception.camera import CameraModel
from perception.errors import HandpickError
from perception.pose import Pose
from sim.render.scene import VisualScene


class RenderError(HandpickError):
    """No image can be rendered on this machine the way that was asked for."""


@dataclass(frozen=True, eq=False)
class Rendered:
    """What an ideal camera sees, all of shape (height, width); row 0 is the top.

    Attributes:
        depth: z along the optical axis, float32 metres, NaN where there is nothing.
        ids: body that is seen, int32, BACKGROUND where there is nothing.
        color: RGB, uint8, shape (height, width, 3).
        incidence: cosine between surface normal and line of sight, uint8, 255 is 1 (head-on).
        gloss, transparency: of the surface, uint8, 255 is 1.
    """

    depth: NDArray[np.float32]
    ids: NDArray[np.int32]
    color: NDArray[np.uint8]
    incidence: NDArray[np.uint8]
    gloss: NDArray[np.uint8]
    transparency: NDArray[np.uint8]


class Renderer(Protocol):
    """Draws a scene. Holds resources that `close` releases."""

    @property
    def name(self) -> str:
        """Kind and device, for reports."""
        ...

    def render(self, camera: CameraModel, T_base_camera: Pose, scene: VisualScene) -> Rendered:
        """The scene through `camera`'s intrinsics from `T_base_camera` (not from the camera's calibrated pose)."""
        ...

    def close(self) -> None: ...
