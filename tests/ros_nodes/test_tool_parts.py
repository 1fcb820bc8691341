"""A tool's usual interfaces, read and driven: a switch, outputs, a rod without a sensor, a gripper's action."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("rclpy")

from sensor_msgs.msg import JointState
from std_msgs.msg import Bool, Float64

from grasping.tools import FOUR_CUPS, DualTool, GripCommand
from perception.errors import HandpickError
from ros_nodes.tool import parts

TOOL = DualTool()


class Node:
    """Keeps what is published, and gives what is heard."""

    def __init__(self) -> None:
        self.sent: list[Any] = []
        self.heard: list[Any] = []

    def create_publisher(self, kind: Any, name: str, qos: Any) -> Any:
        return SimpleNamespace(publish=self.sent.append)

    def create_subscription(self, kind: Any, name: str, take: Any, qos: Any) -> None:
        self.heard.append(take)


def test_a_switch_is_read_as_full_vacuum_or_none() -> None:
    for switch, message, vacuum in (
        (True, Bool(data=True), TOOL.cup.pressure_full),
        (True, Bool(data=False), 0.0),
        (False, Float64(data=3e4), 3e4),
    ):
        node = Node()
        gauge = parts.Gauge(node, TOOL, lambda: None, switch)  # type: ignore[arg-type]
        node.heard[0](message)
        assert gauge.vacuum == vacuum


def test_a_pump_is_switched_or_regulated() -> None:
    for digital, expected in ((True, [True, False]), (False, [3e4, 0.0])):
        node = Node()
        pump = parts.Pump(node, digital)  # type: ignore[arg-type]
        for vacuum in (3e4, 0.0):
            pump.go(GripCommand(0.04, vacuum=vacuum))
        assert [message.data for message in node.sent] == expected


def test_a_rod_without_a_sensor_is_where_it_has_been_driven() -> None:
    time, node = [0.0], Node()
    rod = parts.BlindRod(node, TOOL, lambda: time[0])  # type: ignore[arg-type]
    rod.go(GripCommand(0.04, cup_extended=True))
    time[0] = TOOL.cup.stroke_time / 2
    assert rod.travel == pytest.approx(0.5)
    rod.go(GripCommand(0.04, cup_extended=False))
    time[0] += TOOL.cup.stroke_time / 4
    assert rod.travel == pytest.approx(0.25)
    time[0] += 9
    assert rod.travel == 0.0 and [message.data for message in node.sent] == [True, False]


def test_a_gripper_behind_its_action(monkeypatch: pytest.MonkeyPatch) -> None:
    goals: list[Any] = []
    client = lambda *args: SimpleNamespace(send_goal_async=goals.append)
    monkeypatch.setattr(parts, "ActionClient", client)
    goal = lambda: SimpleNamespace(command=SimpleNamespace(position=0.0, max_effort=0.0))
    monkeypatch.setattr(parts, "GripperCommand", SimpleNamespace(Goal=goal))
    node, beats = Node(), []
    fingers = parts.ActionFingers(node, TOOL, lambda: beats.append(1), ["left", "right"], 1.0, "gripper")  # type: ignore[arg-type]
    fingers.go(GripCommand(0.05, 30.0))
    assert (goals[0].command.position, goals[0].command.max_effort) == (0.05, 30.0)
    node.heard[0](JointState(name=["elbow", "right", "left"], position=[1.0, 0.02, 0.021], effort=[5.0, 10.0, -12.0]))
    assert fingers.gap == pytest.approx(0.041) and fingers.force == pytest.approx(11.0) and beats == [1]
    node.heard[0](JointState(name=["elbow"], position=[1.0]))
    assert beats == [1]


def test_commands_are_kept_within_the_tool_and_nonsense_is_refused() -> None:
    kept = parts.checked(GripCommand(0.5, 900.0, True, 2e5), TOOL)
    assert (kept.opening, kept.force, kept.vacuum) == (
        TOOL.gripper.opening[1],
        TOOL.gripper.force[1],
        TOOL.cup.pressure_full,
    )
    numbers = GripCommand(float("nan")), GripCommand(0.04, push=-1.0), GripCommand(0.04, vacuum=float("inf"))
    for wrong in (*numbers, GripCommand(0.04, cups=(1,)), GripCommand(0.04, cups=())):
        with pytest.raises(HandpickError):
            parts.checked(wrong, TOOL)


def test_several_cups_have_a_valve_and_a_gauge_each() -> None:
    valves, told = Node(), {}
    command = GripCommand(0.04, vacuum=6e4, cups=(1, 3))
    parts.Valves(valves, FOUR_CUPS).go(parts.checked(command, FOUR_CUPS))  # type: ignore[arg-type]
    assert [message.data for message in valves.sent] == [False, True, False, True]
    for cup in range(4):
        node = Node()
        gauge = parts.Gauge(node, FOUR_CUPS, lambda: None, switch=False, cup=cup)  # type: ignore[arg-type]
        node.heard[0](Float64(data=1e4 * cup))
        told[cup] = gauge.vacuum
    assert told == {0: 0.0, 1: 1e4, 2: 2e4, 3: 3e4}
