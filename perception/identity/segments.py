"""The items of a scene, and one in hand, cut out of all views that show them."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from perception.camera import CameraFrame
from perception.capsules import Capsules
from perception.fusion.robot_mask import mask_robot
from perception.identity.cutout import Cutout
from perception.identity.gate import flaw
from perception.pose import Array, Pose
from perception.scene import ItemShape, Scene

DEPTHS = (0.0, 0.004, 0.008, -0.004)  # metres along a ray at which the item is looked up: voxels lie under the surface
AROUND = 0.012  # metres by which the box around an item in hand is larger than the item was believed to be
MOST_VIEWS = 3  # of an item: those that show most of it


def seen_in_tote(frames: Sequence[CameraFrame], scene: Scene) -> dict[int, list[Cutout]]:
    """Good views of the scene's items by their ids, those that show most of it first; none of what is hardly seen."""
    views: dict[int, list[Cutout]] = {item.id: [] for item in scene.items}
    poses = dict(zip(scene.cameras, scene.T_base_cameras))
    for frame in frames:
        if frame.camera.name in poses:
            owner = _owners(frame, poses[frame.camera.name], scene)
            for item in np.unique(owner[owner >= 0]).tolist():
                views[item] += _cut(frame.color, owner == item)
    return {item: _best(own) for item, own in views.items()}


def seen_in_hand(
    frames: Sequence[CameraFrame], item: ItemShape, moved: Pose, robot: Capsules, cameras: dict[str, Pose]
) -> list[Cutout]:
    """Good views of an item that hangs in the tool, clear of everything else.

    Args:
        item: as it lay. moved: from there to where it is now, in the base frame.
        robot: the arm's and tool's capsules now. cameras: poses as refined on the totes, by name.
    """
    T_box_base = (moved @ item.T_base_box).inverse()
    half = item.size / 2 + AROUND
    views = []
    for frame in frames:
        pose = cameras.get(frame.camera.name, frame.camera.T_base_camera)
        depth = mask_robot(frame.depth, frame.camera, pose, robot)
        points = T_box_base.apply(_points(frame, depth, pose).reshape(-1, 3)).reshape(*depth.shape, 3)
        with np.errstate(invalid="ignore"):
            views += _cut(frame.color, np.asarray((np.abs(points) < half).all(axis=2)))
    return _best(views)


def _owners(frame: CameraFrame, T_base_camera: Pose, scene: Scene) -> NDArray[np.int16]:
    """The id of the item that each pixel shows, -1 where none, shape (height, width)."""
    points = _points(frame, frame.depth, T_base_camera).reshape(-1, 3)
    measured = np.flatnonzero(np.isfinite(points[:, 2]))
    inside, _ = scene.occupancy.voxels(points[measured])
    pixels = measured[inside]
    rays = points[pixels] - T_base_camera.position
    rays /= np.linalg.norm(rays, axis=1, keepdims=True)
    owner = np.full(frame.depth.size, -1, np.int16)
    for depth in DEPTHS:
        left = owner[pixels] < 0
        inside, index = scene.occupancy.voxels(points[pixels[left]] + depth * rays[left])
        owner[pixels[left]] = np.where(inside, scene.occupancy.item[index], -1)
    return owner.reshape(frame.depth.shape)


def _points(frame: CameraFrame, depth: NDArray[np.float32], T_base_camera: Pose) -> Array:
    """What each pixel shows, base frame, shape (height, width, 3); NaN where nothing was measured."""
    points = frame.camera.rays().astype(np.float64) * depth[..., None]
    return T_base_camera.apply(points.reshape(-1, 3)).reshape(points.shape)


def _cut(color: NDArray[np.uint8], mask: NDArray[np.bool_]) -> list[Cutout]:
    """The largest part of a mask, closed, as a view; none where it is too poor."""
    closed = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(closed, connectivity=8)
    if count < 2:
        return []
    largest = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    x, y, width, height, _ = stats[largest].tolist()
    box = slice(y, y + height), slice(x, x + width)
    whole = labels == largest
    return [] if flaw(color, whole) is not None else [Cutout(color[box].copy(), whole[box])]


def _best(views: Sequence[Cutout]) -> list[Cutout]:
    return sorted(views, key=lambda view: -int(view.mask.sum()))[:MOST_VIEWS]
