"""What the launch file starts tells a recording on topics, with what is decided on it."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("rclpy")

import rclpy
from rclpy.node import Node
from sensor_msgs.msg import Image, JointState, PointCloud2
from trajectory_msgs.msg import JointTrajectory
from visualization_msgs.msg import MarkerArray

from grasping.tools import DualTool, Tool
from handpick.picking.stack import Stack
from handpick.recording.recorder import BinRecorder
from ros_nodes.messages import depth_pixels, seconds
from ros_nodes.topics import CONTROL, JOINT_STATES, LATCHED, MARKERS, PLAN, SCENE, SENSOR
from tests.support.launch_runner import launched
from tests.support.ros_graph import domain
from tests.support.thoughts import LAYOUT, looked

LAUNCH = Path(__file__).parents[2] / "launch" / "replay.launch.py"
LONG = 120.0  # seconds, where others use the machine too


@pytest.fixture
def node() -> Iterator[Node]:
    with domain():
        rclpy.init()
        yield rclpy.create_node("listener", namespace="/cell")
        rclpy.try_shutdown()


def test_images_joints_and_decisions_of_a_recording_are_on_topics(node: Node, tmp_path: Path) -> None:
    stack = Stack.build(LAYOUT, DualTool(), frozenset(Tool))
    recorder = BinRecorder(tmp_path / "bin-000", LAYOUT, stack, "panda")
    thought = looked(replace(stack, on_thought=recorder.decided), 1.5, 0)
    recorder.close()
    assert thought.look.grasp is not None

    heard: dict[str, object] = {}
    topics = {
        SCENE: PointCloud2,
        MARKERS: MarkerArray,
        PLAN: JointTrajectory,
        JOINT_STATES: JointState,
        "a/depth": Image,
    }
    for topic, kind in topics.items():
        quality = {JOINT_STATES: CONTROL, "a/depth": SENSOR}.get(topic, LATCHED)
        node.create_subscription(kind, topic, lambda message, topic=topic: heard.update({topic: message}), quality)
    started = launched(LAUNCH, recording=str(tmp_path / "bin-000"), out=str(tmp_path / "replay"), namespace="/cell")
    assert set(started.processes) == set(started.critical) == {"replay"}
    process = subprocess.Popen(started.processes["replay"])
    end = time.monotonic() + LONG
    while (process.poll() is None or len(heard) < len(topics)) and time.monotonic() < end:
        rclpy.spin_once(node, timeout_sec=0.05)

    assert process.wait(timeout=10) == 0 and set(heard) == set(topics)
    image, plan = heard["a/depth"], heard[PLAN]
    assert isinstance(image, Image) and isinstance(plan, JointTrajectory)
    frame = next(frame for frame in thought.look.frames if frame.camera.name == "a")
    assert np.array_equal(depth_pixels(image), frame.depth, equal_nan=True)
    assert seconds(image.header.stamp) == pytest.approx(1.5)
    assert tuple(plan.joint_names) == stack.arm.description.joint_names and len(plan.points) > 10
    report = json.loads((tmp_path / "replay" / "report.json").read_text())
    assert (report["compared"], report["otherwise"]) == (1, 0)


def test_rviz_is_started_where_it_is_asked_for() -> None:
    started = launched(LAUNCH, recording="bag", rviz="true")
    assert set(started.processes) == set(started.critical) == {"replay", "rviz"}
    assert Path(started.processes["rviz"][2]).is_file() and started.processes["rviz"][:2] == ["rviz2", "-d"]
    assert "--ros-args" not in started.processes["replay"]
