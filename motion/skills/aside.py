"""Set aside, planned: a lift that ends in the source tote."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from grasping.grasp import Grasp
from grasping.skills.aside import Aside
from motion.plan import Plan
from motion.planning.constraints import Setting
from motion.planning.placing import Place
from motion.planning.planning_scene import Stage
from motion.planning.source_heights import source_heights
from motion.planning.step import Step
from motion.planning.task import Task
from motion.planning.workspace import Workspace
from motion.robot.tool_state import ToolState
from motion.skills.lift import LiftPlanner
from motion.trajectory import Trajectory
from perception.pose import Array
from perception.scene import HeightMap, Scene


class AsidePlanner(LiftPlanner):
    """Plans lifts whose items are put down in the tote that they come from."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(replace(workspace, destination=workspace.source))

    def plan(self, grasp: Grasp, scene: Scene, positions: Array, left: ToolState | None) -> Plan:
        assert isinstance(grasp.skill, Aside)
        floor = kept_free(source_heights(scene, grasp.item), scene, grasp.skill.free)
        return super().plan(grasp, replace(scene, destination=floor), positions, left)

    def _carry(
        self, task: Task, stage: Stage, motion: Trajectory, constraints: Setting, place: Place, low: float
    ) -> Step:
        """As of any lift; the arm is over the source to the end, so that nothing is looked for on the way."""
        return replace(super()._carry(task, stage, motion, constraints, place, low), passed=None)


def kept_free(floor: HeightMap, scene: Scene, items: tuple[int, ...]) -> HeightMap:
    """Heights that leave no room over some items."""
    tote, height = floor.tote, floor.height.copy()
    for item in items:
        local = tote.T_base_tote.inverse().apply(scene.item(item).points)[:, :2]
        cells = np.floor((local + tote.inner[:2] / 2) / floor.cell).astype(np.int64)
        inside = ((cells >= 0) & (cells < floor.height.shape)).all(axis=1)
        height[tuple(cells[inside].T)] = tote.inner[2]
    return replace(floor, height=height)
