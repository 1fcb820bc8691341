"""The recorder: one bag a bin, of every look with what was decided on it and came of it."""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from handpick.cell import CellLayout
from handpick.interrupts import blocked
from handpick.outcome import PickOutcome
from handpick.picking.decide import Look, Thought
from handpick.picking.stack import Stack
from handpick.recording import own
from handpick.recording import ros_messages as ros
from handpick.recording.bag_writer import BagWriter
from handpick.recording.look_numbers import LookNumbers
from handpick.recording.plain import to_plain
from handpick.recording.ros_images import IMAGE
from handpick.report.files import OutputError
from motion.trajectory import joined
from perception.camera import CameraFrame

STRING, INFO, JOINTS = "std_msgs/msg/String", "sensor_msgs/msg/CameraInfo", "sensor_msgs/msg/JointState"
JOINT_TOPIC = "/joint_states"
TRAJECTORY, TRANSFORMS = "trajectory_msgs/msg/JointTrajectory", "tf2_msgs/msg/TFMessage"


class BinRecorder:
    """Records a bin to `path`, a folder as ros2 bag has it. Depth is 32FC1 and colour rgb8: nothing is lost.

    Hand `decided` to the stack as its `on_thought`, and outcomes to `picked`. Where the bag can no longer be written,
    it warns and stops: no pick is lost for its recording.

    Args:
        arm: its name, or its folder.
    """

    def __init__(self, path: Path, layout: CellLayout, stack: Stack, arm: str) -> None:
        self.path, self.layout, self.joints = path, layout, stack.arm.description.joint_names
        self.numbers = LookNumbers()
        self.full = False
        self.writer: BagWriter | None = None
        cell = own.RecordedCell(layout, stack.tool, stack.tools, arm, version("handpick"), stack.stakes)
        self._safely(lambda: self._begin(cell))

    def decided(self, thought: Thought) -> None:
        """Write a look: what was decided and why before the images, all at the very same time."""
        self._safely(lambda: self._look(thought))

    def picked(self, outcome: PickOutcome, look: Look | None) -> None:
        """Write what came of a look."""
        number = self.numbers.of(look)
        if number is not None:
            stamp = nanoseconds(outcome.ended)
            self._safely(lambda: self._write(own.OUTCOME, STRING, stamp, ros.string(own.outcome_of(number, outcome))))

    def close(self) -> None:
        """Finish the bag, after an interrupt too: what was recorded until then is whole."""
        if self.writer is not None:
            self._safely(self.writer.close)
            self.writer = None

    def _begin(self, cell: own.RecordedCell) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.writer = BagWriter(self.path)
        poses = {camera.name: camera.T_base_camera for camera in cell.layout.cameras}
        self.writer.write(own.CELL, STRING, 0, ros.string(to_plain(cell)), latched=True)
        self.writer.write("/tf_static", TRANSFORMS, 0, ros.transforms(poses, own.BASE, 0), latched=True)

    def _look(self, thought: Thought) -> None:
        number, frames, view = self.numbers.add(thought.look), thought.look.frames, thought.view
        stamp = nanoseconds(max(frame.stamp for frame in frames))
        self._write(own.DECISION, STRING, stamp, ros.string(own.decision_of(number, thought)))
        if view is not None:
            self._write(own.INPUTS, STRING, stamp, ros.string(own.inputs_of(thought)))
        if view is not None and (state := view.state) is not None:
            self._write(JOINT_TOPIC, JOINTS, stamp, ros.joint_state(state, self.joints, stamp))
            names = ("vacuum", "cup_travel", "finger_gap", "finger_force")
            self._write(own.TOOL, STRING, stamp, ros.string({name: getattr(state, name) for name in names}))
        motions = [step.trajectory for step in (thought.plan.steps if thought.plan else ()) if step.trajectory]
        if motions:
            self._write(own.PLAN, TRAJECTORY, stamp, ros.joint_trajectory(joined(motions), self.joints, stamp))
        for frame in frames:
            self._frame(frame, stamp)

    def _frame(self, frame: CameraFrame, stamp: int) -> None:
        name, at = frame.camera.name, f"/cameras/{frame.camera.name}"
        self._write(f"{at}/camera_info", INFO, stamp, ros.camera_info(frame.camera, stamp))
        self._write(f"{at}/color/image_rect", IMAGE, stamp, ros.color_image(frame.color, stamp, name))
        self._write(f"{at}/depth/image_rect", IMAGE, stamp, ros.depth_image(frame.depth, stamp, name))

    def _write(self, topic: str, kind: str, stamp: int, message: object) -> None:
        if self.writer is not None:
            self.writer.write(topic, kind, stamp, message)

    def _safely(self, action: Callable[[], object]) -> None:
        if self.full:
            return
        try:
            with blocked():  # half a message would spoil the bag
                action()
        except OSError as error:
            self.full = True
            warnings.warn(
                f"{self.path.name} is recorded up to look {self.numbers.count - 1} only: cannot write to "
                f"{self.path.parent}: {error.strerror}; make room there, or name another folder",
                stacklevel=3,
            )


def forgotten(folder: Path) -> Path:
    """The folder without the bags of an earlier run, whole ones and others. Raises OutputError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for old in [*folder.glob("bin-*/metadata.yaml"), *folder.glob(".bin-*.part/*")]:
            shutil.rmtree(old.parent)
    except OSError as error:
        raise OutputError(f"cannot write to {folder}: {error.strerror}; name another folder") from error
    return folder


def nanoseconds(seconds: float) -> int:
    return round(seconds * 1e9)
