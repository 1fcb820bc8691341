"""The arm as the planner knows it: kinematics, dynamics, limits and the solids around it."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import pinocchio as pin
from numpy.typing import ArrayLike, NDArray

from grasping.grasp import Load
from grasping.tool_solids import tool_offsets, tool_solids
from grasping.tools import DualTool, Tool
from motion.robot.kinematics import link_poses
from motion.robot.link_shapes import Primitive, arm_primitives, capsule_around, shifted
from motion.robot.urdf import JOINTS, arm_urdf
from perception.arrays import readonly
from perception.capsules import Capsules
from perception.errors import GeometryError
from perception.pose import Array, Pose

GRAVITY = np.array((0.0, 0.0, -9.81))


@dataclass(frozen=True, eq=False)
class Limits:
    """What the joints may do, each of shape (J,): rad, rad/s, rad/s^2, rad/s^3, N m."""

    lower: Array
    upper: Array
    velocity: Array
    acceleration: Array
    jerk: Array
    torque: Array

    def __post_init__(self) -> None:
        for name in ("lower", "upper", "velocity", "acceleration", "jerk", "torque"):
            object.__setattr__(self, name, readonly(getattr(self, name), np.float64, (None,), name))
            if getattr(self, name).shape != self.lower.shape:
                raise GeometryError(f"limits: expected {len(self.lower)} values of {name}")
        limits = (self.velocity, self.acceleration, self.jerk, self.torque)
        if not (self.lower < self.upper).all() or not all((values > 0).all() for values in limits):
            raise GeometryError("limits: expected lower < upper and positive limits of motion for every joint")


class Arm:
    """A Franka Emika Panda with `tool` on its flange, by Pinocchio.

    Limits of acceleration and jerk are those of the manufacturer's interface (Franka FCI documentation, Panda).
    """

    def __init__(self, tool: DualTool | None = None) -> None:
        self.tool = tool or DualTool()
        whole = pin.buildModelFromXML(arm_urdf(self.tool))
        locked = [whole.getJointId(name) for name in whole.names[1:] if name not in JOINTS]
        self.model = pin.buildReducedModel(whole, locked, pin.neutral(whole))
        self.data = self.model.createData()
        self.placements = np.stack([placement.homogeneous for placement in list(self.model.jointPlacements)[1:]])
        self.limits = Limits(
            self.model.lowerPositionLimit,
            self.model.upperPositionLimit,
            self.model.velocityLimit,
            np.array((15, 7.5, 10, 12.5, 15, 20, 20)),
            np.array((7500, 3750, 5000, 6250, 7500, 10000, 10000)),
            self.model.effortLimit,
        )

    def carrying(self, load: Load, T_last_grasp: Pose) -> Arm:
        """The same arm with a load fixed to its last link; only its dynamics differ.

        Args:
            T_last_grasp: the frame of the load's centre and inertia in the last link's.
        """
        other = copy.copy(self)
        other.model = self.model.copy()
        inertia = pin.Inertia(load.mass, load.centre, load.inertia)
        other.model.appendBodyToJoint(len(JOINTS), inertia, _se3(T_last_grasp))
        other.data = other.model.createData()
        return other

    @cached_property
    def _flange(self) -> Pose:
        return Pose(self.model.frames[self.model.getFrameId("flange")].placement.homogeneous)

    def T_last_tool(self, tool: Tool) -> Pose:
        """The tool's frame in the last link's."""
        return self._flange @ self.tool.T_flange_tool(tool)

    def T_base_tool(self, positions: ArrayLike, tool: Tool) -> Pose:
        """Where `tool`'s frame is at joint positions (J,), rad."""
        return Pose(self.links(positions)[-1]) @ self.T_last_tool(tool)

    def links(self, positions: ArrayLike) -> Array:
        """Poses of panda_link0 .. panda_link7 in the base frame, shape (8, 4, 4)."""
        return np.asarray(link_poses(self.placements, np.asarray(positions, dtype=np.float64)))

    def jacobian(self, positions: Array, tool: Tool) -> Array:
        """Twist (linear, angular) of the tool frame's origin, in the base frame's axes, per joint speed: (6, J)."""
        name = "cup" if tool is Tool.SUCTION else "tip"
        frame = self.model.getFrameId(name)
        return np.asarray(pin.computeFrameJacobian(self.model, self.data, positions, frame, pin.LOCAL_WORLD_ALIGNED))

    def torques(self, positions: Array, velocities: Array, accelerations: Array) -> Array:
        """Joint torques (N, J), N m, of motions (N, J) by recursive Newton-Euler."""
        model, data = self.model, self.data
        rows = zip(positions, velocities, accelerations)
        return np.array([pin.rnea(model, data, q, v, a) for q, v, a in rows]).reshape(-1, len(JOINTS))

    def solids(self, opening: float, cup_travel: float) -> tuple[Primitive, ...]:
        """All solids in the frames of panda_link0 .. panda_link7, for a state of the tool (metres, 0..1)."""
        return _solids(self.tool, tuple(self._flange.position), opening, cup_travel)

    def capsules(self, positions: Array, opening: float, cup_travel: float) -> Capsules:
        """The arm as capsules in the base frame, to be cut out of images.

        Args:
            positions: (J,) rad. opening: of the fingers, metres. cup_travel: 0 retracted .. 1 extended.
        """
        numbers, around = self.outline(opening, cup_travel)
        return around.placed(self.links(positions)[numbers])

    def outline(self, opening: float, cup_travel: float) -> tuple[NDArray[np.int64], Capsules]:
        """Capsules around the arm in the frames of their links, and the numbers of these links."""
        around = [capsule_around(solid) for solid in self.solids(opening, cup_travel)]
        ends, radii = np.array([capsule.ends for capsule in around]), np.array([capsule.radius for capsule in around])
        return np.array([int(capsule.link[-1]) for capsule in around]), Capsules(ends, radii)


@lru_cache(maxsize=64)
def _solids(tool: DualTool, flange: tuple[float, ...], opening: float, cup_travel: float) -> tuple[Primitive, ...]:
    offsets = tool_offsets(tool, opening, cup_travel)
    fixed = (shifted(solid, "panda_link7", offsets[solid.link] + np.array(flange)) for solid in tool_solids(tool))
    return (*arm_primitives(), *fixed)


def _se3(pose: Pose) -> pin.SE3:
    return pin.SE3(pose.rotation.copy(), pose.position.copy())
