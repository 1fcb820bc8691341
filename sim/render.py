"""Ideal images of the simulated cell: moderngl on EGL where it works, PyBullet's TinyRenderer where it does not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from perception.camera import CameraModel
from perception.errors import HandpickError
from perception.pose import Pose
from sim.render_scene import VisualScene
from sim.render_shapes import box_mesh


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


def make_renderer(kind: Literal["auto", "egl", "tiny"] = "auto") -> Renderer:
    """The best renderer that works here, or the one asked for.

    Raises:
        RenderError: `kind` is "egl" and no EGL context renders a probe image correctly.
    """
    from sim.render_tiny import TinyRenderer

    if kind == "tiny":
        return TinyRenderer()
    try:
        return _probed_egl()
    except RenderError as error:
        if kind == "egl":
            raise
        return TinyRenderer(because=str(error))


def _probed_egl() -> Renderer:
    from sim.render_egl import EglRenderer

    renderer = EglRenderer()
    try:
        _probe(renderer)
    except RenderError:
        renderer.close()
        raise
    return renderer


def _probe(renderer: Renderer) -> None:
    """A box one metre ahead must appear where and as far as geometry says."""
    k = np.array([[40.0, 0, 15.5], [0, 40.0, 11.5], [0, 0, 1]])
    camera = CameraModel("probe", 32, 24, k, Pose.identity())
    scene = VisualScene()
    scene.add(7, None, box_mesh((0.2, 0.2, 0.2), (0.5, 0.5, 0.5)), Pose.from_rotation((0, 0, 1.1), np.eye(3)))
    image = renderer.render(camera, camera.T_base_camera, scene)
    seen = image.ids == 7
    if not (seen[9:15, 13:19].all() and seen.sum() == 64 and np.abs(image.depth[seen] - 1.0).max() < 1e-5):
        raise RenderError(f"{renderer.name}: the probe image is wrong; use the TinyRenderer (kind='tiny')")
