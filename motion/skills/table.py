"""The table of skills: the planner of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Protocol

from grasping.grasp import Grasp
from grasping.skill import Lift, Skill
from grasping.skills.aside import Aside
from grasping.skills.drag import Drag
from grasping.skills.swing import Swing
from grasping.skills.tip import Tip
from motion.plan import Plan
from motion.planning.workspace import Workspace
from motion.robot.tool_state import ToolState
from motion.skills.aside import AsidePlanner
from motion.skills.drag import DragPlanner
from motion.skills.lift import LiftPlanner
from motion.skills.swing import SwingPlanner
from motion.skills.tip import TipPlanner
from perception.pose import Array
from perception.scene import Scene


class SkillPlanner(Protocol):
    """Plans the grasps of one skill."""

    def plan(self, grasp: Grasp, scene: Scene, positions: Array, left: ToolState | None) -> Plan:
        """A plan from joint positions (J,) at rest, the tool free or as it has just let go. Raises PlanError."""
        ...


PLANNERS: Mapping[type[Skill], Callable[[Workspace], SkillPlanner]] = MappingProxyType(
    {Lift: LiftPlanner, Swing: SwingPlanner, Tip: TipPlanner, Drag: DragPlanner, Aside: AsidePlanner}
)
