"""Ideal images of the simulated cell: moderngl on EGL where it works, PyBullet's TinyRenderer where it does not."""

from __future__ import annotations

from typing import Literal

import numpy as np

from perception.camera import CameraModel
from perception.pose import Pose
from sim.render.base import Renderer, RenderError
from sim.render.scene import VisualScene
from sim.render.shapes import box_mesh


def make_renderer(kind: Literal["auto", "egl", "tiny"] = "auto") -> Renderer:
    """The best renderer that works here, or the one asked for.

    Raises:
        RenderError: `kind` is "egl" and no EGL context renders a probe image correctly.
    """
    from sim.render.tiny import TinyRenderer

    if kind == "tiny":
        return TinyRenderer()
    try:
        return _probed_egl()
    except RenderError as error:
        if kind == "egl":
            raise
        return TinyRenderer(because=str(error))


def _probed_egl() -> Renderer:
    from sim.render.egl import EglRenderer

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
