"""The planner, front of this room: from a chosen grasp to a plan that may be sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

import numpy as np

from grasping.grasp import Grasp
from grasping.skill import Skill
from motion.errors import PlanError
from motion.paths.rrt_connect import connect
from motion.plan import Plan
from motion.planning.homing import Homing
from motion.planning.placing import Placing
from motion.planning.workspace import Workspace
from motion.robot.arm import Arm
from motion.robot.joint_check import within_limits
from motion.robot.tool_state import ToolState
from motion.skills.lift import LiftPlanner
from motion.skills.table import PLANNERS, SkillPlanner
from motion.timing.pick_duration import pick_seconds
from motion.timing.time_optimal import Pace
from perception.camera import CameraModel
from perception.pose import Array, Pose
from perception.scene import Scene
from perception.tote import Box, Tote


class Planner:
    """Plans picks from the source tote to the destination tote.

    Args:
        obstacles: solid boxes besides the totes. cameras: what must keep its view, and stands around as well.
        pace: shares of the limits. seed: of the search for ways around. skills: who plans which skill.

    Raises:
        Unreachable: the arm has no place to wait.
    """

    def __init__(
        self,
        arm: Arm,
        source: Tote,
        destination: Tote,
        obstacles: Sequence[Box] = (),
        cameras: Sequence[CameraModel] = (),
        pace: Pace | None = None,
        placing: Placing | None = None,
        seed: int = 0,
        skills: Mapping[type[Skill], Callable[[Workspace], SkillPlanner]] = PLANNERS,
    ) -> None:
        around = source, destination, obstacles, cameras
        self.workspace = Workspace.build(arm, *around, pace or Pace(), placing or Placing(), seed)
        self.skills = {skill: make(self.workspace) for skill, make in skills.items()}
        self.arm, self.rest = arm, self.workspace.rest

    def warm_up(self, scene: Scene, options: Sequence[Grasp]) -> None:
        """Plan once with each tool and once around, so that compiled code is loaded before the first pick."""
        positions, left, seed = self.rest, None, self.workspace.staging.seed
        some = {grasp.tool: grasp for grasp in options if not grasp.skill.needs_room}
        for grasp in some.values():
            with suppress(PlanError):
                plan = self.plan(grasp, scene, positions, left)
                assert plan.ending is not None and plan.carry.constraints is not None
                positions, left = plan.end, plan.ending.released
                free, limits = plan.carry.constraints.stage.free, self.workspace.router.inverse
                connect(self.rest, self.rest, limits.lower, limits.upper, free, np.random.default_rng(seed), 1)

    def time(self, grasp: Grasp) -> float:
        """Seconds from the last release to that of a pick with this grasp, roughly, at the speed that it permits."""
        return pick_seconds(grasp, self.workspace.destination, self.workspace.rim)

    def plan(self, grasp: Grasp, scene: Scene, positions: Array, left: ToolState | None = None) -> Plan:
        """A plan for one grasp from joint positions (J,), at rest, by the planner of its skill.

        Args:
            left: how the tool has just let go of the last item, among what lies in the destination; without it the
                tool stands free, and ready for the grasp.

        Raises:
            Unreachable, InCollision, NoPath, NoPlace, GraspTooWeak, LimitsExceeded: why there is none; all PlanError.
            JointStateError: the positions are none that this arm can report.
        """
        return self.skills[type(grasp.skill)].plan(grasp, scene, self._checked(positions), left)

    def possible(self, grasp: Grasp, way: Array, scene: Scene, positions: Array) -> bool:
        """Whether the arm could be put to a grasp once its item has been dragged along `way` (3,) metres."""
        planner = self.skills[type(grasp.skill)]
        if not isinstance(planner, LiftPlanner):
            return False
        item = scene.item(grasp.item)
        slid = replace(item, points=item.points + way)
        ahead = replace(scene, items=tuple(slid if other is item else other for other in scene.items))
        T_base_tool = Pose.from_rotation(grasp.T_base_tool.position + way, grasp.T_base_tool.rotation)
        return planner.possible(replace(grasp, T_base_tool=T_base_tool), ahead, positions)

    def home(
        self,
        positions: Array,
        scene: Scene | None,
        tool: ToolState | None = None,
        boxes: Sequence[Box] | None = None,
    ) -> Plan:
        """From joint positions (J,) at rest to the rest pose, tool empty.

        tool: its state at most: fingers no further open, cup no further out. None: whatever it is.

        boxes: all that stands around, where it has moved; None where it stands as ever.

        Raises:
            NoPath, InCollision, Unreachable, LimitsExceeded: there is no safe way.
        """
        most = tool or ToolState(self.arm.tool.gripper.opening[1], 1.0)
        room = self.workspace
        staging = room.staging
        around = boxes or staging.boxes
        homing = Homing(self.arm, room.router, around, room.rim, room.sight, staging.pace, staging.seed)
        return homing.home(self._checked(positions), self.rest, scene, most)

    def _checked(self, positions: Array) -> Array:
        return within_limits(positions, self.arm.limits, [joint.name for joint in self.arm.description.joints])
