"""Swing, planned: a book turned up over its fore-edge by its spine, carried hanging, stood up or laid down."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from grasping.grasp import Grasp, Load
from motion.planning.delivery import Delivery
from motion.planning.workspace import Workspace
from motion.skills.lift import LiftPlanner
from motion.skills.swing_course import attitudes, lifts, outweighs, swing_of
from motion.skills.swing_placing import SwingDelivery
from perception.pose import Array, Pose
from perception.scene import Scene


class SwingPlanner(LiftPlanner):
    """Plans swings."""

    around = 0.4
    anywhere = True

    def delivering(self, workspace: Workspace) -> Delivery:
        return SwingDelivery(workspace.staging, workspace.source, workspace.placing, workspace.rim)

    def attitudes(self, grasp: Grasp) -> tuple[Grasp, ...]:
        return attitudes(grasp)

    def ways(self, grasp: Grasp, scene: Scene, positions: Array, load: Load) -> Iterator[tuple[Pose, Array]]:
        pressed, T_last_cup = self.reach.pressed(grasp), self.arm.T_last_tool(grasp.tool)
        swing = swing_of(grasp)
        heavy = partial(outweighs, load, grasp.limits, swing, self.staging.pace.hold)
        return lifts(self.router, pressed, grasp, swing, scene, T_last_cup, positions, heavy)
