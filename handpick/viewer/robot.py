"""The arm with its tool on a viser scene, moved by forward kinematics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from grasping.tool_solids import tool_offsets
from grasping.tools import Tool
from handpick.viewer.drawing import draw_solids, move, node
from handpick.viewer.solids import Solid, arm_figure, tool_figure
from handpick.viewer.timeline import Posture
from motion.robot.arm import Arm
from perception.pose import Pose

if TYPE_CHECKING:
    import viser


class Robot:
    """An arm as it is drawn.

    Args:
        meshes: the arm's looks by link, each in its link's frame; its capsules if None.
    """

    def __init__(
        self, scene: viser.SceneApi, name: str, arm: Arm, meshes: Mapping[str, Sequence[Solid]] | None = None
    ) -> None:
        self.arm = arm
        self.T_last_flange = arm.T_last_tool(Tool.PINCH) @ arm.tool.T_flange_tip.inverse()
        self.root = node(scene, name)
        figure = arm_figure(arm.description) if meshes is None else meshes
        self.links = []
        for link in arm.description.links:
            self.links.append(node(scene, f"{name}/{link.name}"))
            draw_solids(scene, f"{name}/{link.name}", figure.get(link.name, ()))
        self.flange = node(scene, f"{name}/flange")
        self.tool = {}
        for part, solids in tool_figure(arm.tool).items():
            self.tool[part] = node(scene, f"{name}/flange/{part}")
            draw_solids(scene, f"{name}/flange/{part}", solids)

    def pose(self, posture: Posture) -> None:
        """Put the arm and its tool into a posture."""
        poses = self.arm.links(posture.positions)
        for handle, T_base_link in zip(self.links, poses):
            move(handle, T_base_link)
        move(self.flange, Pose(poses[-1]) @ self.T_last_flange)
        for part, offset in tool_offsets(self.arm.tool, posture.opening, posture.cup_travel).items():
            move(self.tool[part], Pose.from_rotation(offset, np.eye(3)))
