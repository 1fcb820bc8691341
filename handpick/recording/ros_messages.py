"""Handpick's values as ROS messages."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handpick.cell import CellState
from handpick.recording.bag import STORE
from handpick.recording.moment import Json
from motion.trajectory import Trajectory
from perception.camera import CameraModel
from perception.pose import Pose


def made(kind: str, *fields: Any) -> Any:
    """A message of a type, such as std_msgs/msg/String, with its fields in their order."""
    return STORE.types[kind](*fields)


def time_of(stamp: int) -> Any:
    """A time of so many ns."""
    return made("builtin_interfaces/msg/Time", stamp // 10**9, stamp % 10**9)


def header(stamp: int, frame: str) -> Any:
    return made("std_msgs/msg/Header", time_of(stamp), frame)


def string(data: Json) -> Any:
    """JSON in a String."""
    return made("std_msgs/msg/String", json.dumps(data, separators=(",", ":"), allow_nan=False))


def depth_image(depth: NDArray[np.generic], stamp: int, frame: str) -> Any:
    """A raw image of uint16 millimetres or float32 metres, without loss."""
    encoding, kind = ("16UC1", "<u2") if depth.dtype == np.uint16 else ("32FC1", "<f4")
    return _image(np.ascontiguousarray(depth, kind), encoding, stamp, frame)


def color_image(color: NDArray[np.uint8], stamp: int, frame: str) -> Any:
    return _image(np.ascontiguousarray(color), "rgb8", stamp, frame)


def camera_info(camera: CameraModel, stamp: int) -> Any:
    """Of rectified images."""
    region = made("sensor_msgs/msg/RegionOfInterest", 0, 0, 0, 0, False)
    p = np.column_stack([camera.k, np.zeros(3)]).ravel()
    sizes = header(stamp, camera.name), camera.height, camera.width
    lens = "plumb_bob", np.zeros(5), camera.k.ravel().copy(), np.eye(3).ravel(), p
    return made("sensor_msgs/msg/CameraInfo", *sizes, *lens, 0, 0, region)


def transforms(poses: dict[str, Pose], base: str, stamp: int) -> Any:
    """T_base_frame of each frame."""
    found = []
    for frame, pose in poses.items():
        translation = made("geometry_msgs/msg/Vector3", *map(float, pose.position))
        rotation = made("geometry_msgs/msg/Quaternion", *map(float, pose.quaternion))
        transform = made("geometry_msgs/msg/Transform", translation, rotation)
        found.append(made("geometry_msgs/msg/TransformStamped", header(stamp, base), frame, transform))
    return made("tf2_msgs/msg/TFMessage", found)


def joint_state(state: CellState, joints: Sequence[str], stamp: int) -> Any:
    readings = np.array(state.positions), np.array(state.velocities), np.array(state.efforts)
    return made("sensor_msgs/msg/JointState", header(stamp, ""), list(joints), *readings)


def joint_trajectory(trajectory: Trajectory, joints: Sequence[str], stamp: int) -> Any:
    points = []
    none = np.empty(0)
    for time, *rows in zip(trajectory.times, trajectory.positions, trajectory.velocities, trajectory.accelerations):
        seconds, nanoseconds = divmod(round(time * 1e9), 10**9)
        after = made("builtin_interfaces/msg/Duration", seconds, nanoseconds)
        points.append(made("trajectory_msgs/msg/JointTrajectoryPoint", *map(np.array, rows), none, after))
    return made("trajectory_msgs/msg/JointTrajectory", header(stamp, ""), list(joints), points)


def _image(pixels: NDArray[np.generic], encoding: str, stamp: int, frame: str) -> Any:
    height, width = pixels.shape[:2]
    data = pixels.reshape(height, -1).view(np.uint8)
    size = header(stamp, frame), height, width, encoding, 0, data.shape[1]
    return made("sensor_msgs/msg/Image", *size, data.ravel())
