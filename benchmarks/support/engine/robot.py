"""The arm with its tool in MuJoCo: the same motors, springs and drives, told to another engine."""

from __future__ import annotations

import numpy as np

from benchmarks.support.engine.model import ROBOT
from benchmarks.support.engine.need import mujoco
from benchmarks.support.engine.world import MujocoWorld
from grasping.tools import DualTool
from motion.robot.description import ArmDescription
from motion.trajectory import Trajectory
from perception.pose import Array, Pose
from sim.robot.arm import Follower
from sim.robot.bellows import JOINTS, Bellows
from sim.robot.fingers import FINGER_GAIN, FINGERS, SLIDE_GAIN, Fingers, Slide

BANDWIDTH = 60.0  # rad/s, as of `sim.robot.arm.ArmBody`


class MujocoArm:
    """Computed torque within the motors' limits, as `sim.robot.arm.ArmBody` has it, with MuJoCo's own dynamics.

    Args:
        start: joint positions (J,), rad.
    """

    body = ROBOT

    def __init__(self, world: MujocoWorld, tool: DualTool, arm: ArmDescription, start: Array) -> None:
        self.world, self.tool, self.description = world, tool, arm
        model, self.vacuum = world.model, np.zeros(len(tool.cup.places))
        joints = {model.joint(i).name: model.joint(i) for i in range(model.njnt)}
        self._q = {name: int(joint.qposadr[0]) for name, joint in joints.items()}
        self._v = {name: int(joint.dofadr[0]) for name, joint in joints.items()}
        self.link = {model.body(i).name: i for i in range(model.nbody)}
        self._q_arm, self._v_arm = ([at[name] for name in arm.joint_names] for at in (self._q, self._v))
        world.data.qpos[self._q_arm] = start
        world.settle()
        self._full = np.zeros((model.nv, model.nv))
        self._springs = Bellows(tool.cup, tuple(self._inertia(name) for name in JOINTS))
        self._follower = Follower.resting(np.asarray(start), arm.limits)
        world.before.append(self._spring)

    @property
    def positions(self) -> Array:
        return np.array(self.world.data.qpos[self._q_arm])

    @property
    def velocities(self) -> Array:
        return np.array(self.world.data.qvel[self._v_arm])

    def where(self, joint: str) -> tuple[float, float]:
        """Position and velocity of any joint by its name."""
        data = self.world.data
        return float(data.qpos[self._q[joint]]), float(data.qvel[self._v[joint]])

    def put(self, joint: str, position: float) -> None:
        """Put a joint somewhere at once."""
        self.world.data.qpos[self._q[joint]] = position
        self.world.settle()

    def motor(self, joint: str, rate: float, force: float) -> None:
        """A drive that goes at a rate, m/s, with at most so many newtons."""
        data, i = self.world.data, self.world.model.actuator(joint).id
        self.world.model.actuator_forcerange[i] = -force, force
        data.ctrl[i] = rate

    def T_base_link(self, name: str) -> Pose:
        """Pose of a link's frame now."""
        at = self.world.data.body(name)
        return Pose.from_rotation(at.xpos, at.xmat.reshape(3, 3))

    def follow(self, trajectory: Trajectory) -> None:
        """Follow a trajectory from now on."""
        self._follower = Follower(trajectory, self.description.limits)

    def actuate(self) -> None:
        """Set the motors' torques for the next step."""
        self.drive(*self._follower.advance(self.world.dt))

    def drive(self, position: Array, velocity: Array, acceleration: Array) -> None:
        """Torques towards a reference, each (J,)."""
        error, late = position - self.positions, velocity - self.velocities
        wanted = acceleration + BANDWIDTH**2 * error + 2 * BANDWIDTH * late
        rows = np.ix_(self._v_arm, self._v_arm)
        torque = self._mass()[rows] @ wanted + self.world.data.qfrc_bias[self._v_arm]
        most = self.description.limits.torque
        self.world.data.qfrc_applied[self._v_arm] = np.clip(torque, -most, most)

    def _spring(self) -> None:
        """Before each step of the physics: the bellows."""
        states = np.array([self.where(name) for name in JOINTS])
        forces = self._springs.forces(states[None, :, 0], states[None, :, 1], self.vacuum)[0]
        for name, force in zip(JOINTS, forces):
            self.world.data.qfrc_applied[self._v[name]] = force

    def _mass(self) -> Array:
        mujoco().mj_fullM(self.world.model, self.world.data, self._full)
        return self._full

    def _inertia(self, name: str) -> float:
        """What a joint moves beyond it, kg or kg m^2."""
        return float(self._mass()[self._v[name], self._v[name]])


class MujocoFingers(Fingers):
    """The same fingers; their rack is part of the model."""

    _arm: MujocoArm  # type: ignore[assignment]

    def _set_up(self) -> None:
        for name in FINGERS:
            self._arm.put(name, self._goal / 2)

    def _motor(self, name: str, position: float, rate: float, force: float) -> None:
        dt, place = self._arm.world.dt, self._arm.where(name)[0]
        self._arm.motor(name, FINGER_GAIN * (position - place) / dt + rate, force)


class MujocoSlide(Slide):
    """The same rod."""

    _arm: MujocoArm  # type: ignore[assignment]

    def jump(self, extended: bool) -> None:
        self.go(extended)
        self._drive = self._goal
        self._arm.put("cup_slide", self._goal)

    def _motor(self, rate: float, force: float) -> None:
        place = self._arm.where("cup_slide")[0]
        self._arm.motor("cup_slide", SLIDE_GAIN * (self._drive - place) / self._arm.world.dt + rate, force)
