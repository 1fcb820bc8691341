"""The arm as a physical body: motors with the real torque limits that follow trajectories."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from grasping.tools import DualTool
from motion.robot.description import ArmDescription
from motion.robot.limits import Limits
from motion.robot.load import load_arm
from motion.robot.urdf import arm_urdf
from motion.trajectory import Trajectory, TrajectoryError
from perception.pose import Array
from sim.bullet import pb
from sim.render.scene import VisualScene
from sim.robot import bellows
from sim.robot.tool_body import ToolBody
from sim.robot.visual import arm_visuals, show_robot


class ArmBody(ToolBody):
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
        self.description = arm = arm or load_arm("panda")
        super().__init__(client, tool, dt, arm_urdf(arm, tool), fixed=True)
        names, home = arm.joint_names, np.array(arm.home if start is None else start, np.float64)
        self._kp, self._kd = bandwidth**2, 2 * bandwidth
        self._arm = [self._place[name] for name in names]
        for name, angle in zip(names, home.tolist()):
            pb.resetJointState(self.body, self.joint[name], angle, physicsClientId=client)
        press, bend_x, bend_y = (self._inertia(name) for name in bellows.JOINTS)
        self._bellows = bellows.Bellows(tool.cup, (press, bend_x, bend_y))
        self._driven = [self.joint[name] for name in (*names, *self.springy)]
        self._follower = Follower.resting(home, arm.limits)
        self.effort = np.zeros(len(names))  # motor torques of the last step, N m
        self.lag = 0.0  # greatest tracking error of any joint now, rad
        self.read()

    @property
    def positions(self) -> Array:
        return self._q[self._arm]

    @property
    def velocities(self) -> Array:
        return self._v[self._arm]

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
        springs = self._springs(self._bellows)
        pb.setJointMotorControlArray(
            self.body,
            self._driven,
            pb.TORQUE_CONTROL,
            forces=[*self.effort.tolist(), *springs.ravel().tolist()],
            physicsClientId=self.client,
        )

    def show(self, scene: VisualScene) -> None:
        """Add the arm's looks to what cameras see: its meshes, as far as they are found, else its solids."""
        show_robot(scene, self.client, self.body, arm_visuals(self.description, self.tool))

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
