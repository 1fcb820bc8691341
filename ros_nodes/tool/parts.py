"""Adapters from a tool's usual interfaces to the loop's terms: openings in metres, vacuum in pascals, travel 0..1."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Protocol

from rclpy.action import ActionClient
from rclpy.node import Node
from sensor_msgs.msg import JointState
from std_msgs.msg import Bool, Float64

from grasping.tool_solids import numbered
from grasping.tools import DualTool, GripCommand
from perception.errors import HandpickError
from ros_nodes.errors import NodeError
from ros_nodes.messages import named, values_of
from ros_nodes.topics import (
    CONTROL,
    GRIPPER,
    GRIPPER_STATE,
    PUMP,
    PUMP_OUTPUT,
    ROD,
    ROD_OUTPUT,
    ROD_STATE,
    SENSOR,
    VACUUM,
    VACUUM_SWITCH,
    VALVE,
)

try:
    from control_msgs.action import GripperCommand
except ImportError:
    GripperCommand = None

GAP, TRAVEL = "finger_gap", "cup_travel"


class Part(Protocol):
    """A part of the tool that can be told what to do."""

    def go(self, command: GripCommand) -> None: ...


class Fingers:
    """A gripper on a topic: opening (metres) and force (newtons) as position and effort of the joint `finger_gap`."""

    def __init__(self, node: Node, tool: DualTool, heard: Callable[[], None]) -> None:
        self.gap, self.force, self._node, self._heard = tool.cup.fingers_open, 0.0, node, heard
        self._command = node.create_publisher(JointState, GRIPPER, CONTROL)
        node.create_subscription(JointState, GRIPPER_STATE, self._take, SENSOR)

    def go(self, command: GripCommand) -> None:
        goal = {GAP: (command.opening, command.force)}
        self._command.publish(named(goal, self._node.get_clock().now().to_msg()))

    def _take(self, message: JointState) -> None:
        self.gap, self.force = values_of(message, (GAP,))[GAP]
        self._heard()


class ActionFingers:
    """A gripper behind the GripperCommand action; its joints are among the robot's joint states.

    Args:
        joints: of the fingers. scale: metres of gap for one unit of their sum (2 where one joint stands for both
            fingers).
    """

    def __init__(
        self, node: Node, tool: DualTool, heard: Callable[[], None], joints: list[str], scale: float, name: str
    ) -> None:
        if GripperCommand is None:
            raise NodeError("tool: expected control_msgs for gripper:=action, it is not installed; use topic")
        self.gap, self.force = tool.cup.fingers_open, 0.0
        self._joints, self._scale, self._heard = joints, scale, heard
        self._client = ActionClient(node, GripperCommand, name)
        node.create_subscription(JointState, "joint_states", self._take, SENSOR)

    def go(self, command: GripCommand) -> None:
        goal = GripperCommand.Goal()
        goal.command.position, goal.command.max_effort = command.opening / self._scale, float(command.force)
        self._client.send_goal_async(goal)

    def _take(self, message: JointState) -> None:
        found = dict(zip(message.name, message.position))
        if not set(self._joints) <= set(found):
            return
        self.gap = self._scale * sum(found[name] for name in self._joints)
        efforts = dict(zip(message.name, message.effort))
        self.force = float(sum(abs(efforts.get(name, 0.0)) for name in self._joints) / len(self._joints))
        self._heard()


class Pump:
    """A pump: its relief pressure in pascals on a topic, or a digital output that is on or off."""

    def __init__(self, node: Node, digital: bool) -> None:
        self._kind: Any = Bool if digital else Float64
        self._command = node.create_publisher(self._kind, PUMP_OUTPUT if digital else PUMP, CONTROL)
        self._digital = digital

    def go(self, command: GripCommand) -> None:
        self._command.publish(self._kind(data=command.vacuum > 0 if self._digital else float(command.vacuum)))


class Valves:
    """A digital output for each of several cups: open, or shut while the pump draws."""

    def __init__(self, node: Node, tool: DualTool) -> None:
        self._commands = [node.create_publisher(Bool, numbered(VALVE, i), CONTROL) for i in range(len(tool.cup.places))]

    def go(self, command: GripCommand) -> None:
        for i, valve in enumerate(self._commands):
            valve.publish(Bool(data=i in command.cups))


class Gauge:
    """Vacuum under one cup: a gauge in pascals below atmosphere, or a switch, which is read as full or none."""

    def __init__(self, node: Node, tool: DualTool, heard: Callable[[], None], switch: bool, cup: int = 0) -> None:
        self.vacuum, self._full, self._heard = 0.0, tool.cup.pressure_full, heard
        kind, name = (Bool, VACUUM_SWITCH) if switch else (Float64, VACUUM)
        node.create_subscription(kind, numbered(name, cup), self._take, SENSOR)

    def _take(self, message: Any) -> None:
        self.vacuum = self._full * float(message.data) if isinstance(message, Bool) else float(message.data)
        self._heard()


class Rod:
    """The rod that carries the cup: travel 0..1 and push in newtons on a topic, with its sensor."""

    def __init__(self, node: Node, tool: DualTool, heard: Callable[[], None]) -> None:
        self.travel, self._node, self._heard = 0.0, node, heard
        self._command = node.create_publisher(JointState, ROD, CONTROL)
        node.create_subscription(JointState, ROD_STATE, self._take, SENSOR)

    def go(self, command: GripCommand) -> None:
        goal = {TRAVEL: (float(command.cup_extended), command.push)}
        self._command.publish(named(goal, self._node.get_clock().now().to_msg()))

    def _take(self, message: JointState) -> None:
        self.travel = min(max(values_of(message, (TRAVEL,))[TRAVEL][0], 0.0), 1.0)
        self._heard()


class BlindRod:
    """A rod on a digital output without a sensor: where it is follows from how long it has been driven."""

    def __init__(self, node: Node, tool: DualTool, clock: Callable[[], float] = time.monotonic) -> None:
        self._stroke, self._clock = max(tool.cup.stroke_time, 1e-3), clock
        self._from, self._goal, self._since = 0.0, 0.0, clock()
        self._command = node.create_publisher(Bool, ROD_OUTPUT, CONTROL)

    @property
    def travel(self) -> float:
        way = (self._clock() - self._since) / self._stroke
        return self._from + min(max(self._goal - self._from, -way), way)

    def go(self, command: GripCommand) -> None:
        self._from, self._goal, self._since = self.travel, float(command.cup_extended), self._clock()
        self._command.publish(Bool(data=command.cup_extended))


class NoFingers:
    """What there is of fingers on a tool that has none: as wide open as the cups need them."""

    force = 0.0

    def __init__(self, tool: DualTool) -> None:
        self.gap = tool.cup.fingers_open


class FixedRod:
    """A rod that does not move: its cups are always out."""

    travel = 1.0


class Played:
    """The tool of a dry run: it goes where it is told, and never holds anything."""

    vacuum = force = 0.0

    def __init__(self, tool: DualTool) -> None:
        self.gap, self.travel = tool.cup.fingers_open, 0.0

    def go(self, command: GripCommand) -> None:
        self.gap, self.travel = command.opening, float(command.cup_extended)


def checked(command: GripCommand, tool: DualTool) -> GripCommand:
    """A command within what the tool can do. Raises HandpickError: it is none."""
    numbers, there = (command.opening, command.force, command.vacuum), len(tool.cup.places)
    if not all(abs(number) < float("inf") for number in numbers) or not command.push > 0:
        raise HandpickError(f"tool: expected finite numbers and a positive push, got {command}")
    if not command.cups or max(command.cups) >= there:
        raise HandpickError(f"tool: expected cups out of its {there}, counted from 0, got {command.cups}")
    least, widest = tool.gripper.opening
    weakest, strongest = tool.gripper.force
    return GripCommand(
        min(max(command.opening, least), widest),
        min(max(command.force, weakest), strongest),
        command.cup_extended,
        min(max(command.vacuum, 0.0), tool.cup.pressure_full),
        command.push,
        command.cups,
    )
