"""The two ways to a joint trajectory controller: its topic, and its action where control_msgs is installed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from rclpy.action import ActionClient
from rclpy.node import Node
from trajectory_msgs.msg import JointTrajectory

from ros_nodes.errors import NodeError
from ros_nodes.topics import CONTROL, CONTROLLER

try:
    from control_msgs.action import FollowJointTrajectory
except ImportError:
    FollowJointTrajectory = None

FAILED = "the controller refused or gave up a trajectory"


class Controller(Protocol):
    """Where windows go."""

    def send(self, message: JointTrajectory) -> None: ...

    def why(self) -> str:
        """Why it cannot take anything now; empty where it can."""
        ...


class TopicController:
    """A controller's topic: it replaces at once, and never answers. Joint states must tell how it goes."""

    def __init__(self, node: Node) -> None:
        self._publisher = node.create_publisher(JointTrajectory, CONTROLLER, CONTROL)

    def send(self, message: JointTrajectory) -> None:
        self._publisher.publish(message)

    def why(self) -> str:
        heard = self._publisher.get_subscription_count() > 0
        return "" if heard else f"nobody listens on {self._publisher.topic_name}; is the controller active?"


class ActionController:
    """A controller's action: each window is a goal that replaces the last one; a goal that fails is told.

    Args:
        failed: called with why a goal was refused or aborted.
    """

    def __init__(self, node: Node, name: str, failed: Callable[[str], None]) -> None:
        self._client = ActionClient(node, FollowJointTrajectory, name)
        self._failed, self._number = failed, 0

    def send(self, message: JointTrajectory) -> None:
        self._number += 1
        number = self._number
        asked = self._client.send_goal_async(FollowJointTrajectory.Goal(trajectory=message))
        asked.add_done_callback(lambda answer: self._answered(number, answer.result()))

    def why(self) -> str:
        return "" if self._client.server_is_ready() else "the controller's action is not there; is it active?"

    def _answered(self, number: int, goal: Any) -> None:
        if not goal.accepted:
            self._failed(f"{FAILED}: rejected")
            return
        goal.get_result_async().add_done_callback(lambda done: self._ended(number, done.result().result))

    def _ended(self, number: int, result: Any) -> None:
        """A goal that the next one replaced ends as aborted or cancelled, which is no failure."""
        if result.error_code != 0 and number == self._number:
            self._failed(f"{FAILED}: error {result.error_code} {result.error_string}")


def make_controller(node: Node, kind: str, failed: Callable[[str], None]) -> Controller:
    """kind: auto (the action where control_msgs is installed), action or topic. Raises NodeError."""
    if kind == "topic" or (kind == "auto" and FollowJointTrajectory is None):
        return TopicController(node)
    if FollowJointTrajectory is None:
        raise NodeError("arm: expected control_msgs for controller:=action, it is not installed; use topic")
    return ActionController(node, "follow_joint_trajectory", failed)
