"""A body with the dual tool in PyBullet, whatever carries it: its joints, its links, and the bellows' springs."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from grasping.tool_solids import numbered
from grasping.tools import DualTool
from perception.pose import Array, Pose
from sim.bullet import pb
from sim.robot import bellows

ARM_GROUP = 64  # collision group of arm and tool, so that rays can look past them


class ToolBody:
    """What cup, fingers and damage inspector need of the robot that they belong to.

    Args:
        client: PyBullet client id.
        tool: the tool as data.
        dt: physics step, seconds.
        urdf: of the robot, with the tool's links as `motion.robot.urdf` names them.
        fixed: whether its base is fixed to the world.

    Attributes:
        joint, link: PyBullet's indices by the names in the URDF.
        springy: the joints of the bellows, cup after cup.
        vacuum: in each bellows, Pa below atmosphere, (K,).
    """

    def __init__(self, client: int, tool: DualTool, dt: float, urdf: str, fixed: bool) -> None:
        self.client, self.tool, self.dt = client, tool, dt
        self.body = _load(client, urdf, fixed)
        info = [pb.getJointInfo(self.body, i, physicsClientId=client) for i in range(self._count())]
        self.joint = {row[1].decode(): row[0] for row in info}
        self.link = {row[12].decode(): row[0] for row in info}
        self._moving = [row[0] for row in info if row[2] != pb.JOINT_FIXED]
        self._place = {name: self._moving.index(index) for name, index in self.joint.items() if index in self._moving}
        for index in self._moving:
            pb.setJointMotorControl2(self.body, index, pb.VELOCITY_CONTROL, force=0, physicsClientId=client)
        for index in range(-1, self._count()):
            pb.setCollisionFilterGroupMask(self.body, index, ARM_GROUP, ~ARM_GROUP, physicsClientId=client)
        cups = range(len(tool.cup.places))
        for i in cups:
            pb.changeDynamics(
                self.body, self.joint[numbered("cup_press", i)], jointLowerLimit=-tool.cup.bellows_stroke,
                jointUpperLimit=tool.cup.bellows_stroke, physicsClientId=client,
            )  # fmt: skip
        self.springy = [numbered(name, i) for i in cups for name in bellows.JOINTS]
        self._passive = [self._place[name] for name in self.springy]
        self.vacuum: Array = np.zeros(len(cups))

    def read(self) -> None:
        """Take positions and velocities of all joints from PyBullet. Call after each step."""
        states = pb.getJointStates(self.body, self._moving, physicsClientId=self.client)
        self._q = np.array([row[0] for row in states])
        self._v = np.array([row[1] for row in states])
        self._T_base_links: dict[str, Pose] = {}

    def where(self, joint: str) -> tuple[float, float]:
        """Position and velocity of any joint by its name in the URDF."""
        place = self._place[joint]
        return float(self._q[place]), float(self._v[place])

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

    def _springs(self, springs: bellows.Bellows) -> Array:
        """Forces of the bellows' joints for the next step, shape (3 K,)."""
        bent, bending = (state[self._passive].reshape(-1, 3) for state in (self._q, self._v))
        return springs.forces(bent, bending, self.vacuum).ravel()

    def _link_state(self, name: str) -> tuple:
        index = self.link[name]
        client = self.client
        return tuple(pb.getLinkState(self.body, index, 1, 1, physicsClientId=client))

    def _count(self) -> int:
        return int(pb.getNumJoints(self.body, physicsClientId=self.client))


def joint_inertias(client: int, urdf: str, names: tuple[str, str, str]) -> tuple[float, float, float]:
    """What joints of a robot with its base fixed move beyond them, with all joints at zero, kg or kg m^2."""
    body = _load(client, urdf, fixed=True)
    info = [pb.getJointInfo(body, i, physicsClientId=client) for i in range(pb.getNumJoints(body, client))]
    moving = [row[1].decode() for row in info if row[2] != pb.JOINT_FIXED]
    mass = pb.calculateMassMatrix(body, [0.0] * len(moving), physicsClientId=client)
    pb.removeBody(body, physicsClientId=client)
    press, bend_x, bend_y = (float(mass[moving.index(name)][moving.index(name)]) for name in names)
    return press, bend_x, bend_y


def _load(client: int, urdf: str, fixed: bool) -> int:
    """PyBullet reads URDFs from files only."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "robot.urdf"
        path.write_text(urdf)
        flags = pb.URDF_USE_INERTIA_FROM_FILE
        return int(pb.loadURDF(str(path), useFixedBase=fixed, flags=flags, physicsClientId=client))
