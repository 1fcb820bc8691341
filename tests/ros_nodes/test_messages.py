"""Messages become arrays and back without loss; what is malformed is refused by name."""

from __future__ import annotations

import time

import numpy as np
import pytest

pytest.importorskip("rclpy")

from builtin_interfaces.msg import Time
from sensor_msgs.msg import JointState

from grasping.tools import GripCommand
from handpick.check_cell import minimum_jerk
from motion.robot.joint_check import JointStateError
from motion.robot.load import load_arm
from motion.trajectory import TrajectoryError
from ros_nodes.control.joint_order import in_order
from ros_nodes.errors import MessageError
from ros_nodes.messages import (
    color_pixels,
    depth_pixels,
    image_message,
    motion_message,
    motion_of,
    pixels,
    seconds,
    to_time,
)
from ros_nodes.tool.words import command_message, command_of, readings_message, readings_of

NOW = Time(sec=7, nanosec=5)
NAMES = load_arm("panda").joint_names
HOME = np.array(load_arm("panda").home)


@pytest.mark.parametrize("encoding", ["16UC1", "32FC1"])
def test_depth_comes_back_to_the_bit(encoding: str) -> None:
    kind = np.uint16 if encoding == "16UC1" else np.float32
    depth = (np.random.default_rng(0).random((48, 64)) * 2000).astype(kind)
    if kind is np.float32:
        depth[3, 4] = np.nan
    message = image_message(depth, encoding, NOW, "a")
    assert (message.height, message.width, message.step) == (48, 64, 64 * depth.itemsize)
    assert np.array_equal(depth_pixels(message), depth, equal_nan=kind is np.float32)


def test_rows_may_be_padded_and_bytes_swapped() -> None:
    depth = np.arange(32 * 40, dtype=np.uint16).reshape(32, 40)
    message = image_message(depth, "16UC1", NOW, "a")
    padded = np.zeros((32, 100), np.uint8)
    padded[:, :80] = depth.byteswap().view(np.uint8).reshape(32, 80)
    message.data, message.step, message.is_bigendian = padded.tobytes(), 100, 1
    assert np.array_equal(depth_pixels(message), depth) and depth_pixels(message).dtype.isnative


def test_colour_is_rgb_whatever_the_driver_sends() -> None:
    rgb = np.random.default_rng(1).integers(0, 255, (20, 30, 3), np.uint8)
    alpha = np.full((20, 30, 1), 255, np.uint8)
    sent = {"rgb8": rgb, "bgr8": rgb[..., ::-1], "rgba8": np.dstack([rgb, alpha])}
    sent["bgra8"] = np.dstack([rgb[..., ::-1], alpha])
    for encoding, image in sent.items():
        assert np.array_equal(color_pixels(image_message(image, encoding, NOW, "a")), rgb), encoding
    grey = image_message(rgb[..., 0], "mono8", NOW, "a")
    assert np.array_equal(color_pixels(grey)[..., 2], rgb[..., 0])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"encoding": "yuv422"}, "got 'yuv422'"),
        ({"height": 49}, "expected 49 rows"),
        ({"step": 10}, "in rows of 10"),
        ({"width": 0}, "expected 48 rows of 0"),
        ({"height": 4_000_000_000}, "rows"),
    ],
)
def test_malformed_images_are_refused(change: dict[str, object], said: str) -> None:
    message = image_message(np.ones((48, 64), np.uint16), "16UC1", NOW, "a")
    for name, value in change.items():
        setattr(message, name, value)
    with pytest.raises(MessageError, match=said):
        pixels(message)


def test_an_image_is_converted_within_a_few_milliseconds() -> None:
    image, took = np.ones((480, 640, 3), np.uint8), []
    for _ in range(10):
        began = time.process_time()
        color_pixels(image_message(image, "rgb8", NOW, "a"))
        took.append(time.process_time() - began)
    assert min(took) < 0.01  # value by value it would be 0.1


def test_motions_come_back_whatever_the_order_of_joints() -> None:
    motion = minimum_jerk(HOME, 0.3, 1.0)
    message = motion_message(motion, NAMES, NOW, "label")
    back = motion_of(message, NAMES)
    assert np.abs(back.times - motion.times).max() < 1e-8 and np.array_equal(back.positions, motion.positions)
    other = motion_of(message, NAMES[::-1])
    assert np.array_equal(other.positions, motion.positions[:, ::-1])
    assert message.header.frame_id == "label"


def test_motions_that_are_none_are_refused() -> None:
    message = motion_message(minimum_jerk(HOME, 0.3, 1.0), NAMES, NOW)
    with pytest.raises(TrajectoryError, match="got none of elbow"):
        motion_of(message, ("elbow", *NAMES[1:]))
    message.points[3].velocities = []
    with pytest.raises(TrajectoryError, match="of every point"):
        motion_of(message, NAMES)
    message = motion_message(minimum_jerk(HOME, 0.3, 1.0), NAMES, NOW)
    message.points[5].positions[0] = float("nan")
    with pytest.raises(TrajectoryError, match="finite"):
        motion_of(message, NAMES)
    message.points = []
    with pytest.raises(TrajectoryError):
        motion_of(message, NAMES)


def test_joints_are_found_among_others() -> None:
    given = ("finger", *NAMES[::-1])
    values = [9.0, *HOME[::-1].tolist()]
    assert np.array_equal(in_order(NAMES, given, values, "positions"), HOME)
    assert np.array_equal(in_order(NAMES, given, [], "velocities"), 0 * HOME)
    with pytest.raises(JointStateError, match="expected a value for each"):
        in_order(NAMES, given, [], "positions")


def test_commands_and_readings_come_back() -> None:
    command = GripCommand(0.05, 20.0, True, 30e3, 10.0)
    assert command_of(command_message(command, NOW)) == command
    assert command_of(command_message(GripCommand(0.04), NOW)) == GripCommand(0.04)  # an endless push too
    for vacuums in ((30e3,), (30e3, 0.0, 12e3)):
        assert readings_of(readings_message(vacuums, 0.5, 0.04, 3.0, NOW)) == (vacuums, 0.5, 0.04, 3.0)
    several = GripCommand(0.04, vacuum=8e4, cups=(0, 2, 3))
    assert command_of(command_message(several, NOW)) == several
    with pytest.raises(MessageError, match="NaN for vacuum"):
        readings_of(readings_message((float("nan"),), 0.5, 0.04, 3.0, NOW))
    with pytest.raises(MessageError, match="got none of vacuum"):
        readings_of(JointState())


def test_stamps_keep_nanoseconds() -> None:
    assert to_time(seconds(NOW)) == NOW
    assert (to_time(1.9999999999).sec, to_time(1.9999999999).nanosec) == (2, 0)
