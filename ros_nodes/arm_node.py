"""The arm's node, the only one that moves anything: checks each motion, sends it window by window, holds when in doubt.

It is no safety function: a real arm needs its own.
"""

from __future__ import annotations

import time
from functools import partial

import numpy as np
from diagnostic_msgs.msg import DiagnosticStatus, KeyValue
from sensor_msgs.msg import JointState
from std_msgs.msg import Bool
from std_srvs.srv import Trigger
from trajectory_msgs.msg import JointTrajectory

from perception.errors import HandpickError
from ros_nodes.control.arm_control import JOINTS, ArmControl, ArmState
from ros_nodes.control.watchdog import Watchdog
from ros_nodes.control.windows import Window
from ros_nodes.controllers import make_controller
from ros_nodes.messages import motion_message, motion_of, seconds, to_time
from ros_nodes.node import ENDED, CellNode, main_of
from ros_nodes.topics import (
    ANSWER,
    ARM_BRAKE,
    ARM_JOINTS,
    ARM_RECOVER,
    ARM_RESET,
    ARM_STOP,
    BEGINS,
    CONTROL,
    EVENTS,
    JOINT_STATES,
    MOTION,
    PROTECTIVE_STOP,
    ROBOT_RECOVER,
    SENSOR,
)

TICK = 0.01  # seconds between two looks at watchdogs and windows
OFTEN = 0.004  # seconds between joint states that are handed on, at least


class ArmNode(CellNode):
    """Parameters:

    cell; dry_run: check and answer, but send nothing (true); speed: share of the velocity limits (0.1);
    stale_joints, stale_perception, stale_supervisor, stale_planner: seconds (joints 0.12, planner 0.5, else 0.15);
    horizon: seconds of a motion that are sent at a time (0.15); lead: seconds from an order to its start (0.03);
    controller: auto, action or topic;
    self_recover: whether the loop may set the arm going after a protective stop (false).
    """

    def __init__(self) -> None:
        super().__init__("arm")
        folder = self.folder()
        limits = {name: float(self.parameter(f"stale_{name.split()[0]}", limit)) for name, limit in NEEDED.items()}
        limits[JOINTS] = float(self.parameter("stale_joints", 0.12))
        self.dogs = {name: Watchdog(name, limit) for name, limit in limits.items()}
        horizon = float(self.parameter("horizon", 0.15))
        self.control = ArmControl(
            *(folder.arm, self.dogs, self.cell_clock.now),
            *(float(self.parameter("speed", 0.1)), bool(self.parameter("dry_run", True))),
            *(horizon, horizon / 3, float(self.parameter("lead", 0.03))),
        )
        self._robot, self._ghost = folder.robot(), np.array(folder.arm.home)
        self._self_recover = bool(self.parameter("self_recover", False))
        kind = self.choice("controller", ("auto", "action", "topic"))
        self._controller = make_controller(self, kind, lambda why: self._send(self.control.stop(why)))
        self._answers = self.create_publisher(DiagnosticStatus, ANSWER, EVENTS)
        self._joints = self.create_publisher(JointState, ARM_JOINTS, CONTROL)
        self._handed_on = 0.0
        self._supervised = ""  # why the supervisor has stopped
        self.create_subscription(JointState, JOINT_STATES, self._hear_joints, SENSOR)
        self.create_subscription(JointTrajectory, MOTION, self._begin, EVENTS)
        self.create_subscription(Bool, PROTECTIVE_STOP, self._hear_protective_stop, CONTROL)
        for name in NEEDED:
            self.hear(name, partial(self._hear_status, name))
        self._recovery = self.create_client(Trigger, ROBOT_RECOVER)
        for service, action in (
            (ARM_BRAKE, lambda: self._send(self.control.brake())),
            (ARM_STOP, self._asked_to_stop),
            (ARM_RESET, self.control.reset),
            (ARM_RECOVER, self._recover),
        ):
            self.create_service(Trigger, service, lambda asked, answer, do=action: self._serve(do, answer))
        self.every(TICK, self._tick)

    def status(self) -> tuple[str, str, str, dict[str, str]]:
        state, why = self.control.state, self.control.why
        level = {ArmState.WAITING: "warn", ArmState.READY: "ok", ArmState.MOVING: "ok"}.get(state, "error")
        figures = {"dry_run": str(self.control.dry).lower(), "speed": f"{self.control.speed:g}"}
        return level, state.value, why, figures

    def not_alone(self, others: int) -> None:
        super().not_alone(others)
        self._send(self.control.stop(f"{others + 1} arm nodes run at once: stop all but one"))

    def failed(self, error: Exception) -> None:
        super().failed(error)
        self._send(self.control.stop(f"an error in this node: {error!r}"))

    def leave(self) -> None:
        """Brake before this node ends."""
        self._send(self.control.stop("this node was ended"))
        super().leave()

    def _tick(self) -> None:
        if jump := self.cell_clock.jumped():
            self._send(self.control.stop(f"ROS time jumped by {jump:.2f} s"))
        for name in self.neighbours.ended():
            self.control.complaints[name] = f"the {name} node's process has ended"
        if self.control.moving and not self.control.dry and (why := self._controller.why()):
            self._send(self.control.stop(why))
        self._send(self.control.tick())

    def _send(self, window: Window | None) -> None:
        """Send a window with the time at which it begins, so that the next one joins it exactly."""
        self._changed()
        if window is not None and not self.control.dry:
            stamp = to_time(self.cell_clock.stamp(window.begins))
            self._controller.send(motion_message(window.motion, self.control.names, stamp))

    def _changed(self) -> None:
        """Tell a change of state at once."""
        if self.control.state is not getattr(self, "_told", None):
            self._told = self.control.state
            self.tell()

    def _begin(self, message: JointTrajectory) -> None:
        answer = DiagnosticStatus(level=DiagnosticStatus.OK, name="arm", hardware_id=message.header.frame_id)
        try:
            at = self.cell_clock.at(seconds(message.header.stamp))
            window = self.control.begin(motion_of(message, self.control.names), at)
            self._send(window)
            answer.values = [KeyValue(key=BEGINS, value=f"{self.cell_clock.stamp(window.begins):.6f}")]
        except HandpickError as error:
            answer.level, answer.message = DiagnosticStatus.ERROR, str(error)
        self._answers.publish(answer)

    def _hear_joints(self, message: JointState) -> None:
        self._send(self.control.hear_joints(message.name, message.position, message.velocity, message.effort))
        now = time.monotonic()
        if self.control.positions is None or now - self._handed_on < OFTEN:
            return
        self._handed_on = now
        ordered = JointState(header=message.header, name=list(self.control.names))
        rows = self._played() if self.control.dry else self.control.newest
        ordered.position, ordered.velocity, ordered.effort = (row.tolist() for row in rows)
        self._joints.publish(ordered)

    def _played(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """What joint states would be in a dry run: the motion followed exactly."""
        q, v, a = self.control.played()
        return q, v, self._robot.torques(q[None], v[None], a[None])[0]

    def _hear_status(self, name: str, level: str, state: str, why: str) -> None:
        self.dogs[name].beat()
        if name == "supervisor":
            self._supervised = why if state == "stopped" else ""
        if state == ENDED or (level == "error" and name != "supervisor"):
            self.control.complaints[name] = why
            self._tick()  # at once
        else:
            self.control.complaints.pop(name, None)

    def _hear_protective_stop(self, message: Bool) -> None:
        if message.data:
            self._send(self.control.stop("the robot stopped by itself", ArmState.PROTECTIVE))
        elif self.control.state is ArmState.PROTECTIVE and self._self_recover:
            self._serve(self.control.reset, Trigger.Response())

    def _asked_to_stop(self) -> None:
        """Stop for a person, or for the supervisor, which may have seen first what this node then sees, too."""
        self._tick()
        self._send(self.control.stop(self._supervised or "stopped by a person"))

    def _recover(self) -> None:
        """Have the robot set going after a protective stop; it tells when it has."""
        if not self._self_recover:
            raise HandpickError("expected a person after a protective stop, since self_recover is false: reset")
        if self.control.state is ArmState.PROTECTIVE:
            self._recovery.call_async(Trigger.Request())

    def _serve(self, action: object, answer: Trigger.Response) -> Trigger.Response:
        try:
            action()  # type: ignore[operator]
            answer.success = True
        except HandpickError as error:
            answer.success, answer.message = False, str(error)
        self._changed()
        return answer


NEEDED = {"perception": 0.15, "supervisor": 0.15, "planner": 0.5}  # whose status is expected, and how often, seconds

main = main_of(ArmNode)
