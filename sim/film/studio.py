"""Takes pictures that are nice to look at: smooth edges, cast shadows, dark creases."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from perception.pose import Array
from sim.film.light import creases, looking_at, shadows
from sim.render.base import Renderer
from sim.render.scene import VisualScene

FINE = 2  # pixels along each edge of one that is shown
LAMP = np.array((-0.24, 0.14, 0.96))  # where the renderer's lamp stands, seen from everywhere
LAMP_AWAY, LAMP_ANGLE, LAMP_PIXELS = 6.0, np.deg2rad(18.0), 1100
GAIN = 1.2  # as if the lamps were so much brighter


class Studio:
    """A camera of so many pixels, at a place and with a lamp of its own.

    Args:
        renderer: stays the caller's to close.
        eye, target: where the camera stands and looks, (3,), base frame. angle: its width of view, radians.
    """

    def __init__(self, renderer: Renderer, size: tuple[int, int], eye: Array, target: Array, angle: float) -> None:
        self.renderer, self.size = renderer, size
        self.camera, self.fine = (
            looking_at("film", np.asarray(eye), np.asarray(target), (n * size[0], n * size[1]), angle)
            for n in (1, FINE)
        )
        lamp = np.array((0.3, 0.0, 0.0)) + LAMP_AWAY * LAMP
        self.lamp = looking_at("lamp", lamp, lamp - LAMP, (LAMP_PIXELS, LAMP_PIXELS), LAMP_ANGLE)

    def picture(self, scene: VisualScene) -> NDArray[np.uint8]:
        """What the scene looks like now, RGB, shape (height, width, 3)."""
        seen = self.renderer.render(self.fine, self.fine.T_base_camera, scene)
        cast = self.renderer.render(self.lamp, self.lamp.T_base_camera, scene)
        depth = np.asarray(cv2.resize(seen.depth, self.size, interpolation=cv2.INTER_NEAREST), np.float32)
        light = GAIN * shadows(depth, self.camera, cast.depth, self.lamp) * creases(depth)
        smooth = cv2.resize(seen.color, self.size, interpolation=cv2.INTER_AREA)
        return np.asarray(np.clip(smooth * light[..., None], 0, 255), np.uint8)


def before_the_totes(renderer: Renderer, size: tuple[int, int]) -> Studio:
    """The standard cell from the front: the arm, the source on the left and the destination on the right."""
    return Studio(renderer, size, np.array((1.95, -0.20, 1.25)), np.array((0.27, 0.13, 0.10)), np.deg2rad(50.0))
