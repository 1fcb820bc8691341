"""The way home with an empty tool, from wherever the arm was left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from grasping.tools import Tool
from motion.collision.distance_field import Field, strict
from motion.collision.line_of_sight import Sight
from motion.errors import NoPath, PlanError
from motion.paths.arches import UP, Router, timed
from motion.plan import Plan
from motion.planning.constraints import Setting
from motion.planning.planning_scene import Leg, Stage
from motion.planning.rest_pose import resting
from motion.planning.step import Step
from motion.robot.arm import Arm
from motion.robot.tool_state import ToolState
from motion.timing.time_optimal import Pace, retime
from motion.trajectory import Trajectory
from perception.capsules import Capsules
from perception.pose import Array, Pose
from perception.scene import Scene
from perception.tote import Box
from perception.watch.intent import Phase

AT_REST = 0.01  # rad from the rest pose that are not worth a motion, and too short for one
NOTHING = Capsules(np.zeros((0, 2, 3)), np.zeros(0))  # in the hand


@dataclass(frozen=True, eq=False)
class Homing:
    """Plans ways home.

    boxes: all that stands around. rim: height of the totes' rims, metres. sight: what cameras must see. pace: shares of
    the limits. seed: of the search for ways around.
    """

    arm: Arm
    router: Router
    boxes: Sequence[Box]
    rim: float
    sight: Sight
    pace: Pace
    seed: int = 0

    def home(self, positions: Array, rest: Array, scene: Scene | None, most: ToolState) -> Plan:
        """From joint positions (J,) at rest to the rest pose (J,). most: the tool, no further open and no further out.

        Raises:
            NoPath, InCollision, Unreachable, LimitsExceeded: there is no safe way.
        """
        nothing = Field.empty()
        way = nothing if scene is None else strict(scene.occupancy, None), nothing
        T_last_tip = self.arm.T_last_tool(Tool.PINCH)
        stage, narrow = (
            Stage(
                *(self.arm, self.router, state.opening, state.travel, self.boxes, way, (nothing, nothing), T_last_tip),
                seed=self.seed,
            )
            for state in (most, ToolState(0.0, 0.0))
        )
        if narrow.exact.collision(positions) is None:  # else something is between the fingers
            stage.close, stage.exact = narrow.close, narrow.exact  # where it stands it stands free: it only must rise
        if np.abs(positions - rest)[:-1].max() < AT_REST:
            still = np.vstack([positions, positions])
            motion, contact = Trajectory(np.array((0.0, 1e-3)), still, 0 * still, 0 * still), (0.0, 0.0)
        else:
            path, contact = self._way(stage, positions, resting(rest, positions))
            motion = retime(self.arm, timed(self.arm, path, T_last_tip, 0.0, 0.0, np.inf), None, self.pace)
            stage.verify(motion, *contact)
        constraints = Setting.of(motion, self.arm, stage, None, contact)
        passed = self.sight.freed(self.arm, motion, most, NOTHING)
        return Plan((Step(Phase.RETREAT, trajectory=motion, constraints=constraints, passed=passed),))

    def _way(self, stage: Stage, positions: Array, rest: Array) -> tuple[Array, tuple[float, float]]:
        """Back the way that the tool points, else straight up, and over."""
        tool = Pose(self.arm.links(positions)[-1]) @ stage.T_last_grasp
        clear = self.rim + self.arm.tool.cup.extension + 0.04
        missing = clear - tool.position[2]
        if missing <= 0:
            path, *contact = stage.way(positions, rest, clear, None, None)
            return path, (contact[0], contact[1])
        failure: PlanError = NoPath("no way out was tried")
        for axis in (-tool.rotation[:, 2], UP):
            if axis[2] > 0.6:
                try:
                    path, *contact = stage.way(positions, rest, clear, Leg(axis, 0.0, missing / axis[2]), None)
                    return path, (contact[0], contact[1])
                except PlanError as error:
                    failure = error
        raise failure
