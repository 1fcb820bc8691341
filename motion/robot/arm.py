"""An arm as the planner knows it: kinematics, dynamics, limits and the solids around it."""

from __future__ import annotations

import copy
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
import pinocchio as pin
from numpy.typing import ArrayLike, NDArray

from grasping.grasp import Load
from grasping.tool_solids import tool_offsets, tool_solids
from grasping.tools import DualTool, Tool
from motion.robot.description import ArmDescription
from motion.robot.follow import follow
from motion.robot.kinematics import link_poses
from motion.robot.link_shapes import Capsule, Primitive, capsule_around, shifted
from motion.robot.load import load_arm
from motion.robot.urdf import arm_urdf
from perception.capsules import Capsules
from perception.pose import Array, Pose

GRAVITY = np.array((0.0, 0.0, -9.81))
TRAVELS = 64  # places of the cup's rod that dynamics tell apart: 4 mm of the longest


class Arm:
    """An arm with `tool` on its flange, by Pinocchio.

    Args:
        description: the arm as data; a Franka Emika Panda where nothing else is said.
    """

    def __init__(self, tool: DualTool | None = None, description: ArmDescription | None = None) -> None:
        self.tool, self.description = tool or DualTool(), description or load_arm("panda")
        self._move(pin.buildModelFromXML(arm_urdf(self.description, self.tool)), 0)
        self.placements = np.stack([placement.homogeneous for placement in list(self.model.jointPlacements)[1:]])
        self.limits = self.description.limits

    @staticmethod
    def load(name_or_path: str | Path, tool: DualTool | None = None) -> Arm:
        """The arm of a name (`shipped`) or a folder. Raises ArmError: what is missing or wrong in it."""
        return Arm(tool, load_arm(name_or_path))

    def reaching(self, cup_travel: float) -> Arm:
        """The same arm with its cup's rod so far out, 0 retracted .. 1 extended; only its dynamics differ."""
        out = round(cup_travel * TRAVELS)
        if out not in self._reaching:
            self._reaching[out] = self._other(self._whole, out)
        return self._reaching[out]

    def _other(self, whole: pin.Model, out: int) -> Arm:
        other = copy.copy(self)
        other._move(whole, out)
        return other

    def _move(self, whole: pin.Model, out: int) -> None:
        """By the masses of a model of arm and tool, its rod `out` of TRAVELS out."""
        posture, slide = pin.neutral(whole), whole.joints[whole.getJointId("cup_slide")].idx_q
        posture[slide] = out / TRAVELS * self.tool.cup.retraction
        locked = [whole.getJointId(name) for name in whole.names[1:] if name not in self.description.joint_names]
        self.model = pin.buildReducedModel(whole, locked, posture)
        self.data = self.model.createData()
        self._whole, self._out, self._reaching = whole, out, dict[int, Arm]()

    def carrying(self, load: Load, T_last_grasp: Pose) -> Arm:
        """The same arm with a load fixed to its last link; only its dynamics differ.

        Args:
            T_last_grasp: the frame of the load's centre and inertia in the last link's.
        """
        whole = self._whole.copy()
        last = whole.getJointId(self.description.joint_names[-1])
        whole.appendBodyToJoint(last, pin.Inertia(load.mass, load.centre, load.inertia), _se3(T_last_grasp))
        return self._other(whole, self._out)

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
        """Poses of the base link and the link behind each joint in the base frame, shape (J + 1, 4, 4)."""
        return np.asarray(link_poses(self.placements, np.asarray(positions, dtype=np.float64)))

    def posture(self, positions: Array) -> float:
        """Angle of the joint that is held while the tool follows a path, rad; 0 where the arm has none."""
        held = self.description.held
        return 0.0 if held is None else float(positions[held])

    def follow(self, T_base_last: Array, posture: Array, start: Array, jump: float) -> tuple[Array, int]:
        """The continuous branch through poses (N, 4, 4) of the last link from `start` (J,) on, posture (N,) as told.

        Returns:
            Path (N, J) and how many of its rows hold: fewer than N where the branch ends or moves on by `jump` rad.
        """
        targets, start = np.ascontiguousarray(T_base_last), np.ascontiguousarray(start)
        path, count = follow(targets, np.ascontiguousarray(posture), start, self.placements, self.held, jump)
        return path, int(count)

    @property
    def held(self) -> int:
        """Index of the joint that is held, J where there is none."""
        return len(self.placements) if self.description.held is None else self.description.held

    def jacobian(self, positions: Array, tool: Tool) -> Array:
        """Twist (linear, angular) of the tool frame's origin, in the base frame's axes, per joint speed: (6, J)."""
        name = "cup" if tool is Tool.SUCTION else "tip"
        frame = self.model.getFrameId(name)
        return np.asarray(pin.computeFrameJacobian(self.model, self.data, positions, frame, pin.LOCAL_WORLD_ALIGNED))

    def tool_acceleration(self, positions: Array, velocities: Array, accelerations: Array, tool: Tool) -> Array:
        """Of the tool frame's origin, base frame, shape (3,), m/s^2, at joint states of shape (J,)."""
        frame = self.model.getFrameId("cup" if tool is Tool.SUCTION else "tip")
        pin.forwardKinematics(self.model, self.data, positions, velocities, accelerations)
        found = pin.getFrameClassicalAcceleration(self.model, self.data, frame, pin.LOCAL_WORLD_ALIGNED)
        return np.array(found.linear)

    def torques(self, positions: Array, velocities: Array, accelerations: Array) -> Array:
        """Joint torques (N, J), N m, of motions (N, J) by recursive Newton-Euler."""
        model, data = self.model, self.data
        rows = zip(positions, velocities, accelerations)
        return np.array([pin.rnea(model, data, q, v, a) for q, v, a in rows]).reshape(-1, self.model.nq)

    def solids(self, opening: float, cup_travel: float) -> tuple[Primitive, ...]:
        """All solids in the frames of the arm's links, for a state of the tool (metres, 0..1)."""
        return _solids(self.description, self.tool, opening, cup_travel)

    @cached_property
    def wrist(self) -> tuple[Capsule, ...]:
        """The capsules of the last link."""
        return tuple(solid for solid in self.description.capsules if solid.link == self.description.last)

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
        return np.array([self.description.number(capsule.link) for capsule in around]), Capsules(ends, radii)


@lru_cache(maxsize=64)
def _solids(arm: ArmDescription, tool: DualTool, opening: float, cup_travel: float) -> tuple[Primitive, ...]:
    offsets = tool_offsets(tool, opening, cup_travel)
    fixed = (shifted(solid, arm.last, offsets[solid.link] + arm.flange) for solid in tool_solids(tool))
    return (*arm.capsules, *fixed)


def _se3(pose: Pose) -> pin.SE3:
    return pin.SE3(pose.rotation.copy(), pose.position.copy())
