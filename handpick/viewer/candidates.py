"""Grasps on a viser scene: all as small tools that can be clicked, coloured by odds, and one with the whole tool."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from grasping.grasp import Grasp
from grasping.tools import DualTool, Tool
from handpick.viewer.colors import linear, odds_colors
from handpick.viewer.drawing import draw_solids, node, rgb
from handpick.viewer.shown import Shown
from handpick.viewer.solids import Solid, glyphs, tool_at
from perception.pose import Array, Pose

if TYPE_CHECKING:
    import viser

HALF_TURN = np.diag((-1.0, -1.0, 1.0))


def draw_candidates(scene: viser.SceneApi, name: str, shown: Shown, clicked: Callable[[int], None]) -> None:
    """All grasps on offer. clicked: is told the number of one that is clicked."""
    for kind in Tool:
        numbers = [i for i, offer in enumerate(shown.offers) if offer.grasp.tool is kind]
        if not numbers:
            continue
        grasps = [shown.offers[i].grasp for i in numbers]
        colors = odds_colors([grasp.odds.placed_undamaged for grasp in grasps])
        for side, poses in enumerate(_places(grasps, kind)):
            for part, solid in enumerate(glyphs(shown.tool, kind)):
                handle = _batch(scene, f"{name}/{kind.value}/{side}/{part}", solid, poses, colors)
                _tell(handle, numbers, clicked)


def draw_grasp(scene: viser.SceneApi, name: str, grasp: Grasp, tool: DualTool) -> None:
    """The whole tool at a grasp, in the colour of its odds."""
    suction = grasp.tool is Tool.SUCTION
    T_base_flange = grasp.T_base_tool @ tool.T_flange_tool(grasp.tool).inverse()
    node(scene, name, T_base_flange)
    solids = tool_at(tool, tool.cup.fingers_open if suction else grasp.opening, float(suction))
    color = rgb(odds_colors(grasp.odds.placed_undamaged))
    draw_solids(scene, name, solids, opacity=0.55, color=color)


def _places(grasps: Sequence[Grasp], kind: Tool) -> list[list[Pose]]:
    """Where the glyphs of grasps stand: one cup each, or two fingers, open as they come."""
    if kind is Tool.SUCTION:
        return [[grasp.T_base_tool for grasp in grasps]]
    sides = (np.eye(3), HALF_TURN)
    return [
        [grasp.T_base_tool @ Pose.from_rotation(turn @ (0, grasp.opening / 2, 0), turn) for grasp in grasps]
        for turn in sides
    ]


def _batch(
    scene: viser.SceneApi, name: str, solid: Solid, poses: Sequence[Pose], colors: NDArray[np.uint8]
) -> viser.BatchedMeshHandle:
    wxyz: Array = np.array([np.roll(pose.quaternion, 1) for pose in poses])
    return scene.add_batched_meshes_simple(
        name,
        solid.vertices,
        solid.triangles,
        wxyz,
        np.array([pose.position for pose in poses]),
        batched_colors=linear(colors),
        flat_shading=True,
        side="double",
        lod="off",
        cast_shadow=False,
    )


def _tell(handle: viser.BatchedMeshHandle, numbers: Sequence[int], clicked: Callable[[int], None]) -> None:
    @handle.on_click
    def _(event: viser.SceneNodePointerEvent[viser.BatchedMeshHandle]) -> None:
        if event.instance_index is not None:
            clicked(numbers[event.instance_index])
