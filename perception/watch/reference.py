"""What one camera saw when all was calm, for comparison with what it sees while the arm moves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from perception.camera import CameraFrame, CameraModel
from perception.capsules import Capsules
from perception.fusion.robot_mask import mask_robot
from perception.fusion.volume import Float32
from perception.pose import Array, Pose
from perception.scene import Scene

STRIDE = 4  # pixels between two that are compared: neighbours share their noise, so little is lost
AROUND = 2  # pixels around each within which an edge may wander from frame to frame
ON_ITEM = 0.015  # metres in depth within which a pixel shows an item's point


@dataclass(frozen=True, eq=False)
class Reference:
    """The calm image of a camera, at every STRIDE-th pixel of every STRIDE-th row; images have shape (h, w).

    Attributes:
        near, far: least and greatest depth around each pixel, float32 metres, NaN where nothing was measured.
        item: id of the item that the pixel shows, -1 where none, int16.
        hidden: where the robot, or what it held, was before it all.
    """

    camera: CameraModel
    T_base_camera: Pose
    near: Float32
    far: Float32
    item: NDArray[np.int16]
    hidden: NDArray[np.bool_]

    @staticmethod
    def of(frame: CameraFrame, robot: Capsules, scene: Scene) -> Reference:
        """Of a frame that went into `scene`, with the robot's own capsules at the time."""
        poses = dict(zip(scene.cameras, scene.T_base_cameras))
        pose = poses.get(frame.camera.name, frame.camera.T_base_camera)
        depth = mask_robot(frame.depth, frame.camera, pose, robot)
        missing = np.isnan(depth)
        window = np.ones((2 * AROUND + 1,) * 2, np.uint8)
        near = cv2.erode(np.where(missing, np.inf, depth), window)[::STRIDE, ::STRIDE]
        far = cv2.dilate(np.where(missing, -np.inf, depth), window)[::STRIDE, ::STRIDE]
        sampled = missing[::STRIDE, ::STRIDE]
        near, far = (np.where(sampled, np.nan, image).astype(np.float32) for image in (near, far))
        hidden = (missing & ~np.isnan(frame.depth))[::STRIDE, ::STRIDE]
        return Reference(frame.camera, pose, near, far, _items(frame.camera, pose, near, far, scene), hidden)

    def renewed(
        self, frame: CameraFrame, robot: Capsules, scene: Scene, changed: Callable[[Array], NDArray[np.bool_]]
    ) -> Reference:
        """With what a later frame shows where the robot hid it, and where it shows what has been put there since.

        robot: its capsules by then. changed: which points (N, 3) of the base frame may show that.
        """
        now = Reference.of(frame, robot, scene)
        shown = ~np.isnan(now.near)
        rows, columns = np.nonzero(shown & ~self.hidden)
        shown[rows, columns] = changed(self._points(now.near, rows, columns))
        near, far = np.where(shown, now.near, self.near), np.where(shown, now.far, self.far)
        return replace(self, near=near, far=far, item=np.where(shown, now.item, self.item), hidden=self.hidden & ~shown)

    def _points(self, depth: Float32, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> Array:
        """What some of the sampled pixels show, base frame, shape (N, 3)."""
        k, z = self.camera.k, depth[rows, columns]
        x, y = ((at * STRIDE - k[i, 2]) / k[i, i] * z for i, at in enumerate((columns, rows)))
        return self.T_base_camera.apply(np.stack([x, y, z], axis=1))


def project(camera: CameraModel, T_base_camera: Pose, points: Array) -> tuple[NDArray[np.int64], Array]:
    """Column and row (N, 2) of the nearest pixel, clipped to the image, and depth (N,) of points in the base frame.

    The depth is NaN where the image does not show the point.
    """
    local = T_base_camera.inverse().apply(points)
    depth = np.where(local[:, 2] > camera.depth_range[0], local[:, 2], np.nan)
    pixels = local[:, :2] / depth[:, None] * (camera.k[0, 0], camera.k[1, 1]) + camera.k[:2, 2]
    pixels = np.rint(np.nan_to_num(pixels, nan=-1.0))
    size = np.array((camera.width, camera.height))
    outside = ((pixels < 0) | (pixels >= size)).any(axis=1)
    return np.clip(pixels, 0, size - 1).astype(np.int64), np.where(outside, np.nan, depth)


def _items(camera: CameraModel, pose: Pose, near: Float32, far: Float32, scene: Scene) -> NDArray[np.int16]:
    """Which item each sampled pixel shows: that whose points it sees at their depth."""
    image = np.full(near.shape, -1, np.int16)
    if not scene.items:
        return image
    points = np.concatenate([item.points[item.seen] for item in scene.items])
    ids = np.repeat([item.id for item in scene.items], [int(item.seen.sum()) for item in scene.items])
    pixels, depth = project(camera, pose, points)
    columns, rows = np.minimum(pixels // STRIDE, np.array(near.shape[::-1]) - 1).T
    shown = (depth > near[rows, columns] - ON_ITEM) & (depth < far[rows, columns] + ON_ITEM)
    image[rows[shown], columns[shown]] = ids[shown]
    return image
