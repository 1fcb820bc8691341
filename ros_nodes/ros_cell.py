"""The Cell over ROS: the one pick loop runs on it as it does in simulation."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from uuid import uuid4

import numpy as np
from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.client import Client
from sensor_msgs.msg import CameraInfo, Image, JointState
from std_srvs.srv import Trigger
from trajectory_msgs.msg import JointTrajectory

from grasping.tools import GripCommand
from handpick.cell import CellLayout, CellState, CellStopped, ProtectiveStop
from motion.trajectory import Trajectory, TrajectoryError
from perception.camera import CameraFrame, CameraModel
from ros_nodes.cameras.frame_pairs import COLOR, DEPTH, FramePairs, Pair
from ros_nodes.cell_folder import CellFolder
from ros_nodes.control.arm_control import ArmState
from ros_nodes.control.watchdog import Watchdog
from ros_nodes.control.windows import thinned
from ros_nodes.errors import NodeError
from ros_nodes.messages import color_pixels, depth_pixels, motion_message, seconds, to_time
from ros_nodes.node import ENDED, CellNode
from ros_nodes.tool.words import command_message, readings_of
from ros_nodes.topics import (
    ANSWER,
    ARM_BRAKE,
    ARM_JOINTS,
    ARM_RECOVER,
    BEGINS,
    CONTROL,
    EVENTS,
    FRAMES,
    LATCHED,
    LOOK,
    MOTION,
    TOOL_COMMAND,
    TOOL_STATE,
)

NAP = 0.002  # seconds between two looks at what callbacks have brought
AGAIN = 1.0  # seconds after which frames that have not come are asked for again


class RosCell:
    """A cell whose arm, tool and cameras are nodes. Another thread must spin `node` meanwhile.

    Args:
        patience: seconds to wait for answers, and for frames of all cameras; then those that came must do.
        stale: seconds without a word of the arm's node after which it counts as stopped.

    Raises:
        NodeError: intrinsics, joint states, the arm's status or tool readings do not come within `coming_up` seconds,
            or nobody listens to what is asked of cameras, arm and tool.
    """

    def __init__(
        self, node: CellNode, folder: CellFolder, patience: float = 2.0, coming_up: float = 30.0, stale: float = 0.5
    ) -> None:
        self.node, self.folder, self.patience = node, folder, patience
        self._clock = node.cell_clock
        self._own, self._labels = uuid4().hex[:8], itertools.count()
        self._answers: dict[str, DiagnosticStatus] = {}
        self._joints: JointState | None = None
        self._tool: JointState | None = None
        self._arm, self._why = ArmState.WAITING, ""
        self._word = Watchdog("word of the arm's node", stale)
        self._infos: dict[str, CameraInfo] = {}
        self._frames: dict[str, Pair[Image]] = {}
        names = [camera.name for camera in folder.cameras]
        self._pairs = {name: FramePairs[Image](slop=1e-6, oldest=patience) for name in names}
        self._motions = node.create_publisher(JointTrajectory, MOTION, EVENTS)
        self._commands = node.create_publisher(JointState, TOOL_COMMAND, EVENTS)
        self._looks = node.create_publisher(Time, LOOK, CONTROL)
        self._brake, self._recover = (node.create_client(Trigger, name) for name in (ARM_BRAKE, ARM_RECOVER))
        node.create_subscription(DiagnosticStatus, ANSWER, self._take_answer, EVENTS)
        node.create_subscription(JointState, ARM_JOINTS, lambda message: setattr(self, "_joints", message), CONTROL)
        node.create_subscription(JointState, TOOL_STATE, lambda message: setattr(self, "_tool", message), CONTROL)
        node.hear("arm", self._take_status)
        for name in names:
            node.create_subscription(CameraInfo, f"{FRAMES}/{name}/info", self._take_info, LATCHED)
            for kind in (DEPTH, COLOR):
                take = lambda image, name=name, kind=kind: self._take_image(name, kind, image)
                node.create_subscription(Image, f"{FRAMES}/{name}/{kind}", take, CONTROL)
        self._expect(lambda: len(self._infos) == len(names), coming_up, "the intrinsics of all cameras")
        self._expect(lambda: self._joints is not None, coming_up, "joint states of the arm's node")
        self._expect(lambda: not self._word.late, coming_up, "a status of the arm's node")
        self._expect(lambda: self._tool is not None, coming_up, "readings of the tool's node")
        asking = (self._looks, self._motions, self._commands)
        heard = lambda: all(publisher.get_subscription_count() > 0 for publisher in asking)
        self._expect(heard, coming_up, "nodes that listen to looks, motions and commands of the tool")
        self._layout = folder.layout(tuple(self._model(camera.name) for camera in folder.cameras))

    @property
    def layout(self) -> CellLayout:
        return self._layout

    def clock(self) -> float:
        return self._clock.now()

    def wait(self, seconds: float) -> None:
        end = self.clock() + seconds
        self._go_on()
        while (left := end - self.clock()) > 0:
            time.sleep(min(left, NAP))
            self._go_on()

    def capture(self) -> tuple[CameraFrame, ...]:
        """A frame of every camera, taken from now on; after `patience` seconds, of those that gave one.

        It is asked for again meanwhile: DDS drops what is sent to or by a node that it has just begun to know.
        """
        since, end = self.node.ros_time(), time.monotonic() + self.patience
        fresh = lambda: [name for name, pair in list(self._frames.items()) if pair.stamp >= since - 1e-6]
        whole = lambda: len(fresh()) == len(self.folder.cameras)
        while not whole() and (left := end - time.monotonic()) > 0:
            self._looks.publish(to_time(since))
            self._until(whole, min(left, AGAIN))
        came = set(fresh())
        return tuple(self._frame(camera) for camera in self._layout.cameras if camera.name in came)

    def state(self) -> CellState:
        """The newest readings. Raises StateError, MessageError: they are none."""
        joints, tool = self._joints, self._tool
        assert joints is not None and tool is not None
        vacuums, travel, gap, force = readings_of(tool)
        q, v, effort = (np.array(row, np.float64) for row in (joints.position, joints.velocity, joints.effort))
        stamp = self._clock.at(seconds(joints.header.stamp))
        return CellState(stamp, q, v, effort, max(vacuums), travel, gap, force, np.array(vacuums))

    def move(self, trajectory: Trajectory) -> None:
        """Have the arm's node check a motion and begin it; returns as it begins."""
        self._go_on()
        label = f"{self._own} {next(self._labels)}"
        names = self.folder.arm.joint_names
        self._motions.publish(motion_message(thinned(trajectory), names, to_time(self.node.ros_time()), label))
        self._until(lambda: label in self._answers, self.patience)
        answer = self._answers.pop(label, None)
        if answer is None:
            raise CellStopped(f"expected an answer of the arm's node within {self.patience} s, none came")
        if answer.level != DiagnosticStatus.OK:
            self._go_on()
            raise TrajectoryError(f"the arm's node refused a motion: {answer.message}")
        begins = next(float(pair.value) for pair in answer.values if pair.key == BEGINS)
        self._until(lambda: self.clock() >= self._clock.at(begins), self.patience)

    def grip(self, command: GripCommand) -> None:
        self._commands.publish(command_message(command, to_time(self.node.ros_time())))

    def stop(self) -> None:
        """Brake to rest along the path."""
        self._call(self._brake)

    def recover(self) -> None:
        """After a protective stop, and where the arm's node lets the loop do so, set the arm going again."""
        if self._arm is not ArmState.PROTECTIVE:
            self._go_on()
            return
        if why := self._call(self._recover):
            raise CellStopped(why)
        if not self._until(lambda: self._arm is ArmState.READY, 10.0):
            raise CellStopped(f"expected the robot to go on after a protective stop, it is {self._arm.value}")

    @property
    def stopped(self) -> bool:
        """Whether the arm's node is stopped, or says nothing."""
        return self._arm in (ArmState.STOPPED, ArmState.PROTECTIVE) or self._word.late

    @property
    def stop_reason(self) -> str:
        return str(self._word) if self._word.late else self._why

    def _go_on(self) -> None:
        """Raises CellStopped, ProtectiveStop where the arm's node has stopped."""
        if self._arm is ArmState.PROTECTIVE and not self._word.late:
            raise ProtectiveStop(self._why)
        if self.stopped:
            raise CellStopped(self.stop_reason)

    def _call(self, client: Client) -> str:
        """Call a service; why it did not do it, empty where it did."""
        if not self._until(client.service_is_ready, self.patience):
            return f"expected the service {client.srv_name}, it is not there"
        done = client.call_async(Trigger.Request())
        if not self._until(done.done, self.patience):
            return f"expected an answer of {client.srv_name} within {self.patience} s, none came"
        answer = done.result()
        return "" if answer.success else answer.message

    def _until(self, holds: Callable[[], object], limit: float) -> bool:
        """Wait by the steady clock until something holds; whether it does."""
        end = time.monotonic() + limit
        while not (held := bool(holds())) and time.monotonic() < end:
            time.sleep(NAP)
        return held

    def _expect(self, holds: Callable[[], object], limit: float, what: str) -> None:
        if not self._until(holds, limit):
            raise NodeError(f"planner: expected {what} within {limit:g} s, none came; do the other nodes run, and why "
                            "do their status topics say they wait?")  # fmt: skip

    def _model(self, name: str) -> CameraModel:
        info = self._infos[name]
        camera = next(camera for camera in self.folder.cameras if camera.name == name)
        return camera.model(int(info.width), int(info.height), np.array(info.k).reshape(3, 3))

    def _frame(self, camera: CameraModel) -> CameraFrame:
        pair = self._frames[camera.name]
        assert pair.color is not None
        stamp = self._clock.at(pair.stamp)
        return CameraFrame(camera, stamp, depth_pixels(pair.depth), color_pixels(pair.color))

    def _take_answer(self, message: DiagnosticStatus) -> None:
        self._answers[message.hardware_id] = message

    def _take_status(self, level: str, state: str, why: str) -> None:
        self._arm, self._why = ArmState.STOPPED if state == ENDED else ArmState(state), why
        self._word.beat()

    def _take_info(self, message: CameraInfo) -> None:
        self._infos[message.header.frame_id] = message

    def _take_image(self, name: str, kind: str, image: Image) -> None:
        pair = self._pairs[name].add(kind, image, seconds(image.header.stamp), self.node.ros_time())
        if pair is not None:
            self._frames[name] = pair
