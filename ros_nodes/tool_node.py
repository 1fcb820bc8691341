"""The tool's node: gripper, rod and pump behind one command, their sensors behind one state."""

from __future__ import annotations

from sensor_msgs.msg import JointState
from std_srvs.srv import Trigger

from grasping.tools import GripCommand
from perception.errors import HandpickError
from ros_nodes.control.watchdog import Watchdog, lateness
from ros_nodes.node import CellNode, main_of
from ros_nodes.tool.parts import ActionFingers, BlindRod, Fingers, Gauge, Part, Played, Pump, Rod, checked
from ros_nodes.tool.words import command_of, readings_message
from ros_nodes.topics import CONTROL, EVENTS, TOOL_COMMAND, TOOL_STATE

OFTEN = 1 / 60  # seconds between two states


class ToolNode(CellNode):
    """Parameters:

    cell; dry_run (true); gripper: topic or action; finger_joints, finger_scale, gripper_action: of the action;
    pump: pressure or digital; vacuum: gauge or switch; rod: topic or digital; stale_tool: seconds (0.5).
    """

    def __init__(self) -> None:
        super().__init__("tool")
        self.tool = tool = self.folder().tool
        self.dry, limit = bool(self.parameter("dry_run", True)), float(self.parameter("stale_tool", 0.5))
        dogs = {name: Watchdog(f"readings of the {name}", limit) for name in ("gripper", "vacuum", "rod")}
        gripper, joints = self.choice("gripper", ("topic", "action")), self.parameter("finger_joints", ["finger_joint"])
        scale, action = float(self.parameter("finger_scale", 2.0)), str(self.parameter("gripper_action", "gripper_cmd"))
        pump, vacuum = self.choice("pump", ("pressure", "digital")), self.choice("vacuum", ("gauge", "switch"))
        rod = self.choice("rod", ("topic", "digital"))
        self.parts: tuple[Part, ...]
        self.fingers: Fingers | ActionFingers | Played
        self.gauge: Gauge | Played
        self.rod: Rod | BlindRod | Played
        if self.dry:
            played = Played(tool)
            self.fingers, self.gauge, self.rod, self.parts, dogs = played, played, played, (played,), {}
        else:
            heard = {name: dog.beat for name, dog in dogs.items()}
            self.fingers = (
                Fingers(self, tool, heard["gripper"])
                if gripper == "topic"
                else ActionFingers(self, tool, heard["gripper"], list(joints), scale, action)
            )
            self.gauge = Gauge(self, tool, heard["vacuum"], vacuum == "switch")
            self.rod = Rod(self, tool, heard["rod"]) if rod == "topic" else BlindRod(self, tool)
            if rod == "digital":
                del dogs["rod"]
            self.parts = (self.fingers, self.rod, Pump(self, pump == "digital"))
        self.dogs = dogs
        self.command = GripCommand(tool.cup.fingers_open)
        self._state = self.create_publisher(JointState, TOOL_STATE, CONTROL)
        self.create_subscription(JointState, TOOL_COMMAND, lambda message: self.go(command_of(message)), EVENTS)
        self.create_service(Trigger, "tool/open", lambda asked, answer: self._serve(answer))
        self.every(OFTEN, self._tell_state)

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
            reading = self.gauge.vacuum, self.rod.travel, self.fingers.gap, self.fingers.force
            self._state.publish(readings_message(*reading, self.get_clock().now().to_msg()))


main = main_of(ToolNode)
