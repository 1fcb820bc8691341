"""Pictures of what was perceived."""

from __future__ import annotations

import colorsys
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from perception.camera import CameraFrame, CameraModel
from perception.scene import ItemShape, Scene

OPACITY = 0.55
GOLDEN = 0.61803398875  # turns of hue between items: no two early ones look alike


def item_color(item_id: int) -> tuple[int, int, int]:
    """The RGB colour, 0..255, in which an item is drawn."""
    red, green, blue = colorsys.hsv_to_rgb(item_id * GOLDEN % 1.0, 0.85, 1.0)
    return round(255 * red), round(255 * green), round(255 * blue)


def draw_items(frame: CameraFrame, scene: Scene) -> NDArray[np.uint8]:
    """The camera's picture with every item's surface laid over it, RGB, uint8, shape (height, width, 3)."""
    poses = dict(zip(scene.cameras, scene.T_base_cameras))
    camera = replace(frame.camera, T_base_camera=poses.get(frame.camera.name, frame.camera.T_base_camera))
    size = frame.depth.shape
    nearest = np.full(size, np.inf, np.float32)
    overlay = frame.color.copy()
    for item in scene.items:
        mask, depth = _silhouette(camera, item)
        front = mask & (depth < nearest) & ~(frame.depth < depth - 0.015)
        nearest[front] = depth[front]
        overlay[front] = item_color(item.id)
    edges = cv2.Canny(overlay, 50, 100) > 0
    picture = cv2.addWeighted(overlay, OPACITY, frame.color, 1 - OPACITY, 0)
    picture[edges & np.isfinite(nearest)] = 255
    return np.asarray(picture, np.uint8)


def _silhouette(camera: CameraModel, item: ItemShape) -> tuple[NDArray[np.bool_], NDArray[np.float32]]:
    """Pixels that the item's triangles facing the camera cover, and their depth, farthest triangles first."""
    pixels, depth = camera.project(item.vertices)
    corners, far = pixels[item.triangles], depth[item.triangles]
    image = np.full((camera.height, camera.width), np.inf, np.float32)
    if (far <= 0).any():
        return np.isfinite(image), image
    edge_a, edge_b = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    front = edge_a[:, 0] * edge_b[:, 1] - edge_a[:, 1] * edge_b[:, 0] < 0
    order = np.flatnonzero(front)[np.argsort(-far[front].mean(axis=1), kind="stable")]
    for row in order:
        corner = np.round(corners[row]).astype(np.int32)
        cv2.fillConvexPoly(image, corner, float(far[row].mean()))
    return np.isfinite(image), image
