"""Messages and the types of the other rooms, one into the other; bytes are never copied value by value."""

from __future__ import annotations

import array
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from builtin_interfaces.msg import Duration, Time
from numpy.typing import NDArray
from sensor_msgs.msg import Image, JointState
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

from motion.robot.joint_check import JointStateError
from motion.trajectory import Trajectory, TrajectoryError
from ros_nodes.control.joint_order import in_order
from ros_nodes.errors import MessageError

CHANNELS = {
    "16UC1": (np.uint16, 1),
    "mono16": (np.uint16, 1),
    "32FC1": (np.float32, 1),
    "mono8": (np.uint8, 1),
    "8UC1": (np.uint8, 1),
    "rgb8": (np.uint8, 3),
    "bgr8": (np.uint8, 3),
    "8UC3": (np.uint8, 3),
    "rgba8": (np.uint8, 4),
    "bgra8": (np.uint8, 4),
}
DEPTHS = ("16UC1", "mono16", "32FC1")
LARGEST = 16384  # pixels along an edge


def seconds(stamp: Time | Duration) -> float:
    return float(stamp.sec + 1e-9 * stamp.nanosec)


def to_time(at: float) -> Time:
    whole, rest = divmod(round(max(at, 0.0) * 1e9), 10**9)
    return Time(sec=int(whole), nanosec=int(rest))


def to_duration(length: float) -> Duration:
    whole, rest = divmod(round(length * 1e9), 10**9)
    return Duration(sec=int(whole), nanosec=int(rest))


def expect_image(message: Image, depth: bool) -> None:
    """Refuse what is no depth image, or no colour image, by its header and length alone.

    Raises:
        MessageError: an encoding that nobody here reads, or fewer bytes than rows.
    """
    _layout(message)
    if depth != (message.encoding in DEPTHS):
        kinds = [each for each in CHANNELS if (each in DEPTHS) == depth]
        raise MessageError(f"expected {'depth' if depth else 'colour'} as {', '.join(kinds)}, got {message.encoding!r}")


def pixels(message: Image) -> NDArray[Any]:
    """The image as (height, width) or (height, width, channels).

    Raises:
        MessageError: an encoding that nobody here reads, or fewer bytes than rows.
    """
    dtype, channels, height, width, row, needed = _layout(message)
    data = np.frombuffer(message.data, np.uint8, (height - 1) * row + needed)
    strided = np.lib.stride_tricks.as_strided(data, (height, needed), (row, 1), writeable=False)
    image = np.ascontiguousarray(strided).view(dtype)
    return image.reshape((height, width, channels) if channels > 1 else (height, width))


def _layout(message: Image) -> tuple[np.dtype[Any], int, int, int, int, int]:
    """Type, channels, height, width, bytes from row to row, and bytes of a row. Raises MessageError."""
    if message.encoding not in CHANNELS:
        raise MessageError(f"expected an image of {', '.join(CHANNELS)}, got {message.encoding!r}")
    kind, channels = CHANNELS[message.encoding]
    dtype = np.dtype(kind).newbyteorder(">" if message.is_bigendian else "<")
    height, width, row = int(message.height), int(message.width), int(message.step)
    needed = width * channels * dtype.itemsize
    sized = 0 < height <= LARGEST and 0 < width <= LARGEST
    if not sized or row < needed or len(message.data) < (height - 1) * row + needed:
        raise MessageError(
            f"expected {height} rows of {needed} bytes or more, got {len(message.data)} bytes in rows of {row}"
        )
    return dtype, channels, height, width, row, needed


def depth_pixels(message: Image) -> NDArray[Any]:
    """Depth (height, width) as it was measured: integers or floats, 0, NaN or infinity where nothing was.

    Raises:
        MessageError: it is no depth image.
    """
    expect_image(message, depth=True)
    image = pixels(message)
    return image.astype(image.dtype.newbyteorder("="))


def color_pixels(message: Image) -> NDArray[np.uint8]:
    """Colour as RGB (height, width, 3). Raises MessageError."""
    expect_image(message, depth=False)
    image = pixels(message)
    if image.ndim == 2:
        image = np.repeat(image[..., None], 3, axis=2)
    ordered = image[..., 2::-1] if message.encoding.startswith("bgr") else image[..., :3]
    return np.ascontiguousarray(ordered)


def image_message(image: NDArray[Any], encoding: str, stamp: Time, frame: str) -> Image:
    """An image (height, width[, channels]) as a message."""
    message = Image()
    message.header.stamp, message.header.frame_id = stamp, frame
    message.height, message.width = int(image.shape[0]), int(image.shape[1])
    message.encoding, message.is_bigendian = encoding, 0
    message.step = int(image.strides[0]) if image.flags.c_contiguous else 0
    if message.step == 0:
        return image_message(np.ascontiguousarray(image), encoding, stamp, frame)
    data = array.array("B")  # a list or an ndarray would be copied byte by byte
    data.frombytes(image.data.cast("B"))
    message.data = data
    return message


def motion_message(motion: Trajectory, names: Sequence[str], stamp: Time, label: str = "") -> JointTrajectory:
    """A motion as a message; label: goes into its frame_id."""
    message = JointTrajectory()
    message.header.stamp, message.header.frame_id = stamp, label
    message.joint_names = list(names)
    rows = zip(*(x.tolist() for x in (motion.times, motion.positions, motion.velocities, motion.accelerations)))
    message.points = [
        JointTrajectoryPoint(positions=q, velocities=v, accelerations=a, time_from_start=to_duration(t))
        for t, q, v, a in rows
    ]
    return message


def motion_of(message: JointTrajectory, names: Sequence[str]) -> Trajectory:
    """A motion of the joints `names`, in their order.

    Raises:
        TrajectoryError: joints are missing, or a point has no velocities or accelerations.
    """
    try:
        columns = [
            [in_order(names, message.joint_names, list(getattr(point, what)), what) for point in message.points]
            if all(len(getattr(point, what)) for point in message.points)
            else []
            for what in ("positions", "velocities", "accelerations")
        ]
    except JointStateError as error:
        raise TrajectoryError(f"trajectory: {error}") from error
    if not all(columns):
        raise TrajectoryError("trajectory: expected positions, velocities and accelerations of every point")
    times = np.array([seconds(point.time_from_start) for point in message.points])
    return Trajectory(times, *(np.array(column) for column in columns))


def named(values: Mapping[str, tuple[float, float]], stamp: Time) -> JointState:
    """Values and efforts by name, as a message."""
    message = JointState()
    message.header.stamp = stamp
    message.name = list(values)
    message.position = [float(value) for value, _ in values.values()]
    message.effort = [float(effort) for _, effort in values.values()]
    return message


def values_of(message: JointState, names: Sequence[str]) -> dict[str, tuple[float, float]]:
    """Value and effort of each of `names`. Raises MessageError."""
    found = dict(zip(message.name, zip(message.position, message.effort)))
    if missing := [name for name in names if name not in found]:
        raise MessageError(f"expected values and efforts of {', '.join(names)}, got none of {', '.join(missing)}")
    if lost := [name for name in names if np.isnan(found[name]).any()]:
        raise MessageError(f"expected numbers, got NaN for {', '.join(lost)}")
    return {name: found[name] for name in names}
