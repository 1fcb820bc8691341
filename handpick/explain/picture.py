"""Pictures of a look, and where in them its items and grasps are seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from grasping.draw import cup_outline, finger_outline
from grasping.grasp import Grasp
from grasping.tools import DualTool, Tool
from handpick.picking.decide import Look
from perception.camera import CameraFrame, CameraModel
from perception.draw import jpeg, refined, visible_items
from perception.pose import Array
from perception.scene import Scene

Line = list[list[float]]  # pixels, column and row

CAMERAS = 2  # of a look that are kept
COARSE = 1.2  # pixels by which a kept outline may be off
SPECK = 12  # pixels of an outline's area below which it is noise
NEAR = 0.05  # metres before a camera, nearer than which nothing is drawn


@dataclass(frozen=True, eq=False)
class Picture:
    """One camera's picture. Outlines of items by id, sites of grasps in their order (None: not in the picture)."""

    camera: CameraModel
    jpeg: bytes
    outlines: dict[int, list[Line]]
    sites: list[list[float] | None]
    tool: list[Line]


def pictures(look: Look, grasps: Sequence[Grasp], tool: DualTool, most: int = CAMERAS) -> list[Picture]:
    """The pictures of the cameras that see most of the items, the best first."""
    seen = [(frame, visible_items(frame, look.scene)) for frame in look.frames]
    seen.sort(key=lambda view: -int((view[1] >= 0).sum()))
    return [_picture(frame, visible, look, grasps, tool) for frame, visible in seen[:most]]


def _picture(
    frame: CameraFrame, visible: NDArray[np.int16], look: Look, grasps: Sequence[Grasp], tool: DualTool
) -> Picture:
    camera = refined(frame.camera, look.scene)
    return Picture(
        camera,
        jpeg(frame.color),
        _outlines(visible, look.scene),
        [_site(camera, grasp.T_base_tool.position) for grasp in grasps],
        _drawn(camera, look.grasp, tool) if look.grasp else [],
    )


def _outlines(visible: NDArray[np.int16], scene: Scene) -> dict[int, list[Line]]:
    """Polygons around what is seen of each item."""
    found = {}
    for item in scene.items:
        mask = (visible == item.id).astype(np.uint8)
        contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        large = [contour for contour in contours if cv2.contourArea(contour) > SPECK]
        found[item.id] = [cv2.approxPolyDP(contour, COARSE, True)[:, 0].tolist() for contour in large]
    return found


def _site(camera: CameraModel, position: Array) -> list[float] | None:
    """Where a point of the base frame, shape (3,), is seen."""
    pixels, depth = camera.project(position[None])
    inside = depth[0] > NEAR and (pixels[0] >= 0).all() and (pixels[0] < (camera.width, camera.height)).all()
    return _rounded(pixels)[0] if inside else None


def _drawn(camera: CameraModel, grasp: Grasp, tool: DualTool) -> list[Line]:
    """The tool's outline at a grasp."""
    lines = cup_outline(tool) if grasp.tool is Tool.SUCTION else finger_outline(tool, grasp)
    projected = [camera.project(grasp.T_base_tool.apply(line)) for line in lines]
    return [_rounded(pixels) for pixels, depth in projected if (depth > NEAR).all()]


def _rounded(pixels: Array) -> Line:
    return [[round(float(value), 1) for value in pixel] for pixel in pixels]
