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
QUALITY = 80  # of a JPEG
GOLDEN = 0.61803398875  # turns of hue between items: no two early ones look alike


def item_color(item_id: int) -> tuple[int, int, int]:
    """The RGB colour, 0..255, in which an item is drawn."""
    red, green, blue = colorsys.hsv_to_rgb(item_id * GOLDEN % 1.0, 0.85, 1.0)
    return round(255 * red), round(255 * green), round(255 * blue)


def draw_items(frame: CameraFrame, scene: Scene) -> NDArray[np.uint8]:
    """The camera's picture with every item's surface laid over it, RGB, uint8, shape (height, width, 3)."""
    visible = visible_items(frame, scene)
    overlay = frame.color.copy()
    for item in scene.items:
        overlay[visible == item.id] = item_color(item.id)
    edges = cv2.Canny(overlay, 50, 100) > 0
    picture = cv2.addWeighted(overlay, OPACITY, frame.color, 1 - OPACITY, 0)
    picture[edges & (visible >= 0)] = 255
    return np.asarray(picture, np.uint8)


def visible_items(frame: CameraFrame, scene: Scene) -> NDArray[np.int16]:
    """The id of the item that each pixel of a picture shows, shape (height, width); -1: none."""
    camera = refined(frame.camera, scene)
    nearest = np.full(frame.depth.shape, np.inf, np.float32)
    visible = np.full(frame.depth.shape, -1, np.int16)
    for item in scene.items:
        mask, depth = _silhouette(camera, item)
        front = mask & (depth < nearest) & ~(frame.depth < depth - 0.015)
        nearest[front] = depth[front]
        visible[front] = item.id
    return visible


def refined(camera: CameraModel, scene: Scene) -> CameraModel:
    """A camera where the scene found it to stand."""
    poses = dict(zip(scene.cameras, scene.T_base_cameras))
    return replace(camera, T_base_camera=poses.get(camera.name, camera.T_base_camera))


def _silhouette(camera: CameraModel, item: ItemShape) -> tuple[NDArray[np.bool_], NDArray[np.float32]]:
    """Pixels that the item's triangles facing the camera cover, and their depth, farthest triangles first."""
    pixels, depth = camera.project(item.vertices)
    corners, far = pixels[item.triangles], depth[item.triangles]
    image = np.full((camera.height, camera.width), np.inf, np.float32)
    if (far <= 0).any():
        return np.isfinite(image), image
    edge_a, edge_b = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    front = edge_a[:, 0] * edge_b[:, 1] - edge_a[:, 1] * edge_b[:, 0] < 0
    middle = far[front].mean(axis=1)
    order = np.argsort(-middle, kind="stable")
    triangles = np.round(corners[front][order]).astype(np.int32)
    for triangle, depth_there in zip(triangles, middle[order].tolist()):
        cv2.fillConvexPoly(image, triangle, depth_there)
    return np.isfinite(image), image


def png(rgb: NDArray[np.uint8]) -> bytes:
    """An RGB image, shape (H, W, 3), as a PNG file's bytes."""
    return bytes(cv2.imencode(".png", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))[1])


def jpeg(rgb: NDArray[np.uint8]) -> bytes:
    """An RGB image, shape (H, W, 3), as a JPEG file's bytes."""
    _, data = cv2.imencode(".jpg", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return bytes(data)
