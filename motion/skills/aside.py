"""Set aside, planned: a lift that ends in the source tote."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.ndimage import distance_transform_edt

from grasping.candidates.pinch import ROOM
from grasping.grasp import Grasp
from grasping.skills.aside import Aside
from motion.errors import NoPlace
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
        floor, free = source_heights(scene, grasp.item), grasp.skill.free
        beside = ROOM + self.arm.tool.gripper.finger_thickness
        try:
            kept = kept_free(floor, scene, free, beside)
            return super().plan(grasp, replace(scene, destination=kept), positions, left)
        except NoPlace:
            return super().plan(grasp, replace(scene, destination=kept_free(floor, scene, free)), positions, left)

    def _carry(
        self, task: Task, stage: Stage, motion: Trajectory, constraints: Setting, place: Place, low: float
    ) -> Step:
        """As of any lift; the arm is over the source to the end, so that nothing is looked for on the way."""
        return replace(super()._carry(task, stage, motion, constraints, place, low), passed=None)


def kept_free(floor: HeightMap, scene: Scene, items: tuple[int, ...], beside: float = 0.0) -> HeightMap:
    """Heights that leave no room over some items, nor within `beside` metres of their sides, for fingers."""
    tote, covered = floor.tote, np.zeros(floor.height.shape, bool)
    for item in items:
        local = tote.T_base_tote.inverse().apply(scene.item(item).points)[:, :2]
        cells = np.floor((local + tote.inner[:2] / 2) / floor.cell).astype(np.int64)
        inside = ((cells >= 0) & (cells < floor.height.shape)).all(axis=1)
        covered[tuple(cells[inside].T)] = True
    near = covered if not covered.any() else distance_transform_edt(~covered) * floor.cell <= beside + 1e-9
    return replace(floor, height=np.where(near, tote.inner[2], floor.height).astype(floor.height.dtype))
