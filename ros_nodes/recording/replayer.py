"""A replay on topics: the images of each look as a driver would send them, joints, clock, and what is decided on it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from types import TracebackType

import numpy as np
import rclpy
from builtin_interfaces.msg import Time
from rclpy.node import Node
from rclpy.publisher import Publisher
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo, Image, JointState

from handpick.picking.decide import Thought
from handpick.recording.moment import Moment, RobotState
from motion.robot.arm import Arm
from perception.depth_image import DepthImage
from ros_nodes.drawing.look_topics import LookTopics
from ros_nodes.messages import image_message, to_time
from ros_nodes.node import use_profile
from ros_nodes.topics import CONTROL, JOINT_STATES, SENSOR

ARRIVING = 3.0  # seconds that listeners may take to find the topics
FOUND = 10.0  # seconds that they may take on a busy machine, once they are known


class Replayer:
    """A context: its node ends with it. arguments: of ROS."""

    def __init__(self, arguments: Sequence[str]) -> None:
        self.arguments = list(arguments)
        self._images: dict[str, Publisher] = {}
        self._at = 0.0

    def __enter__(self) -> Replayer:
        use_profile()
        rclpy.init(args=self.arguments)
        self.node = Node("replay")
        self._clock = self.node.create_publisher(Clock, "/clock", SENSOR)
        self._joints = self.node.create_publisher(JointState, JOINT_STATES, CONTROL)
        self._looks = LookTopics(self.node)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        rclpy.try_shutdown()

    def seen(self, moment: Moment) -> None:
        """Tell what the cameras and the joints of a look were."""
        self._at = moment.stamp
        stamp = to_time(self._at)
        if new := [image for image in moment.images if f"{image.name}/depth" not in self._images]:
            for image in new:
                self._announce(image.name)
            self._await_listeners()
        self._clock.publish(Clock(clock=stamp))
        if moment.state is not None:
            self._joints.publish(joint_message(moment.state, stamp))
        for image in moment.images:
            self._show(image, stamp)

    def thought(self, thought: Thought, arm: Arm | None) -> None:
        """Tell what is decided on the look that was seen last."""
        self._looks.thought(thought, arm, self._at)

    def _announce(self, name: str) -> None:
        for kind, message in (("depth", Image), ("color", Image), ("info", CameraInfo)):
            self._images[f"{name}/{kind}"] = self.node.create_publisher(message, f"{name}/{kind}", CONTROL)

    def _await_listeners(self) -> None:
        """Wait until those who listen can hear: a topic is found some time before what is told on it arrives."""
        publishers = (self._joints, *self._images.values())
        began = time.monotonic()
        while (waited := time.monotonic() - began) < FOUND:
            known = all(self.node.count_subscribers(p.topic_name) <= p.get_subscription_count() for p in publishers)
            if known and waited > ARRIVING:
                return
            time.sleep(0.02)

    def _show(self, image: DepthImage, stamp: Time) -> None:
        name, depth = image.name, image.depth
        info = CameraInfo(height=depth.shape[0], width=depth.shape[1], k=image.k.ravel(), d=image.distortion.tolist())
        info.header.stamp, info.header.frame_id, info.distortion_model = stamp, name, "plumb_bob"
        self._images[f"{name}/info"].publish(info)
        plain, encoding = (depth, "16UC1") if depth.dtype == np.uint16 else (image.metres, "32FC1")
        self._images[f"{name}/depth"].publish(image_message(plain, encoding, stamp, name))
        if image.color is not None:
            self._images[f"{name}/color"].publish(image_message(image.color, "rgb8", stamp, name))


def joint_message(state: RobotState, stamp: Time) -> JointState:
    """Joint states as they were recorded."""
    message = JointState(name=list(state.joints))
    message.header.stamp = stamp
    rows = state.positions, state.velocities, state.efforts
    message.position, message.velocity, message.effort = (row.tolist() for row in rows)
    return message
