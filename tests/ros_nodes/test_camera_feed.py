"""A camera's topics become rectified frames in metres; what is malformed or of another stream is told."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

pytest.importorskip("rclpy")

from sensor_msgs.msg import CameraInfo

from perception.errors import FrameError
from perception.pose import Pose
from ros_nodes.cameras.camera_feed import CameraFeed
from ros_nodes.cell_clock import CellClock
from ros_nodes.cell_folder import CameraTopics
from ros_nodes.messages import image_message, to_time

K = [60.0, 0.0, 31.5, 0.0, 60.0, 23.5, 0.0, 0.0, 1.0]


class Rig:
    def __init__(self, **camera: Any) -> None:
        self.now, self.heard = [10.0], {}
        topics = CameraTopics("a", "depth", "color", "info", Pose.identity(), **camera)
        node: Any = SimpleNamespace(create_subscription=lambda kind, name, take, qos: self.heard.update({name: take}))
        self.feed = CameraFeed(node, topics, CellClock(lambda: self.now[0]), 0.15)

    def info(self, **changes: Any) -> None:
        told = {"height": 48, "width": 64, "k": K, "distortion_model": "plumb_bob", **changes}
        self.heard["info"](CameraInfo(**told))

    def shoot(self, depth: np.ndarray | None = None, encoding: str = "16UC1") -> None:
        self.now[0] += 0.033
        depth = np.full((48, 64), 800, np.uint16) if depth is None else depth
        stamp = to_time(self.now[0])
        self.heard["depth"](image_message(depth, encoding, stamp, "a"))
        self.heard["color"](image_message(np.full((48, 64, 3), 9, np.uint8), "bgr8", stamp, "a"))


def test_a_pair_becomes_a_frame_in_metres() -> None:
    rig = Rig()
    assert "no CameraInfo of camera a" in rig.feed.why()
    rig.info()
    rig.shoot()
    assert rig.feed.newest is not None and not rig.feed.why()
    frame = rig.feed.frame(rig.feed.newest)
    assert np.allclose(frame.depth, 0.8) and frame.color.shape == (48, 64, 3) and frame.stamp == rig.feed.newest.stamp


def test_a_lens_is_rectified_or_refused_by_name() -> None:
    bent = {"d": [0.3, 0.0, 0.0, 0.0, 0.0]}
    rig = Rig()
    rig.info(**bent)
    rig.shoot()
    assert rig.feed.newest is not None
    assert np.isnan(rig.feed.frame(rig.feed.newest).depth).any()  # corners look beyond the image
    rig.info(distortion_model="equidistant", **bent)
    with pytest.raises(FrameError, match="equidistant"):
        rig.feed.frame(rig.feed.newest)
    rig = Rig(rectified=True)
    rig.info(distortion_model="equidistant", **bent)
    rig.shoot()
    assert rig.feed.newest is not None and np.allclose(rig.feed.frame(rig.feed.newest).depth, 0.8)


def test_what_is_no_image_is_a_fault_of_the_camera() -> None:
    rig = Rig()
    rig.info()
    rig.shoot(encoding="yuv422")
    assert "camera a: expected an image of" in rig.feed.why()
    rig.shoot()
    assert not rig.feed.why()


def test_the_info_of_another_stream_is_told() -> None:
    rig = Rig()
    rig.info(height=96)
    rig.shoot()
    assert rig.feed.newest is not None
    with pytest.raises(FrameError, match="info that of another stream"):
        rig.feed.frame(rig.feed.newest)
