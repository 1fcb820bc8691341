"""Meshes of the solids that stand for the tool and the arm."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import trimesh
from numpy.typing import NDArray

from grasping.tool_solids import PLATE_RADIUS, Block, Rod, lips, tool_offsets, tool_solids
from grasping.tools import DualTool, Tool
from motion.robot.description import ArmDescription
from motion.robot.link_shapes import Capsule
from perception.arrays import readonly
from perception.pose import Array

Rgb = tuple[int, int, int]

STEEL: Rgb = (70, 74, 82)
PALE: Rgb = (222, 224, 228)
RUBBER: Rgb = (40, 110, 190)
GLYPH = 0.045  # metres of rod or finger that stand for a tool


@dataclass(frozen=True, eq=False)
class Solid:
    """A triangle mesh of one colour: vertices (V, 3), metres, triangles (T, 3)."""

    vertices: NDArray[np.float32]
    triangles: NDArray[np.int32]
    color: Rgb = STEEL

    def __post_init__(self) -> None:
        object.__setattr__(self, "vertices", readonly(self.vertices, np.float32, (None, 3), "solid's vertices"))
        object.__setattr__(self, "triangles", readonly(self.triangles, np.int32, (None, 3), "solid's triangles"))


def tool_figure(tool: DualTool) -> dict[str, list[Solid]]:
    """The tool's solids by link, each in the frame of its link, as `tool_offsets` places them."""
    figure: dict[str, list[Solid]] = {}
    for solid in tool_solids(tool):
        figure.setdefault(solid.link, []).append(_made(solid))
    return figure


def tool_at(tool: DualTool, opening: float, cup_travel: float) -> list[Solid]:
    """The tool's solids in the flange's frame; what of the rod is drawn in is hidden in the palm."""
    offsets = tool_offsets(tool, opening, cup_travel)
    return [
        _moved(solid, offsets[link])
        for link, solids in tool_figure(tool).items()
        for solid in solids
        if cup_travel > 0.5 or not link.startswith("cup")
    ]


def glyphs(tool: DualTool, kind: Tool) -> list[Solid]:
    """The last centimetres of a tool in the tool's frame: the cup; or one finger, its inner face at y = 0, to be put
    on either side.
    """
    links = ("cup_rod", *lips(tool)) if kind is Tool.SUCTION else ("finger_left",)
    offsets = tool_offsets(tool, 0.0, 1.0)
    return [
        _moved(_made(_cut(solid)), offsets[solid.link] - offsets[links[0]])
        for solid in tool_solids(tool)
        if solid.link in links
    ]


def arm_figure(arm: ArmDescription) -> Mapping[str, list[Solid]]:
    """The arm's capsules by link, each in the frame of its link."""
    figure: dict[str, list[Solid]] = {}
    for capsule in arm.capsules:
        figure.setdefault(capsule.link, []).append(_made(capsule, PALE))
    return figure


def _moved(solid: Solid, offset: Array) -> Solid:
    return Solid(solid.vertices + offset.astype(np.float32), solid.triangles, solid.color)


def _cut(solid: Block | Rod) -> Block | Rod:
    """The part of a solid that is no farther than GLYPH from the tool's tip."""
    if isinstance(solid, Rod):
        return Rod(solid.link, solid.radius, max(solid.start, -GLYPH), solid.end, solid.soft)
    length = min(GLYPH, float(solid.size[2]))
    middle = solid.T_link_box.position * (1, 1, length / solid.size[2])
    return Block(
        solid.link, type(solid.T_link_box).from_rotation(middle, np.eye(3)), np.array((*solid.size[:2], length))
    )


def _made(solid: Block | Rod | Capsule, color: Rgb = STEEL) -> Solid:
    if isinstance(solid, Capsule):
        return _solid(_capsule(solid.ends, solid.radius), color)
    if isinstance(solid, Block):
        return _solid(trimesh.creation.box(solid.size, solid.T_link_box.matrix), color)
    mesh = trimesh.creation.cylinder(solid.radius, segment=[(0, 0, solid.start), (0, 0, solid.end)], sections=24)
    return _solid(mesh, RUBBER if solid.soft else PALE if solid.radius == PLATE_RADIUS else color)


def _capsule(ends: Array, radius: float) -> trimesh.Trimesh:
    along = ends[1] - ends[0]
    length = float(np.linalg.norm(along))
    if length < 1e-6:
        return trimesh.creation.icosphere(2, radius).apply_translation(ends[0])
    mesh = trimesh.creation.capsule(length, radius, (16, 16))  # from z = 0 on
    turn = trimesh.geometry.align_vectors((0, 0, 1), along / length)
    return mesh.apply_transform(turn).apply_translation(ends[0])


def _solid(mesh: trimesh.Trimesh, color: Rgb) -> Solid:
    return Solid(mesh.vertices, mesh.faces, color)
