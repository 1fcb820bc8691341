"""The tool without an arm: on a mass like an arm's that is driven through the air, for trials by the thousand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from grasping.tools import DualTool
from motion.robot.urdf import tool_urdf
from perception.arrays import readonly
from perception.pose import Array, Pose
from sim.bullet import pb
from sim.robot import bellows
from sim.robot.tool_body import ToolBody, joint_inertias
from sim.world import GRAVITY

MASS, INERTIA = 4.0, 0.25  # kg and kg m^2: what an arm of 20 kg puts behind its flange, about
STRONGEST = 150.0, 40.0  # N and N m: what an arm's motors bring to bear at the flange
ROD = "cup_"  # how the names of what the slide moves begin
PARKED = Pose.from_euler((50.0, 0.0, 0.0), (np.pi, 0.0, 0.0))  # T_base_flange, beside everything: it falls for ever


@dataclass(frozen=True, eq=False)
class Course:
    """Where the flange shall be, step by step: T_base_flange, shape (N, 4, 4); twist (N, 6), m/s and rad/s, and its
    rate (N, 6), both in the base frame."""

    T_base_flange: Array
    twist: Array
    rate: Array

    def __post_init__(self) -> None:
        n = len(self.T_base_flange)
        object.__setattr__(self, "T_base_flange", readonly(self.T_base_flange, np.float64, (n, 4, 4), "course"))
        for name in ("twist", "rate"):
            object.__setattr__(self, name, readonly(getattr(self, name), np.float64, (n, 6), f"course: {name}"))

    def __len__(self) -> int:
        return len(self.T_base_flange)


class FreeTool(ToolBody):
    """Fingers and cup on a mass that follows a course as closely, and as softly, as an arm would.

    The flange's mass M is driven by F = M (a_ref + k_p e + k_d e') and the weight of what it is known to carry, its own
    tool; so is its rotation. Contacts and the item in hand are not known to it, as with the arm's computed torque.

    Args:
        bandwidth: of the error, rad/s; damping is critical.
    """

    def __init__(self, client: int, tool: DualTool, dt: float, bandwidth: float = 60.0) -> None:
        urdf = tool_urdf(tool, MASS, INERTIA)
        inertias = joint_inertias(client, urdf, bellows.JOINTS)
        super().__init__(client, tool, dt, urdf, fixed=False)
        self._kp, self._kd = bandwidth**2, 2 * bandwidth
        self._bellows = bellows.Bellows(tool.cup, inertias)
        self._springy = [self.joint[name] for name in self.springy]
        masses = [self._dynamics(index) for index in range(self._count())]
        self._tool_mass = sum(mass for mass, _ in masses)
        self._rod = sum(masses[index][0] for name, index in self.link.items() if name.startswith(ROD))
        self._lever = sum(mass * place for mass, place in masses)
        for index in range(-1, self._count()):
            pb.changeDynamics(self.body, index, linearDamping=0.0, angularDamping=0.0, physicsClientId=client)
        self.beyond: Array = np.zeros(6)  # N and N m that drove it in the last step, beyond its own dynamics
        self.park()

    def park(self) -> None:
        """Out of the way, at rest, with the cup drawn in."""
        self.place(PARKED)

    def place(self, T_base_flange: Pose) -> None:
        """Be somewhere at once, at rest."""
        position, quaternion = T_base_flange.position.tolist(), T_base_flange.quaternion.tolist()
        pb.resetBasePositionAndOrientation(self.body, position, quaternion, physicsClientId=self.client)
        pb.resetBaseVelocity(self.body, (0, 0, 0), (0, 0, 0), physicsClientId=self.client)
        self.read()

    def set_joint(self, name: str, position: float) -> None:
        """Put a joint somewhere at once, at rest."""
        pb.resetJointState(self.body, self.joint[name], position, 0.0, physicsClientId=self.client)
        self.read()

    def read(self) -> None:
        super().read()
        place = pb.getBasePositionAndOrientation(self.body, physicsClientId=self.client)
        self._position = np.array(place[0])
        self._rotation = np.array(pb.getMatrixFromQuaternion(place[1])).reshape(3, 3)
        velocity = pb.getBaseVelocity(self.body, physicsClientId=self.client)
        self._twist = np.array((*velocity[0], *velocity[1]))

    def actuate(self, course: Course, step: int) -> None:
        """Drive towards `step` of a course in the next step of the physics, and set the springs of the bellows."""
        T, R = course.T_base_flange[step], self._rotation
        turn = 0.5 * np.cross(R.T, T[:3, :3].T).sum(axis=0)  # of small angles
        error = np.concatenate([T[:3, 3] - self._position, turn])
        wanted = course.rate[step] + self._kp * error + self._kd * (course.twist[step] - self._twist)
        drive = np.concatenate([(MASS + self._tool_mass) * wanted[:3], INERTIA * wanted[3:]])
        for part, most in zip((drive[:3], drive[3:]), STRONGEST):
            size = float(np.sqrt(part @ part))
            if size > most:
                part *= most / size
        share = np.repeat((MASS + self._tool_mass, INERTIA), 3)
        self.beyond = drive - share * course.rate[step]
        weight = GRAVITY * (MASS + self._tool_mass)
        lever = R[:, 2] * (self._lever + self._rod * self.where("cup_slide")[0])
        moment = drive[3:] + GRAVITY * np.array((lever[1], -lever[0], 0.0))
        force = drive[:3] + np.array((0.0, 0.0, weight))
        options = {"physicsClientId": self.client}
        pb.applyExternalForce(self.body, -1, force.tolist(), self._position.tolist(), pb.WORLD_FRAME, **options)
        pb.applyExternalTorque(self.body, -1, moment.tolist(), pb.WORLD_FRAME, **options)
        springs = self._springs(self._bellows).tolist()
        pb.setJointMotorControlArray(self.body, self._springy, pb.TORQUE_CONTROL, forces=springs, **options)

    @property
    def T_base_flange(self) -> Pose:
        return Pose.from_rotation(self._position, self._rotation)

    @property
    def rotation(self) -> Array:
        """Of the flange in the base frame, shape (3, 3)."""
        return self._rotation

    @property
    def approach(self) -> Array:
        """The tool's axis (3,) in the base frame."""
        return self._rotation[:, 2]

    def _dynamics(self, index: int) -> tuple[float, float]:
        """Mass of a link, and how far its centre lies along z from the flange with all joints at zero."""
        mass = pb.getDynamicsInfo(self.body, index, physicsClientId=self.client)[0]
        centre = pb.getLinkState(self.body, index, 0, 1, physicsClientId=self.client)[0]
        return float(mass), float(centre[2] - pb.getBasePositionAndOrientation(self.body, self.client)[0][2])
