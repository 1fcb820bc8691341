"""The simple solids that stand for arm and tool, each in the frame of the link that carries it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache

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

# Two swept spheres around each link of the arm, fitted to the meshes of franka_panda (0.5 mm to spare).
_ARM: tuple[tuple[int, tuple[float, float, float], tuple[float, float, float], float], ...] = (
    (0, (-0.112, 0.0, 0.020), (-0.104, 0.0, 0.032), 0.0750),
    (0, (-0.006, 0.034, 0.020), (-0.006, -0.034, 0.020), 0.0805),
    (0, (-0.0525, 0.0, 0.064), (0.002, 0.0, 0.0855), 0.0790),
    (1, (0.0, -0.0085, -0.1024), (0.0, 0.0, -0.166), 0.0627),
    (1, (0.0, -0.0495, -0.0245), (0.0, -0.053, 0.0), 0.0795),
    (2, (0.0, 0.0, 0.053), (0.0, -0.020, 0.025), 0.0801),
    (2, (0.0, -0.0985, 0.009), (0.0, -0.168, 0.0), 0.0646),
    (3, (0.0, 0.0, -0.0916), (0.008, 0.013, -0.0557), 0.0663),
    (3, (0.0772, 0.0576, -0.0042), (0.0824, 0.0314, -0.0003), 0.0657),
    (4, (0.0, 0.0033, 0.0587), (0.0, 0.0, 0.0235), 0.0654),
    (4, (-0.0825, 0.0935, 0.0), (-0.068, 0.0358, 0.0194), 0.0692),
    (5, (0.0, 0.0447, -0.1919), (0.0, 0.0, -0.2362), 0.0601),
    (5, (0.0, 0.064, 0.0005), (0.0, 0.0895, -0.1002), 0.0685),
    (6, (0.088, -0.0077, 0.0), (0.008, 0.0072, 0.0055), 0.0635),
    (6, (0.0927, 0.0469, 0.0003), (0.0767, 0.0556, -0.0007), 0.0433),
    (7, (0.0494, 0.0221, 0.0806), (0.0242, 0.0471, 0.0801), 0.0389),
    (7, (-0.0046, -0.0032, 0.077), (0.0007, 0.0007, 0.0746), 0.0503),
)


@cache
def arm_primitives() -> tuple[Capsule, ...]:
    """Swept spheres of the arm's links panda_link0 .. panda_link7."""
    return tuple(Capsule(f"panda_link{i}", np.array([a, b]), radius) for i, a, b, radius in _ARM)


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


def wrist_points(count: int = 60) -> Array:
    """Points (N, 3) on the arm's last link, in its frame: `count` on each ball of its swept spheres."""
    k = np.arange(count) + 0.5
    polar, turn = np.arccos(1 - 2 * k / count), np.pi * (1 + np.sqrt(5)) * k  # a Fibonacci sphere
    ball = np.stack([np.cos(turn) * np.sin(polar), np.sin(turn) * np.sin(polar), np.cos(polar)], axis=-1)
    last = [capsule for capsule in arm_primitives() if capsule.link == "panda_link7"]
    return np.concatenate([end + capsule.radius * ball for capsule in last for end in capsule.ends])
