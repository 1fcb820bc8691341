"""Exact pictures of boxes: every pixel's ray is cut with every box (slabs), so the truth is known in closed form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from perception.camera import CameraFrame, CameraModel
from perception.capsules import Capsules
from perception.pose import Pose
from perception.tote import Box, Tote

SOURCE = Tote("source", Pose.from_euler((0.4, -0.3, -0.1), (0, 0, 0.3)), np.array([0.40, 0.30, 0.15]))
DESTINATION = Tote("destination", Pose.from_euler((0.4, 0.4, -0.1), (0, 0, -0.3)), np.array([0.40, 0.30, 0.15]))
NO_ROBOT = Capsules(np.zeros((0, 2, 3)), np.zeros(0))
GREY = (90, 95, 100)


def camera(name: str, tote: Tote, position: Sequence[float], size: tuple[int, int] = (320, 240)) -> CameraModel:
    forward = np.array([0, 0, 0.03]) - position
    forward /= np.linalg.norm(forward)
    right = np.cross(forward, (0, 1.0, 0) if abs(forward[2]) > 0.99 else (0, 0, 1.0))
    right /= np.linalg.norm(right)
    pose = Pose.from_rotation(position, np.column_stack([right, np.cross(forward, right), forward]))
    k = np.array([[size[0], 0, size[0] / 2 - 0.5], [0, size[0], size[1] / 2 - 0.5], [0, 0, 1]])
    return CameraModel(name, *size, k, tote.T_base_tote @ pose)


CAMERAS = (
    camera("a", SOURCE, (0.35, 0.25, 0.6)),
    camera("b", SOURCE, (-0.35, 0.25, 0.6)),
    camera("c", SOURCE, (0.3, -0.3, 0.65)),
    camera("d", SOURCE, (-0.3, -0.3, 0.65)),
    camera("over", DESTINATION, (0.0, 0.1, 0.75)),
)


@dataclass(frozen=True, eq=False)
class World:
    """Coloured boxes, with the two totes around them."""

    boxes: list[Box] = field(default_factory=list)
    colors: list[tuple[int, int, int]] = field(default_factory=list)
    destination: Tote = DESTINATION

    def put(self, position: Sequence[float], size: Sequence[float], color: tuple[int, int, int], yaw: float = 0) -> Box:
        """A box in the source tote's frame."""
        box = Box(SOURCE.T_base_tote @ Pose.from_euler(position, (0, 0, yaw)), np.asarray(size))
        self.boxes.append(box)
        self.colors.append(color)
        return box

    def frames(
        self,
        rng: np.random.Generator | None = None,
        true: dict[str, Pose] | None = None,
        cameras: Sequence[CameraModel] = CAMERAS,
        stamp: float = 0.0,
    ) -> list[CameraFrame]:
        """rng: adds noise of 0.002 z^2 metres. true: where a camera truly stands, if not as calibrated."""
        walls = [*SOURCE.boxes(), *self.destination.boxes()]
        boxes, colors = walls + self.boxes, [GREY] * len(walls) + self.colors
        frames = []
        for cam in cameras:
            depth, hit, shade = cast(cam, (true or {}).get(cam.name, cam.T_base_camera), boxes)
            image = np.array([*colors, (140, 135, 125)])[hit] * shade[..., None]
            if rng is not None:
                depth = depth + rng.normal(size=depth.shape) * 0.002 * depth**2
                image = image + rng.normal(size=image.shape) * 2
            color = np.clip(image, 0, 255).astype(np.uint8)
            frames.append(CameraFrame(cam, stamp, depth.astype(np.float32), color))
        return frames


def cast(cam: CameraModel, pose: Pose, boxes: Sequence[Box]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Depth (NaN where nothing is), number of the box hit (-1: none), brightness by the face's direction."""
    rays = pose.rotate(cam.rays())
    nearest = np.full(rays.shape[:2], np.inf)
    hit, shade = np.full(nearest.shape, -1), np.ones(nearest.shape)
    for number, box in enumerate(boxes):
        to_box = box.T_base_box.inverse()
        origin, direction = to_box.apply(pose.position), to_box.rotate(rays)
        with np.errstate(divide="ignore"):
            slabs = (np.sign(direction) * -box.size / 2 - origin) / direction
            enter, leave = slabs.max(axis=-1), ((np.sign(direction) * box.size / 2 - origin) / direction).min(axis=-1)
        front = (enter > 0) & (enter < leave) & (enter < nearest)
        nearest[front], hit[front] = enter[front], number
        axis = slabs.argmax(axis=-1)
        normal = -np.sign(np.take_along_axis(direction, axis[..., None], -1)[..., 0])
        facing = box.T_base_box.rotation[:, axis[front]] * normal[front]
        shade[front] = 0.7 + 0.3 * (np.array([0.2, 0.3, 0.93]) @ facing)
    return np.where(np.isfinite(nearest), nearest, np.nan), hit, shade
