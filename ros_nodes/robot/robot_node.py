"""A simulated robot behind real topics: cameras, joint states, a trajectory controller with its rules, and the tool.

It knows nothing of the nodes that drive it, and they do not know that it is simulated but for its clock.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import rclpy
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo, Image, JointState
from std_msgs.msg import Bool, Float64, String
from std_srvs.srv import Trigger
from trajectory_msgs.msg import JointTrajectory

from grasping.tool_solids import numbered
from grasping.tools import DualTool, GripCommand
from handpick.cell import CellStopped
from motion.trajectory import Trajectory, TrajectoryError
from ros_nodes.messages import image_message, named, seconds, to_time, values_of
from ros_nodes.node import use_profile
from ros_nodes.robot.controller_rules import accepted, spliced
from ros_nodes.robot.protocol import Robot
from ros_nodes.tool.parts import GAP, TRAVEL
from ros_nodes.topics import (
    CONTROL,
    CONTROLLER,
    GRIPPER,
    GRIPPER_STATE,
    JOINT_STATES,
    LATCHED,
    PROTECTIVE_STOP,
    PUMP,
    ROBOT_RECOVER,
    ROD,
    ROD_STATE,
    SENSOR,
    VACUUM,
    VALVE,
)

STEP = 1 / 240  # seconds of simulation between two looks at topics
STATES = 4  # steps between two states
REFILL = 60  # steps between two items that are put back
RECOVERY = 3.0  # seconds from the request until the arm goes again
FAULTS = ("freeze joints", "degrees", "nan joints", "other order", "reject", "jump", "malformed images")
WELL = "well"


class RobotNode(Node):
    """Serves a robot.

    Args:
        names: of its joints. camera_rate: images of each camera in a simulated second.
        pace: simulated seconds in a second, at most. truth: what really happened, for reports and tests.
        put_back: puts one item back into the source, False where all are there: for runs without end.
    """

    def __init__(
        self,
        robot: Robot,
        names: Sequence[str],
        tool: DualTool,
        camera_rate: float = 10.0,
        pace: float = 1.0,
        truth: Callable[[], dict[str, Any]] = dict,
        put_back: Callable[[], bool] = lambda: False,
    ) -> None:
        super().__init__("robot")
        self.robot, self.names, self._pace, self._truth = robot, tuple(names), pace, truth
        self.faults: set[str] = set()
        self._put_back, self._refilling = put_back, False
        self._goal = GripCommand(tool.cup.fingers_open)
        self._period, cameras = 1 / camera_rate, robot.layout.cameras
        self._due = {camera.name: self._period * i / len(cameras) for i, camera in enumerate(cameras)}
        self._followed = self._resting(), 0.0
        self._recovered: float | None = None
        self._steps, self._frozen = 0, robot.state()
        make = self.create_publisher
        self._clock_out = make(Clock, "/clock", SENSOR)
        self._joints, self._gap = make(JointState, JOINT_STATES, SENSOR), make(JointState, GRIPPER_STATE, SENSOR)
        self._cups = len(tool.cup.places)
        self._vacuums = [make(Float64, numbered(VACUUM, i), SENSOR) for i in range(self._cups)]
        self._travel = make(JointState, ROD_STATE, SENSOR)
        self._protective = make(Bool, PROTECTIVE_STOP, LATCHED)
        self._images = {
            camera.name: (make(Image, f"{camera.name}/depth", SENSOR), make(Image, f"{camera.name}/color", SENSOR))
            for camera in cameras
        }
        self._infos = {camera.name: make(CameraInfo, f"{camera.name}/info", SENSOR) for camera in cameras}
        hear = self.create_subscription
        hear(JointTrajectory, CONTROLLER, self._follow, CONTROL)
        hear(JointState, GRIPPER, lambda m: self._grip(*zip(("opening", "force"), values_of(m, (GAP,))[GAP])), CONTROL)
        hear(JointState, ROD, self._drive_rod, CONTROL)
        hear(Float64, PUMP, lambda m: self._grip(("vacuum", float(m.data))), CONTROL)
        for i in range(self._cups):
            hear(Bool, numbered(VALVE, i), lambda m, i=i: self._open(i, bool(m.data)), CONTROL)
        hear(String, "fault", self._fault, CONTROL)
        self.create_service(Trigger, ROBOT_RECOVER, self._recover)
        self.create_service(Trigger, "truth", self._tell_truth)
        self.create_service(Trigger, "refill", self._refill)

    def serve(self) -> None:
        """Simulate and publish until the context ends."""
        executor = SingleThreadedExecutor()
        executor.add_node(self)
        began = time.monotonic() - self.robot.clock() / self._pace
        while rclpy.ok():
            executor.spin_once(timeout_sec=0)
            self._step()
            ahead = self.robot.clock() / self._pace - (time.monotonic() - began)
            if ahead > 0:
                time.sleep(ahead)
            else:
                began -= ahead  # what is lost is not caught up with

    def _step(self) -> None:
        try:
            self.robot.wait(STEP)
        except CellStopped:
            if self._recovered is None:
                self._recovered = float("inf")
                self._protective.publish(Bool(data=True))
        self._steps += 1
        now = self.robot.clock()
        if self._recovered is not None and now >= self._recovered:
            self._recovered, self._followed = None, (self._resting(), now)
            self.robot.recover(0.0)
            self._protective.publish(Bool(data=False))
        if self._steps % STATES == 0:
            self._tell_states()
        if self._refilling and self._steps % REFILL == 0:
            self._refilling = self._put_back()
        for name, due in self._due.items():
            if now >= due:
                self._due[name] = max(due + self._period, now)
                self._tell_image(name)
                break  # one a step: nothing else waits for long

    def _tell_states(self) -> None:
        now = self.robot.clock() - 5.0 * ("jump" in self.faults)
        self._clock_out.publish(Clock(clock=to_time(now)))
        state = self.robot.state()
        if "freeze joints" not in self.faults:
            self._joints.publish(self._joint_message(state.positions, state.velocities, state.efforts, now))
        stamp = to_time(now)
        self._gap.publish(named({GAP: (state.finger_gap, state.finger_force)}, stamp))
        self._travel.publish(named({TRAVEL: (state.cup_travel, 0.0)}, stamp))
        for gauge, vacuum in zip(self._vacuums, state.cups):
            gauge.publish(Float64(data=float(vacuum)))

    def _joint_message(self, q: np.ndarray, v: np.ndarray, effort: np.ndarray, now: float) -> JointState:
        """The arm's joints behind a finger's, as drivers of whole robots tell them."""
        q = np.rad2deg(q) if "degrees" in self.faults else q * np.nan if "nan joints" in self.faults else q
        turn = slice(None, None, -1 if "other order" in self.faults else 1)
        message = JointState(name=["finger", *self.names[turn]])
        message.header.stamp = to_time(now)
        message.position, message.velocity, message.effort = ([0.0, *row[turn].tolist()] for row in (q, v, effort))
        return message

    def _tell_image(self, name: str) -> None:
        if f"camera {name}" in self.faults:
            return
        frame = self.robot.photograph(name)
        stamp, camera = to_time(frame.stamp), frame.camera
        info = CameraInfo(height=camera.height, width=camera.width, k=camera.k.ravel(), distortion_model="plumb_bob")
        info.header.stamp, info.header.frame_id = stamp, name
        self._infos[name].publish(info)
        self._images[name][0].publish(image_message(frame.depth, "32FC1", stamp, name))
        encoding = "yuv422" if "malformed images" in self.faults else "rgb8"
        self._images[name][1].publish(image_message(frame.color, encoding, stamp, name))

    def _follow(self, message: JointTrajectory) -> None:
        """As the controller does: replace what is followed at once, or reject and go on as before."""
        times = [seconds(point.time_from_start) for point in message.points]
        rows = [(point.positions, point.velocities, point.effort) for point in message.points]
        now, (followed, began) = self.robot.clock(), self._followed
        stamp = seconds(message.header.stamp)
        try:
            if "reject" in self.faults:
                raise TrajectoryError("told to reject")
            plan = accepted(self.names, message.joint_names, times, rows)
            motion = spliced(*plan, now - stamp if stamp > 0 else 0.0, followed.sample(now - began)[:2])
            if motion is None:
                raise TrajectoryError(f"it ended {now - stamp - times[-1]:.3f} s ago")
            if self._recovered is None:
                self.robot.move(motion)
                self._followed = motion, now
        except (TrajectoryError, CellStopped) as error:
            self.get_logger().error(f"trajectory rejected: {error}")

    def _resting(self) -> Trajectory:
        rows = np.repeat(self.robot.state().positions[None], 2, axis=0)
        return Trajectory(np.array((0.0, 1.0)), rows, 0 * rows, 0 * rows)

    def _drive_rod(self, message: JointState) -> None:
        travel, push = values_of(message, (TRAVEL,))[TRAVEL]
        self._grip(("cup_extended", travel > 0.5), ("push", push))

    def _open(self, cup: int, is_open: bool) -> None:
        self._grip(("cups", tuple(sorted({*self._goal.cups, cup} if is_open else {*self._goal.cups} - {cup}))))

    def _grip(self, *changes: tuple[str, object]) -> None:
        self._goal = replace(self._goal, **dict(changes))  # type: ignore[arg-type]
        self.robot.grip(self._goal)

    def _fault(self, message: String) -> None:
        """Something goes wrong from now on, for tests; `well` ends all of it."""
        if message.data in (*FAULTS, *(f"camera {name}" for name in self._due)):
            self.faults.add(message.data)
        elif message.data == WELL:
            self.faults.clear()
        else:
            self.get_logger().error(f"expected a fault out of {', '.join(FAULTS)}, camera NAME, {WELL}: {message.data}")

    def _recover(self, asked: Trigger.Request, answer: Trigger.Response) -> Trigger.Response:
        if self._recovered is not None:
            self._recovered = min(self._recovered, self.robot.clock() + RECOVERY)
        answer.success = True
        return answer

    def _refill(self, asked: Trigger.Request, answer: Trigger.Response) -> Trigger.Response:
        """Put all items back, one after another, while the arm is out of the way."""
        answer.success = self._refilling = True
        return answer

    def _tell_truth(self, asked: Trigger.Request, answer: Trigger.Response) -> Trigger.Response:
        now = {"clock": self.robot.clock(), "joints": self.robot.state().positions.tolist()}
        told = now | self._truth() | {"refilling": self._refilling}
        answer.success, answer.message = True, json.dumps(told)
        return answer


def serve(arguments: list[str], *robot: Any) -> None:
    """Serve a robot, with arguments of ROS, until the context ends. robot: as of RobotNode."""
    use_profile()
    rclpy.init(args=arguments)
    try:
        RobotNode(*robot).serve()
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    except Exception:
        if rclpy.ok():  # what is published while the context ends fails as it may
            raise
    finally:
        rclpy.try_shutdown()
