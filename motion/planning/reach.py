"""Reaching a grasp: the arm's postures at it, and the tool's way in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from grasping.grasp import Grasp
from grasping.tools import DualTool, Tool
from motion.collision.distance_field import Field, strict
from motion.errors import NoPath, PlanError
from motion.paths.arches import UP
from motion.planning.planning_scene import Leg, Stage
from motion.planning.task import CLEAR, Staging, Task, Way, backing_off, ready
from motion.planning.tool_change import Change
from motion.robot.tool_state import ToolState
from perception.pose import Array, Pose

PREGRASP = 0.05  # metres before the grasp from which the tool comes in straight, at least
REACHES = 3  # ways to reach a grasp that are tried: of 97 plans that succeeded none needed a fourth
HALF_TURN = Pose.from_euler((0, 0, 0), (0, 0, np.pi))


class Reach:
    """Puts the arm to grasps, and finds the ways there."""

    def __init__(self, staging: Staging) -> None:
        self.staging, self.arm, self.router = staging, staging.arm, staging.router

    def ways(self, grasp: Grasp, positions: Array) -> Iterator[tuple[Pose, Array]]:
        """The ways to put the tool to the grasp, the one that asks least of the arm first.

        The tool may be turned half about its axis where that changes nothing for the item.

        Returns:
            The grasp's frame in the last link's, and joint positions (1, J).

        Raises:
            Unreachable: there are none.
        """
        found, inverse = [], self.router.inverse
        for turned in (Pose.identity(), HALF_TURN) if alike_turned(grasp, self.arm.tool) else (Pose.identity(),):
            T_last_grasp = self.arm.T_last_tool(grasp.tool) @ turned
            T_base_last = self.pressed(grasp) @ T_last_grasp.inverse()
            for q in inverse.several(T_base_last, positions):
                found.append((float(inverse.cost(q[None], positions)[0]), T_last_grasp, q))
        if not found:
            inverse.best(T_base_last, positions)  # says why there is none
        for _, T_last_grasp, q in sorted(found, key=lambda way: way[0])[:REACHES]:
            yield T_last_grasp, q[None]

    def pressed(self, grasp: Grasp) -> Pose:
        """Where the tool goes to: a cup presses on, in case the surface lies deeper than believed."""
        depth = self.arm.tool.cup.press if grasp.tool is Tool.SUCTION else 0.0
        return grasp.T_base_tool @ Pose.from_rotation((0, 0, depth), np.eye(3))

    def approach(self, task: Task, stage: Stage, positions: Array, left: ToolState | None) -> Way:
        """The way to the grasp from joint positions (J,), where the tool stands free or has just let go as in `left`.

        Args:
            stage: of the tool as it comes to the item.

        Raises:
            NoPath, InCollision, Unreachable: why there is none.
        """
        grasp, tool = task.grasp, ready(task.grasp)
        T_base_tool = Pose(self.arm.links(task.start)[-1]) @ task.T_last_grasp
        back, over = -T_base_tool.rotation[:, 2], task.over
        if grasp.tool is Tool.PINCH and tool.travel > 0:
            over += self.arm.tool.cup.extension  # of the cup beyond the fingertips, whose frame goes there
        deep = over - T_base_tool.position[2]
        if left and left.travel > tool.travel:
            over += self.arm.tool.cup.extension  # the cup, as yet out, reaches further down than the fingertips
        out = self._out(stage, positions, over, left)
        if left:
            around = replace(task, way=(strict(task.scene.occupancy, None), task.way[1]))  # the item is in its way
            before = self.staging.stage(around, left, (Field.empty(), Field.empty()))
            stage = Change(before, stage, left.until(tool, self.arm.tool))
        failure: PlanError = NoPath("no way in was tried")
        for axis in _entries(grasp.tool, back):
            into = Leg(axis, PREGRASP, max(deep / max(axis[2], 0.5), PREGRASP) + CLEAR)
            try:
                path, *contact = stage.way(positions, task.start, over, out, into)
                return Way(stage, path, (contact[0], contact[1]))
            except PlanError as error:
                failure = error
        raise failure

    def _out(self, stage: Stage, positions: Array, over: float, left: ToolState | None) -> Leg | None:
        """How the tool leaves where it is: up, or back off what it has let go of; None where it stands free."""
        missing = over - stage.tool_positions(positions[None])[0, 2]
        if left:
            return backing_off(-self.arm.links(positions)[-1][:3, 2], missing)
        return Leg(UP, missing, missing + CLEAR) if missing > 0 else None


def alike_turned(grasp: Grasp, tool: DualTool) -> bool:
    """Whether a grasp is the same with the tool turned half about its axis: of several cups, the same must be open."""
    if grasp.tool is Tool.PINCH:
        return True
    opened = np.array([tool.cup.places[i] for i in grasp.cups])
    return bool(np.allclose(sorted(opened.tolist()), sorted((-opened).tolist()), atol=1e-6))


def _entries(tool: Tool, back: Array) -> list[Array]:
    """Directions from which the tool may come in: along its own axis; a cup, which slides little, halfway to it."""
    upright = back + UP
    return [back] if tool is Tool.PINCH or back[2] > 0.98 else [back, upright / np.linalg.norm(upright)]
