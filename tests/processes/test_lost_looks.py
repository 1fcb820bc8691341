"""A look whose request or images are lost is asked for again, and nothing is asked before all listen."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("rclpy")

from builtin_interfaces.msg import Time
from sensor_msgs.msg import CameraInfo, Image, JointState
from trajectory_msgs.msg import JointTrajectory

from ros_nodes.control.arm_control import ArmState
from ros_nodes.errors import NodeError
from ros_nodes.messages import image_message
from ros_nodes.node import CellNode, spin
from ros_nodes.ros_cell import RosCell
from ros_nodes.tool.words import readings_message
from ros_nodes.topics import ARM_JOINTS, CONTROL, EVENTS, FRAMES, LATCHED, LOOK, MOTION, TOOL_COMMAND, TOOL_STATE
from tests.support.ros_graph import own_nodes

SIZE = (16, 24)  # pixels of the images


class OtherNodes(CellNode):
    """Arm, tool and perception in one node.

    Args:
        lost: how many looks are never answered. deaf: whether looks are not listened to at all.
    """

    def __init__(self, lost: int = 0, deaf: bool = False) -> None:
        super().__init__("arm")
        self.lost, self.looks = lost, 0
        self.cameras, self.joints = [camera.name for camera in self.folder().cameras], len(self.folder().arm.home)
        self._arm = self.create_publisher(JointState, ARM_JOINTS, CONTROL)
        self._tool = self.create_publisher(JointState, TOOL_STATE, CONTROL)
        self._images = {
            (name, kind): self.create_publisher(Image, f"{FRAMES}/{name}/{kind}", CONTROL)
            for name in self.cameras
            for kind in ("depth", "color")
        }
        self._infos = [self._info(name) for name in self.cameras]
        self.create_subscription(JointState, TOOL_COMMAND, lambda message: None, EVENTS)
        self.create_subscription(JointTrajectory, MOTION, lambda message: None, EVENTS)
        if not deaf:
            self.create_subscription(Time, LOOK, self._look, CONTROL)
        self.every(0.02, self._read)

    def status(self) -> tuple[str, str, str, dict[str, str]]:
        return "ok", ArmState.READY.value, "", {}

    def _info(self, name: str) -> object:
        publisher = self.create_publisher(CameraInfo, f"{FRAMES}/{name}/info", LATCHED)
        info = CameraInfo(height=SIZE[0], width=SIZE[1], k=np.array([5.0, 0, 3, 0, 5, 2, 0, 0, 1]))
        info.header.frame_id = name
        publisher.publish(info)
        return publisher

    def _read(self) -> None:
        self._arm.publish(JointState(position=[0.0] * self.joints))
        self._tool.publish(readings_message([0.0], 0.0, 0.04, 0.0, self.get_clock().now().to_msg()))

    def _look(self, since: Time) -> None:
        self.looks += 1
        if self.looks > self.lost:
            for name in self.cameras:
                depth, color = np.ones(SIZE, np.float32), np.zeros((*SIZE, 3), np.uint8)
                self._images[name, "depth"].publish(image_message(depth, "32FC1", since, name))
                self._images[name, "color"].publish(image_message(color, "rgb8", since, name))


@contextmanager
def cell_among(folder: Path, **how: object) -> Iterator[tuple[OtherNodes, CellNode]]:
    """The other nodes, and one for a RosCell; both are spun."""
    with own_nodes(folder):
        over = threading.Event()
        nodes = OtherNodes(**how), CellNode("planner")  # type: ignore[arg-type]
        threads = [threading.Thread(target=spin, args=(node, over.is_set), daemon=True) for node in nodes]
        try:
            for thread in threads:
                thread.start()
            yield nodes
        finally:
            over.set()
            for thread in threads:
                thread.join(timeout=5)


def test_a_look_that_nobody_answers_is_asked_for_again(tmp_path: Path) -> None:
    with cell_among(tmp_path / "cell", lost=2) as (others, node):
        cell = RosCell(node, node.folder(), patience=20.0)
        assert {frame.camera.name for frame in cell.capture()} == set(others.cameras)
        assert others.looks >= 3


def test_a_cell_is_not_up_before_its_looks_are_heard(tmp_path: Path) -> None:
    with cell_among(tmp_path / "cell", deaf=True) as (_, node), pytest.raises(NodeError, match="listen to looks"):
        RosCell(node, node.folder(), coming_up=3.0)
