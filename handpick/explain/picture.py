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
SPECK, PART = 20, 0.1  # pixels of a part's area, and share of the largest part, below which it is noise
AGREES = 0.015  # metres by which the depth image may differ from a point that is seen
NEAR = 0.05  # metres before a camera, nearer than which nothing is drawn


@dataclass(frozen=True, eq=False)
class Picture:
    """One camera's picture, and what is seen where, in pixels.

    Attributes:
        outlines: polygons around what is seen of an item, by its id. middles: where its name may stand.
        sites: of the grasps in their order, None where not in the picture. tool: lines of the tool at the chosen one.
    """

    camera: CameraModel
    jpeg: bytes
    outlines: dict[int, list[Line]]
    middles: dict[int, list[int]]
    sites: list[list[float] | None]
    tool: list[Line]


def pictures(look: Look, grasps: Sequence[Grasp], tool: DualTool, most: int = CAMERAS) -> list[Picture]:
    """The pictures of the cameras that see most of the items, the best first."""
    best = sorted(look.frames, key=lambda frame: -_seen(frame, look.scene))
    return [_picture(frame, look, grasps, tool) for frame in best[:most]]


def _seen(frame: CameraFrame, scene: Scene) -> int:
    """How many points of the items' surfaces a camera sees."""
    if not scene.items:
        return 0
    camera = refined(frame.camera, scene)
    pixels, depth = camera.project(np.concatenate([item.points for item in scene.items]))
    inside = (depth > NEAR) & ((pixels >= 0) & (pixels < (camera.width - 1, camera.height - 1))).all(axis=1)
    column, row = np.rint(pixels[inside]).astype(np.int64).T
    return int((np.abs(frame.depth[row, column] - depth[inside]) < AGREES).sum())


def _picture(frame: CameraFrame, look: Look, grasps: Sequence[Grasp], tool: DualTool) -> Picture:
    camera, visible = refined(frame.camera, look.scene), visible_items(frame, look.scene)
    masks = {item.id: (visible == item.id).astype(np.uint8) for item in look.scene.items}
    outlines = {item: lines for item, mask in masks.items() if (lines := _outline(mask))}
    sites = [_site(camera, grasp.T_base_tool.position) for grasp in grasps]
    return Picture(
        camera,
        jpeg(frame.color),
        outlines,
        {item: _middle(masks[item], sites) for item in outlines},
        sites,
        _drawn(camera, look.grasp, tool) if look.grasp else [],
    )


def _outline(mask: NDArray[np.uint8]) -> list[Line]:
    """Polygons around a mask."""
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    areas = [cv2.contourArea(contour) for contour in contours]
    least = max(SPECK, PART * max(areas, default=0.0))
    large = [contour for contour, area in zip(contours, areas) if area > least]
    return [cv2.approxPolyDP(contour, COARSE, True)[:, 0].tolist() for contour in large]


def _middle(mask: NDArray[np.uint8], sites: Sequence[list[float] | None]) -> list[int]:
    """The pixel of a mask farthest from its edge and from all sites, so that a name there hides none."""
    free = np.pad(mask, 1)
    for site in sites:
        if site and mask[int(site[1]), int(site[0])]:
            free[round(site[1]) + 1, round(site[0]) + 1] = 0
    inside = cv2.distanceTransform(free, cv2.DIST_L2, 3)[1:-1, 1:-1]
    row, column = np.unravel_index(int(inside.argmax()), mask.shape)
    return [int(column), int(row)]


def _site(camera: CameraModel, position: Array) -> list[float] | None:
    """Where a point of the base frame, shape (3,), is seen."""
    pixels, depth = camera.project(position[None])
    inside = depth[0] > NEAR and (pixels[0] >= 0).all() and (pixels[0] < (camera.width - 1, camera.height - 1)).all()
    return _rounded(pixels)[0] if inside else None


def _drawn(camera: CameraModel, grasp: Grasp, tool: DualTool) -> list[Line]:
    """The tool's outline at a grasp."""
    lines = cup_outline(tool) if grasp.tool is Tool.SUCTION else finger_outline(tool, grasp)
    projected = [camera.project(grasp.T_base_tool.apply(line)) for line in lines]
    return [_rounded(pixels) for pixels, depth in projected if (depth > NEAR).all()]


def _rounded(pixels: Array) -> Line:
    return [[round(float(value), 1) for value in pixel] for pixel in pixels]
