"""Drag, planned: the cup put on an item, which then slides aside."""

from __future__ import annotations

import numpy as np

from grasping.grasp import Grasp
from grasping.skills.drag import Drag
from motion.collision.distance_field import Field, seen, strict
from motion.errors import PlanError, Unreachable
from motion.plan import Plan
from motion.planning.constraints import Setting
from motion.planning.planning_scene import Stage
from motion.planning.reach import Reach
from motion.planning.step import Gripped, Held, Released, Step, ToolCommand, Touch
from motion.planning.task import CONTACT_WAY, Task, Way
from motion.planning.tool_commands import ready_command
from motion.planning.workspace import Workspace
from motion.robot.tool_state import ToolState
from motion.trajectory import Trajectory
from perception.pose import Array
from perception.scene import Scene
from perception.watch.intent import Phase

RISE = 0.004  # metres by which the cup goes up on the way that it drags something: it pressed the item down
AROUND = 0.3  # metres around the grasp in which what was seen counts


class DragPlanner:
    """Plans drags."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.arm, self.staging, self.router = workspace.arm, workspace.staging, workspace.router
        self.reach = Reach(workspace.staging)

    def plan(self, grasp: Grasp, scene: Scene, positions: Array, left: ToolState | None) -> Plan:
        """A drag from joint positions (J,), at rest with the tool free. Raises PlanError: why there is none."""
        assert isinstance(grasp.skill, Drag)
        contact = seen(scene.occupancy, grasp.item, grasp.T_base_tool.position, AROUND)
        way = strict(scene.occupancy, grasp.item), Field.empty()
        over = self.workspace.over(scene)
        failures: list[PlanError] = []
        for T_last_grasp, lift in self.reach.ways(grasp, positions):
            task = Task(grasp, scene, T_last_grasp, grasp.load, lift[0], lift, contact, way, over, 0.0)
            try:
                return self._drag(task, grasp.skill.way, positions)
            except PlanError as error:
                failures.append(error)
        raise failures[0]

    def _drag(self, task: Task, way: Array, positions: Array) -> Plan:
        coming, anywhere = self.staging.coming(task), (np.inf, np.inf)
        coming.check_at(task.start)
        approach = self.reach.approach(task, coming, positions, None)
        approached, ready = self.staging.timed(approach, (0.0, CONTACT_WAY))
        dragged = self._dragged(coming, task, way)
        command = ToolCommand(ready, ready_command(task.grasp, self.arm.tool))
        constraints = Setting.of(approached, self.arm, approach.stage, None, approach.contact)
        dragging = Setting.of(dragged, self.arm, coming, None, anywhere)
        return Plan(
            (
                Step(Phase.APPROACH, Touch(), approached, constraints, (command,), clear=ready),
                Step(Phase.GRIP, Gripped()),
                Step(Phase.DRAG, Held(), dragged, dragging),
                Step(Phase.RELEASE, Released()),
            )
        )

    def _dragged(self, stage: Stage, task: Task, way: Array) -> Trajectory:
        """Straight along a way (3,), gently, the cup on the item and a little up."""
        way = way + np.array((0.0, 0.0, RISE))
        line = self.router.line(task.lift[-1], task.T_last_grasp, way)
        short = np.linalg.norm(way) - np.linalg.norm(np.ptp(stage.tool_positions(line), axis=0))
        if short > 1e-3:
            raise Unreachable(f"expected a reach for the whole way, got {short:.3f} m less; drag another way")
        stage.check(line, np.inf, np.inf)
        return self.staging.timed(Way(stage, line, (np.inf, np.inf)), (np.inf, 0.0))[0]
