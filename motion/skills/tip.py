"""Tip, planned: the cup tips the item, then the fingers go down on both sides of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from grasping.grasp import Grasp
from grasping.skills.tip import Tip, ahead_of
from grasping.tools import SuctionCup, Tool
from motion.collision.distance_field import Field
from motion.paths.splines import finer
from motion.planning.step import RodYields, Step, ToolCommand, Touch
from motion.planning.task import Task, Way
from motion.planning.tool_commands import ready_command
from motion.robot.tool_state import ToolState
from motion.skills.lift import LiftPlanner
from motion.trajectory import joined
from perception.pose import Array, Pose
from perception.scene import Scene
from perception.watch.intent import Phase

TIP_SPEED, DOWN_SPEED = 0.10, 0.12  # m/s of the fingertips at most while the item is tipped, and on the way down
STEPS = 12  # poses of the tool on which the item is tipped
STRIDE = 0.01  # metres between poses on the way down


def entry_poses(grasp: Grasp, tip: Tip, cup: SuctionCup) -> tuple[Array, Array]:
    """Poses (N, 4, 4) and (M, 4, 4) of the tip frame: while it tips the item, and on down to the grasp.

    The cup presses on its site, and stays there.
    """
    end, up = grasp.T_base_tool, np.array((0, 0, cup.extension - cup.press))
    tipped = np.zeros((STEPS, 4, 4))
    for pose, share in zip(tipped, np.linspace(0, 1, STEPS)):
        leaning = tip.leaning(1 - share) @ end.rotation
        site = tip.turned(share * tip.angle).apply(tip.site)
        pose[:] = Pose.from_rotation(site - leaning @ up, leaning).matrix
    above = tipped[-1, :3, 3]
    count = int(np.ceil(np.linalg.norm(end.position - above) / STRIDE)) + 1
    down = np.repeat(tipped[-1:], count, axis=0)
    way, share = end.position - above, np.linspace(0, 1, count)[:, None]
    along = (way @ end.rotation[:, 2]) * end.rotation[:, 2]
    down[:, :3, 3] = above + share * along + np.minimum(2 * share, 1) * (way - along)  # in line before the tips arrive
    return tipped, down


def tip_of(grasp: Grasp) -> Tip:
    """The tip that a grasp carries."""
    assert isinstance(grasp.skill, Tip)
    return grasp.skill


class TipPlanner(LiftPlanner):
    """Plans picks of items that are tipped first."""

    def ahead(self, grasp: Grasp, scene: Scene) -> Scene:
        return ahead_of(scene, scene.item(grasp.item), tip_of(grasp))

    def touch(self, grasp: Grasp) -> Touch:
        return Touch(Tip.push)

    def entry(self, task: Task) -> tuple[Step, ...]:
        """The step on which the item is tipped and the fingers go down; the robot may touch all along.

        Raises:
            InCollision, LimitsExceeded: why there is none.
        """
        tip, tool = tip_of(task.grasp), self.arm.tool
        tipping, down = task.entry
        tips = self.arm.T_base_tool(down[0], Tool.PINCH), self.arm.T_base_tool(down[-1], Tool.PINCH)
        sunk = 1 - float(np.linalg.norm(tips[1].position - tips[0].position)) / tool.cup.retraction
        parts = []
        for rows, state, speed in (
            (tipping, ToolState(tip.narrow, 1.0), TIP_SPEED),
            (down, ToolState(task.grasp.opening, sunk), DOWN_SPEED),
        ):
            stage = self.staging.stage(task, state, (task.contact, Field.empty()))
            stage.check(rows, np.inf, np.inf)
            way = Way(stage, finer(rows, 2), (np.inf, np.inf))
            parts.append(self.staging.timed(way, (np.inf, 0.0), gently=speed)[0])
        spread = parts[0].duration
        narrow = replace(ready_command(task.grasp, tool), push=Tip.push)
        wide = replace(narrow, opening=task.grasp.opening)
        commands = ToolCommand(0.0, narrow), ToolCommand(spread, wide)
        return (Step(Phase.GRIP, RodYields(spread, Tip.push), joined(parts), commands=commands),)

    def entry_paths(self, grasp: Grasp, T_last_grasp: Pose, lift: Array) -> tuple[Array, ...]:
        """The paths on which the cup tips the item, and down to the grasp, found backwards."""
        tipped, down = entry_poses(grasp, tip_of(grasp), self.arm.tool.cup)
        path = self.router.through(np.concatenate([tipped, down[1:]])[::-1], lift[0], T_last_grasp)[::-1]
        return path[: len(tipped)], path[len(tipped) - 1 :]
