"""Pictures of grasps for reports."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from grasping.grasp import Grasp
from grasping.tools import DualTool, Tool
from perception.camera import CameraModel
from perception.pose import Array

COLORS = {Tool.SUCTION: (40, 150, 255), Tool.PINCH: (255, 120, 30)}
APPROACH = 0.10  # length of the approach drawn, metres


def draw_grasp(
    image: NDArray[np.uint8], camera: CameraModel, grasp: Grasp, tool: DualTool, thickness: int = 2
) -> NDArray[np.uint8]:
    """A copy of `image`, RGB (height, width, 3), with the tool's outline at the grasp: cup or fingers, palm, approach.

    What lies behind the camera is left out.
    """
    drawn = np.ascontiguousarray(image).copy()
    lines = cup_outline(tool) if grasp.tool is Tool.SUCTION else finger_outline(tool, grasp)
    for width, color in ((thickness + 2, (0, 0, 0)), (thickness, COLORS[grasp.tool])):
        for line in lines:
            pixels, depth = camera.project(grasp.T_base_tool.apply(line))
            if (depth > 0.05).all():
                cv2.polylines(drawn, [np.rint(pixels * 16).astype(np.int32)], False, color, width, cv2.LINE_AA, 4)
    return drawn


def cup_outline(tool: DualTool) -> list[Array]:
    """Lips, upper rings of the bellows, rod and approach, as lines of the cup frame, each (P, 3) metres."""
    cup = tool.cup
    rod = np.array([(0, 0, 0), (0, 0, -cup.extension - APPROACH)], dtype=np.float64)
    rings = (_circle(cup.radius, 0.0), _circle(0.7 * cup.radius, -2 * cup.bellows_stroke))
    return [*(ring + np.array((*place, 0.0)) for place in cup.places for ring in rings), rod]


def finger_outline(tool: DualTool, grasp: Grasp) -> list[Array]:
    """Both open fingers, the pads when closed, palm and approach, as lines of the tip frame, each (P, 3) metres."""
    gripper = tool.gripper
    x, length, back = gripper.pad_width / 2, gripper.finger_length, 0.5 * gripper.finger_length
    lines = []
    for sign in (1.0, -1.0):
        inner, outer = (sign * (grasp.opening / 2 + t) for t in (0.0, gripper.finger_thickness))
        closed = sign * grasp.width / 2
        corners = [(0, inner, -back), (0, inner, 0), (0, outer, 0), (0, outer, -back)]
        pad = [(x, closed, 0), (x, closed, -0.02), (-x, closed, -0.02), (-x, closed, 0), (x, closed, 0)]
        lines += [np.array(corners), np.array(pad)]
    lines.append(np.array([(0, -grasp.opening / 2, -back), (0, grasp.opening / 2, -back)]))
    lines.append(np.array([(0, 0, -back), (0, 0, -min(length, back + APPROACH))], dtype=np.float64))
    return lines


def _circle(radius: float, z: float) -> Array:
    angles = np.linspace(0, 2 * np.pi, 33)
    return np.stack([radius * np.cos(angles), radius * np.sin(angles), np.full_like(angles, z)], axis=1)
