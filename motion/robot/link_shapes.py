"""The simple solids that stand for arm and tool, each in the frame of the link that carries it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from grasping.tool_solids import Block, Rod, tool_offsets, tool_solids
from grasping.tools import DualTool
from perception.arrays import readonly
from perception.pose import Array, Pose


@dataclass(frozen=True, eq=False)
class Capsule:
    """A swept sphere: ends (2, 3) and radius, metres."""

    link: str
    ends: Array
    radius: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "ends", readonly(self.ends, np.float64, (2, 3), f"capsule of {self.link}"))


Primitive = Capsule | Block | Rod


def shifted(solid: Primitive, link: str, offset: Array) -> Primitive:
    """The same solid seen from a parallel frame in which its link's origin lies at `offset` (Rod: along z)."""
    if isinstance(solid, Capsule):
        return Capsule(link, solid.ends + offset, solid.radius)
    if isinstance(solid, Block):
        return Block(link, Pose.from_rotation(solid.T_link_box.position + offset, np.eye(3)), solid.size)
    return Rod(link, solid.radius, solid.start + float(offset[2]), solid.end + float(offset[2]), solid.soft)


@lru_cache(maxsize=128)
def capsule_around(solid: Primitive, slack: float = 1.08) -> Capsule:
    """A capsule that covers a solid, `slack` times as wide as its cross-section needs.

    The wider it is, the further its ends draw back inside: a cap of radius s R covers a disc of radius R that lies
    sqrt(s^2 - 1) R ahead of its centre.
    """
    if isinstance(solid, Capsule):
        return solid
    if isinstance(solid, Rod):
        centre, axis = np.array((0, 0, (solid.start + solid.end) / 2)), 2
        half, across = (solid.end - solid.start) / 2, solid.radius
    else:
        centre, axis = solid.T_link_box.position, int(np.argmax(solid.size))
        half, across = solid.size[axis] / 2, float(np.linalg.norm(np.delete(solid.size, axis))) / 2
    reach = max(half - across * np.sqrt(slack**2 - 1), 0.0)
    radius = slack * across if reach > 0 else float(np.hypot(half, across))
    step = reach * np.eye(3)[axis]
    return Capsule(solid.link, np.array([centre - step, centre + step]), radius)


def surface_points(tool: DualTool, opening: float, cup_travel: float, spacing: float = 0.01) -> Array:
    """Points (N, 3) on the tool's solids in the flange's frame, `spacing` metres apart or closer."""
    offsets = tool_offsets(tool, opening, cup_travel)
    points = []
    for solid in tool_solids(tool):
        if isinstance(solid, Block):
            axes = [np.linspace(-n / 2, n / 2, int(np.ceil(n / spacing)) + 1) for n in solid.size]
            local = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3) + solid.T_link_box.position
        elif isinstance(solid, Rod):
            angles = np.linspace(0, 2 * np.pi, int(np.ceil(2 * np.pi * solid.radius / spacing)) + 1)[:-1]
            levels = np.linspace(solid.start, solid.end, int(np.ceil((solid.end - solid.start) / spacing)) + 1)
            turn, level = (grid.reshape(-1) for grid in np.meshgrid(angles, levels, indexing="ij"))
            local = np.stack([solid.radius * np.cos(turn), solid.radius * np.sin(turn), level], axis=-1)
        else:
            continue
        points.append(local + offsets[solid.link])
    return np.concatenate(points)


def points_around(capsules: Sequence[Capsule], count: int = 60) -> Array:
    """Points (N, 3) on capsules, in the frames of their links: `count` on each ball at their ends."""
    k = np.arange(count) + 0.5
    polar, turn = np.arccos(1 - 2 * k / count), np.pi * (1 + np.sqrt(5)) * k  # a Fibonacci sphere
    ball = np.stack([np.cos(turn) * np.sin(polar), np.sin(turn) * np.sin(polar), np.cos(polar)], axis=-1)
    return np.concatenate([end + capsule.radius * ball for capsule in capsules for end in capsule.ends])
