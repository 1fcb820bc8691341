"""The recorder's node: writes a cell's topics into a bag. It only listens."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from diagnostic_msgs.msg import DiagnosticStatus
from sensor_msgs.msg import CameraInfo, Image, JointState, PointCloud2
from std_msgs.msg import String
from trajectory_msgs.msg import JointTrajectory
from visualization_msgs.msg import MarkerArray

from handpick.report.files import OutputError
from ros_nodes.cameras.frame_pairs import COLOR, DEPTH
from ros_nodes.errors import NodeError
from ros_nodes.node import CellNode, Over, run, spin
from ros_nodes.recording.look_bag import LookBag
from ros_nodes.tool.words import readings_of
from ros_nodes.topics import (
    ARM_JOINTS,
    CONTROL,
    DECISION,
    EVENTS,
    FRAMES,
    LATCHED,
    MARKERS,
    MOTION,
    PICKS,
    PLAN,
    SCENE,
    STATUS,
    TOOL_STATE,
)

NODES = ("perception", "arm", "tool", "planner", "supervisor")


class RecorderNode(CellNode):
    """Parameters: cell; bag: the folder to write."""

    def __init__(self) -> None:
        super().__init__("recorder")
        self.cell, self.path = self.folder(), Path(str(self.parameter("bag", "out/record/ros-000")))
        self.bag: LookBag | None = None
        self.why, self._infos = "", dict[str, CameraInfo]()
        for camera in self.cell.cameras:
            name = camera.name
            self.create_subscription(CameraInfo, f"{FRAMES}/{name}/info", self._take_info, LATCHED)
            for kind in (DEPTH, COLOR):
                take = partial(self._take_image, name, kind)
                self.create_subscription(Image, f"{FRAMES}/{name}/{kind}", take, CONTROL, raw=True)
        hear, write = self.create_subscription, self._write
        hear(JointState, ARM_JOINTS, lambda data: write(lambda bag, now: bag.joints(data, now)), EVENTS, raw=True)
        hear(JointState, TOOL_STATE, lambda m: write(lambda bag, now: bag.tool(*readings_of(m), now)), EVENTS)
        hear(String, PICKS, lambda m: write(lambda bag, now: bag.picked(m.data, now)), EVENTS)
        hear(String, DECISION, lambda m: write(lambda bag, now: self._decided(bag, m.data)), EVENTS)
        for kind, topic, quality in (
            (JointTrajectory, MOTION, EVENTS),
            (JointTrajectory, PLAN, LATCHED),
            (PointCloud2, SCENE, LATCHED),
            (MarkerArray, MARKERS, LATCHED),
            *((DiagnosticStatus, f"{name}/{STATUS}", EVENTS) for name in NODES),
        ):
            hear(kind, topic, partial(self._take_other, topic, type_name(kind)), quality, raw=True)

    def status(self) -> tuple[str, str, str, dict[str, str]]:
        state = "recording" if self.bag else "waiting"
        looks = str(self.bag.looks if self.bag else 0)
        return "error" if self.why else "ok", state, self.why, {"looks": looks}

    def close(self) -> None:
        """Finish the bag. Raises OSError."""
        if self.bag is not None:
            self.bag.close()

    def _take_info(self, info: CameraInfo) -> None:
        """Begin once the intrinsics of all cameras are known."""
        self._infos[info.header.frame_id] = info
        if self.bag is None and len(self._infos) == len(self.cell.cameras):
            models = [
                camera.model(int(info.width), int(info.height), np.array(info.k).reshape(3, 3))
                for camera in self.cell.cameras
                for info in (self._infos[camera.name],)
            ]
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.bag = LookBag(self.path, self.cell, models, self._now())
            self.get_logger().info(f"recording to {self.path}")

    def _take_image(self, camera: str, kind: str, data: bytes) -> None:
        if self.bag is not None:
            self.bag.frames.add(camera, kind, data)

    def _take_other(self, topic: str, kind: str, data: bytes) -> None:
        self._write(lambda bag, now: bag.other(f"/{topic}", kind, data, now))

    def _decided(self, bag: LookBag, text: str) -> None:
        if missing := bag.decided(text):
            self.get_logger().warning(f"look {bag.looks - 1} is recorded without {', '.join(missing)}")

    def _write(self, action: Callable[[LookBag, int], None]) -> None:
        """Write something; where that fails, say so and write no more."""
        if self.bag is None or self.why:
            return
        try:
            action(self.bag, self._now())
        except OSError as error:
            self.why = f"recorded up to look {self.bag.looks - 1} only: {self.path}: {error.strerror}; make room there"
            self.get_logger().error(self.why)

    def _now(self) -> int:
        return int(self.get_clock().now().nanoseconds)


def type_name(kind: type) -> str:
    """As bags name a message's type."""
    return f"{kind.__module__.split('.')[0]}/msg/{kind.__name__}"


def record(node: RecorderNode, over: Over, seconds: float) -> None:
    """Record for so many seconds, or until it is over. Raises NodeError, OutputError."""
    end = time.monotonic() + seconds
    try:
        spin(node, lambda: over() or time.monotonic() > end)
    finally:
        try:
            node.close()
        except OSError as error:
            raise OutputError(f"{node.path}: cannot be finished: {error.strerror}") from error
    if node.bag is None:
        raise NodeError("recorder: expected the intrinsics of all cameras, none came: does the perception node run?")


def serve(cell: Path, bag: Path, simulated: bool, seconds: float, arguments: Sequence[str]) -> int:
    """Record a cell until interrupted; arguments: of ROS. An exit code as of `ros_nodes.node.run`."""
    told = ["-p", f"cell:={cell}", "-p", f"bag:={bag}", "-p", f"use_sim_time:={str(simulated).lower()}"]
    return run(RecorderNode, partial(record, seconds=seconds), [*(arguments or ["--ros-args"]), *told])
