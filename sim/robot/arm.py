"""The arm as a physical body: motors with the real torque limits that follow trajectories."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from grasping.tool_solids import numbered
from grasping.tools import DualTool
from motion.robot.description import ArmDescription
from motion.robot.limits import Limits
from motion.robot.load import load_arm
from motion.robot.urdf import arm_urdf
from motion.trajectory import Trajectory, TrajectoryError
from perception.pose import Array, Pose
from sim.bullet import pb
from sim.render.scene import VisualScene
from sim.robot import bellows
from sim.robot.visual import arm_visuals, show_robot

ARM_GROUP = 64  # collision group of the arm, so that rays can look past it


class ArmBody:
    """The arm with its dual tool in PyBullet.

    Computed torque: tau = M(q) (a_ref + k_p e + k_d e') + C + g, clipped to the motors' limits, with the arm's own
    model and without knowledge of the item in hand (Siciliano et al., Robotics, eq. 8.56-8.58).

    Args:
        client: PyBullet client id.
        tool: the tool as data.
        dt: physics step, seconds.
        start: joint positions (J,), rad; the arm's home if None.
        bandwidth: of the position error, rad/s; damping is critical.
        arm: the arm as data; a Panda if None.
    """

    def __init__(
        self,
        client: int,
        tool: DualTool,
        dt: float,
        start: ArrayLike | None = None,
        bandwidth: float = 60.0,
        arm: ArmDescription | None = None,
    ) -> None:
        self.client, self.tool, self.dt = client, tool, dt
        self.description = arm = arm or load_arm("panda")
        names, home = arm.joint_names, np.array(arm.home if start is None else start, np.float64)
        self._kp, self._kd = bandwidth**2, 2 * bandwidth
        self.body = _load(client, arm, tool)
        info = [pb.getJointInfo(self.body, i, physicsClientId=client) for i in range(self._count())]
        self.joint = {row[1].decode(): row[0] for row in info}
        self.link = {row[12].decode(): row[0] for row in info}
        self._moving = [row[0] for row in info if row[2] != pb.JOINT_FIXED]
        self._place = {name: self._moving.index(index) for name, index in self.joint.items() if index in self._moving}
        self._arm = [self._place[name] for name in names]
        for index in self._moving:
            pb.setJointMotorControl2(self.body, index, pb.VELOCITY_CONTROL, force=0, physicsClientId=client)
        for name, angle in zip(names, home.tolist()):
            pb.resetJointState(self.body, self.joint[name], angle, physicsClientId=client)
        for index in range(-1, self._count()):
            pb.setCollisionFilterGroupMask(self.body, index, ARM_GROUP, ~ARM_GROUP, physicsClientId=client)
        cups = range(len(tool.cup.places))
        for i in cups:
            pb.changeDynamics(
                self.body, self.joint[numbered("cup_press", i)], jointLowerLimit=-tool.cup.bellows_stroke,
                jointUpperLimit=tool.cup.bellows_stroke, physicsClientId=client,
            )  # fmt: skip
        passive = [numbered(name, i) for i in cups for name in bellows.JOINTS]
        self._passive = [self._place[name] for name in passive]
        press, bend_x, bend_y = (self._inertia(name) for name in bellows.JOINTS)
        self._bellows = bellows.Bellows(tool.cup, (press, bend_x, bend_y))
        self.vacuum = np.zeros(len(cups))  # in each bellows, Pa below atmosphere
        self._driven = [self.joint[name] for name in (*names, *passive)]
        self._follower = Follower.resting(home, arm.limits)
        self.effort = np.zeros(len(names))  # motor torques of the last step, N m
        self.lag = 0.0  # greatest tracking error of any joint now, rad
        self.read()

    def read(self) -> None:
        """Take positions and velocities of all joints from PyBullet. Call after each step."""
        states = pb.getJointStates(self.body, self._moving, physicsClientId=self.client)
        self._q = np.array([row[0] for row in states])
        self._v = np.array([row[1] for row in states])
        self._T_base_links: dict[str, Pose] = {}

    @property
    def positions(self) -> Array:
        return self._q[self._arm]

    @property
    def velocities(self) -> Array:
        return self._v[self._arm]

    def where(self, joint: str) -> tuple[float, float]:
        """Position and velocity of any joint by its name in the URDF."""
        place = self._place[joint]
        return float(self._q[place]), float(self._v[place])

    def follow(self, trajectory: Trajectory, tolerance: float = 0.05) -> None:
        """Follow a trajectory from now on. It may begin where the arm is, or where it was last told to be.

        Raises:
            TrajectoryError: it is not for this arm's joints, or begins elsewhere.
        """
        first = trajectory.positions[0]
        if first.shape != self.effort.shape:
            raise TrajectoryError(f"expected a trajectory of {len(self.effort)} joints, got {first.shape[0]}")
        gap = min(float(np.abs(first - at).max()) for at in (self.positions, self._follower.goal))
        if gap > tolerance:
            raise TrajectoryError(
                f"expected a trajectory that begins within {tolerance} rad of the arm, it begins {gap:.3f} rad off; "
                "plan from the newest state"
            )
        self._follower = Follower(trajectory, self.description.limits)

    def stop(self) -> None:
        """Brake along the path that is being followed, as fast as the joints' accelerations permit."""
        self._follower.brake()

    def hold(self) -> None:
        """Stay where the arm is now."""
        self._follower = Follower.resting(self.positions, self.description.limits)

    @property
    def remaining(self) -> float:
        """Seconds of the motion that is under way; 0 where none is."""
        return self._follower.remaining

    def ahead(self, seconds: float) -> Array:
        """Where the motion under way will be after so many seconds, or at its end: rad, shape (J,)."""
        return self._follower.ahead(seconds)

    def actuate(self) -> None:
        """Set all motor torques and spring forces for the next step."""
        reference, velocity, acceleration = self._follower.advance(self.dt)
        error = reference - self.positions
        self.lag = float(np.abs(error).max())
        wanted = np.zeros(len(self._moving))
        wanted[self._arm] = acceleration + self._kp * error + self._kd * (velocity - self.velocities)
        torque = pb.calculateInverseDynamics(
            self.body, self._q.tolist(), self._v.tolist(), wanted.tolist(), physicsClientId=self.client
        )
        most = self.description.limits.torque
        self.effort = np.clip(np.array(torque)[self._arm], -most, most)
        bent, bending = (state[self._passive].reshape(-1, 3) for state in (self._q, self._v))
        springs = self._bellows.forces(bent, bending, self.vacuum)
        pb.setJointMotorControlArray(
            self.body,
            self._driven,
            pb.TORQUE_CONTROL,
            forces=[*self.effort.tolist(), *springs.ravel().tolist()],
            physicsClientId=self.client,
        )

    def T_base_link(self, name: str) -> Pose:
        """Pose of a link's frame now."""
        if name not in self._T_base_links:
            state = self._link_state(name)
            self._T_base_links[name] = Pose.from_quaternion(state[4], state[5])
        return self._T_base_links[name]

    def tool_speed(self) -> float:
        """Upper bound of the speed of any point of the tool, m/s."""
        linear, angular = self._link_state("palm")[6:8]
        own = max(abs(self.where(name)[1]) for name in ("finger_left", "finger_right", "cup_slide"))
        return float(np.linalg.norm(linear)) + 0.25 * float(np.linalg.norm(angular)) + own

    def show(self, scene: VisualScene) -> None:
        """Add the arm's looks to what cameras see: its meshes, as far as they are found, else its solids."""
        show_robot(scene, self.client, self.body, arm_visuals(self.description, self.tool))

    def _link_state(self, name: str) -> tuple:
        index = self.link[name]
        client = self.client
        return tuple(pb.getLinkState(self.body, index, 1, 1, physicsClientId=client))

    def _count(self) -> int:
        return int(pb.getNumJoints(self.body, physicsClientId=self.client))

    def _inertia(self, name: str) -> float:
        """What a joint moves beyond it, kg or kg m^2."""
        mass = pb.calculateMassMatrix(self.body, [0.0] * len(self._moving), physicsClientId=self.client)
        return float(mass[self._place[name]][self._place[name]])


class Follower:
    """Walks along a trajectory in time; braking slows the walk, so the arm never leaves the path."""

    def __init__(self, trajectory: Trajectory, limits: Limits) -> None:
        self._trajectory, self._limits = trajectory, limits
        self._time, self._rate, self._slowing = 0.0, 1.0, 0.0
        self._now = self._reference()

    @staticmethod
    def resting(positions: Array, limits: Limits) -> Follower:
        still = np.zeros((2, len(positions)))
        return Follower(Trajectory(np.array([0.0, 1.0]), np.array([positions, positions]), still, still), limits)

    def brake(self, least: float = 0.05) -> None:
        """Come to rest within the joints' accelerations, in `least` seconds or more."""
        if self._slowing == 0.0:
            _, velocity, _ = self._trajectory.sample(self._time)
            self._slowing = 1.0 / max(float((np.abs(velocity) / (0.6 * self._limits.acceleration)).max()), least)

    @property
    def goal(self) -> Array:
        """Where the arm should be now, rad, shape (J,)."""
        return self._trajectory.sample(self._time)[0]

    @property
    def remaining(self) -> float:
        """Seconds to the end of the trajectory at its own pace."""
        return max(self._trajectory.duration - self._time, 0.0)

    def ahead(self, seconds: float) -> Array:
        """Where the trajectory is `seconds` later, rad, shape (J,)."""
        return self._trajectory.sample(self._time + seconds)[0]

    def advance(self, dt: float) -> tuple[Array, Array, Array]:
        """The reference now and the acceleration that leads to the reference after dt; each shape (J,)."""
        position, velocity = self._now
        rate = max(self._rate - self._slowing * dt, 0.0)
        self._time += 0.5 * (self._rate + rate) * dt
        self._rate = rate
        self._now = self._reference()
        return position, velocity, (self._now[1] - velocity) / dt

    def _reference(self) -> tuple[Array, Array]:
        position, velocity, _ = self._trajectory.sample(self._time)
        rate = self._rate if self._time < self._trajectory.duration else 0.0
        return position, velocity * rate


def _load(client: int, arm: ArmDescription, tool: DualTool) -> int:
    """PyBullet reads URDFs from files only."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "arm.urdf"
        path.write_text(arm_urdf(arm, tool))
        return int(
            pb.loadURDF(str(path), useFixedBase=True, flags=pb.URDF_USE_INERTIA_FROM_FILE, physicsClientId=client)
        )
