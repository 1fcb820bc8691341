"""The tool's node: gripper, rod and pump behind one command, their sensors behind one state."""

from __future__ import annotations

from collections.abc import Callable

from sensor_msgs.msg import JointState
from std_srvs.srv import Trigger

from grasping.tool_solids import numbered
from grasping.tools import GripCommand
from perception.errors import HandpickError
from ros_nodes.control.watchdog import Watchdog, lateness
from ros_nodes.node import CellNode, main_of
from ros_nodes.tool.parts import (
    ActionFingers,
    BlindRod,
    Fingers,
    FixedRod,
    Gauge,
    NoFingers,
    Part,
    Played,
    Pump,
    Rod,
    Valves,
    checked,
)
from ros_nodes.tool.words import command_of, readings_message
from ros_nodes.topics import CONTROL, EVENTS, TOOL_COMMAND, TOOL_STATE

OFTEN = 1 / 60  # seconds between two states


class ToolNode(CellNode):
    """Parameters:

    cell; dry_run (true); gripper: topic or action; finger_joints, finger_scale, gripper_action: of the action;
    pump: pressure or digital; vacuum: gauge or switch; rod: topic, digital or fixed; stale_tool: seconds (0.5).
    Of several cups each has a gauge and a valve of its own. A tool without fingers has no gripper.
    """

    def __init__(self) -> None:
        super().__init__("tool")
        self.tool = tool = self.folder().tool
        self.dry, limit = bool(self.parameter("dry_run", True)), float(self.parameter("stale_tool", 0.5))
        self.dogs: dict[str, Watchdog] = {}
        self.fingers: Fingers | ActionFingers | NoFingers | Played
        self.gauges: tuple[Gauge | Played, ...]
        self.rod: Rod | BlindRod | FixedRod | Played
        if self.dry:
            played = Played(tool)
            self.fingers, self.rod, self.gauges = played, played, (played,) * len(tool.cup.places)
            self.parts: tuple[Part, ...] = (played,)
        else:
            self.fingers, self.rod, self.gauges = self._fingers(limit), self._rod(limit), self._gauges(limit)
            driven = [part for part in (self.fingers, self.rod) if not isinstance(part, NoFingers | FixedRod)]
            valves = [Valves(self, tool)] if len(tool.cup.places) > 1 else []
            self.parts = (*driven, *valves, Pump(self, self.choice("pump", ("pressure", "digital")) == "digital"))
        self.command = GripCommand(tool.cup.fingers_open)
        self._state = self.create_publisher(JointState, TOOL_STATE, CONTROL)
        self.create_subscription(JointState, TOOL_COMMAND, lambda message: self.go(command_of(message)), EVENTS)
        self.create_service(Trigger, "tool/open", lambda asked, answer: self._serve(answer))
        self.every(OFTEN, self._tell_state)

    def _fingers(self, limit: float) -> Fingers | ActionFingers | NoFingers:
        gripper, joints = self.choice("gripper", ("topic", "action")), self.parameter("finger_joints", ["finger_joint"])
        scale, action = float(self.parameter("finger_scale", 2.0)), str(self.parameter("gripper_action", "gripper_cmd"))
        if not self.tool.fingers:
            return NoFingers(self.tool)
        heard = self._dog("gripper", limit)
        if gripper == "topic":
            return Fingers(self, self.tool, heard)
        return ActionFingers(self, self.tool, heard, list(joints), scale, action)

    def _rod(self, limit: float) -> Rod | BlindRod | FixedRod:
        kind = self.choice("rod", ("topic", "digital", "fixed"))
        if kind == "topic":
            return Rod(self, self.tool, self._dog("rod", limit))
        return BlindRod(self, self.tool) if kind == "digital" else FixedRod()

    def _gauges(self, limit: float) -> tuple[Gauge, ...]:
        switch, cups = self.choice("vacuum", ("gauge", "switch")) == "switch", range(len(self.tool.cup.places))
        return tuple(Gauge(self, self.tool, self._dog(numbered("vacuum", i), limit), switch, i) for i in cups)

    def _dog(self, name: str, limit: float) -> Callable[[], None]:
        """A watch over readings; to be called with each of them."""
        self.dogs[name] = Watchdog(f"readings of the {name}", limit)
        return self.dogs[name].beat

    def status(self) -> tuple[str, str, str, dict[str, str]]:
        late = lateness(self.dogs.values())
        return ("error", "blind", late, {}) if late else ("ok", "dry run" if self.dry else "ready", "", {})

    def go(self, command: GripCommand) -> None:
        """Pass a command on, within what the tool can do. Raises HandpickError."""
        self.command = checked(command, self.tool)
        for part in self.parts:
            part.go(self.command)

    def _serve(self, answer: Trigger.Response) -> Trigger.Response:
        """For a person: let go of whatever the tool holds."""
        try:
            self.go(GripCommand(self.tool.gripper.opening[1]))
            answer.success = True
        except HandpickError as error:
            answer.success, answer.message = False, str(error)
        return answer

    def _tell_state(self) -> None:
        if not lateness(self.dogs.values()):
            vacuums = [gauge.vacuum for gauge in self.gauges]
            reading = self.rod.travel, self.fingers.gap, self.fingers.force
            self._state.publish(readings_message(vacuums, *reading, self.get_clock().now().to_msg()))


main = main_of(ToolNode)
