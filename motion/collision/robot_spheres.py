"""The robot and what it holds as spheres: the links, the tool in one state, and an item's points."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from grasping.tool_solids import Block, Rod
from motion.robot.arm import Arm
from motion.robot.link_shapes import Capsule, Primitive, capsule_around
from perception.arrays import readonly
from perception.pose import Array

CELLS = 0.0115, 0.026  # least and greatest edge of the cubes into which a block is cut, a sphere for each, metres
ITEM_CELL = 0.015  # edge of the cubes that share a sphere around a carried item's points, metres
ITEM_COARSE = 0.05  # the same where it is tested against the arm itself
PAD = 0.001  # metres by which an item's spheres stand out over its points
ITEM_PART = 0.08  # edge of the cubes whose spheres share a hull
SLACK = 1.06  # spheres along a capsule are this much wider than it


@dataclass(frozen=True, eq=False)
class Body:
    """Spheres and capsules fixed to links, and which capsules to test against each other.

    centres (S, 3), radii (S,); those of part i, fixed to link links[i], are spans[i, 0] .. spans[i, 1] - 1, and all lie
    in the ball hulls[i] (x, y, z, radius). ends (C, 2, 3), widths (C,), owners (C,); pairs (P, 2) of capsule indices.
    Metres, in the frames of their links.
    """

    centres: Array
    radii: Array
    links: NDArray[np.int64]
    spans: NDArray[np.int64]
    hulls: Array
    ends: Array
    widths: Array
    owners: NDArray[np.int64]
    pairs: NDArray[np.int64]

    def __post_init__(self) -> None:
        n, c = len(self.centres), len(self.ends)
        for name, dtype, shape in (
            ("centres", np.float64, (n, 3)),
            ("radii", np.float64, (n,)),
            ("links", np.int64, (len(self.spans),)),
            ("spans", np.int64, (None, 2)),
            ("hulls", np.float64, (len(self.spans), 4)),
            ("ends", np.float64, (c, 2, 3)),
            ("widths", np.float64, (c,)),
            ("owners", np.int64, (c,)),
            ("pairs", np.int64, (None, 2)),
        ):
            object.__setattr__(self, name, readonly(getattr(self, name), dtype, shape, f"body {name}"))


@lru_cache(maxsize=128)
def cover(solid: Primitive) -> tuple[Array, Array]:
    """Spheres (centres (S, 3), radii (S,)) whose union covers a solid."""
    if isinstance(solid, Block):
        cell = np.clip(1.1 * solid.size.min(), *CELLS)
        counts = np.maximum(np.ceil(solid.size / cell), 1).astype(int)
        edges = solid.size / counts
        steps = [(np.arange(n) + 0.5) * edge - size / 2 for n, edge, size in zip(counts, edges, solid.size)]
        centres = np.stack(np.meshgrid(*steps, indexing="ij"), axis=-1).reshape(-1, 3) + solid.T_link_box.position
        return centres, np.full(len(centres), np.linalg.norm(edges) / 2)
    capsule = capsule_around(solid) if isinstance(solid, Rod) else solid
    radius = SLACK * capsule.radius
    gap = 2 * np.sqrt(radius**2 - capsule.radius**2)
    axis = capsule.ends[1] - capsule.ends[0]
    count = int(np.ceil(np.linalg.norm(axis) / gap)) + 1
    return capsule.ends[0] + np.linspace(0, 1, count)[:, None] * axis, np.full(count, radius)


def around_points(points: Array, cell: float) -> tuple[Array, Array]:
    """Spheres (centres, radii) that cover points (N, 3), one for each occupied cube of edge `cell`."""
    keys = np.floor(points / cell).astype(np.int64)
    keys -= keys.min(axis=0)
    shape = tuple(int(most) + 1 for most in keys.max(axis=0))
    index = np.unique(np.ravel_multi_index(tuple(keys.T), shape), return_inverse=True)[1].reshape(-1)
    count = np.bincount(index)
    centres = np.stack([np.bincount(index, points[:, k]) / count for k in range(3)], axis=1)
    radii = np.zeros(len(count))
    np.maximum.at(radii, index, np.linalg.norm(points - centres[index], axis=1))
    return centres, radii


def in_cubes(centres: Array, radii: Array, cell: float = ITEM_PART) -> list[tuple[Array, Array]]:
    """Spheres (centres (S, 3), radii (S,)) by the cube of edge `cell` that they are centred in."""
    keys = np.floor(centres / cell).astype(np.int64)
    groups = np.unique(keys, axis=0, return_inverse=True)[1].reshape(-1)
    return [(centres[groups == group], radii[groups == group]) for group in range(groups.max() + 1)]


@dataclass(frozen=True, eq=False)
class Carried:
    """An item's spheres in the last link's frame: centres (S, 3) and radii (S,), and coarser ones, metres."""

    fine: tuple[Array, Array]
    coarse: tuple[Array, Array]

    @staticmethod
    def of(points: Array) -> Carried:
        """Around points (N, 3)."""
        return Carried(around_points(points, ITEM_CELL), around_points(points, ITEM_COARSE))


def body(
    arm: Arm, opening: float, cup_travel: float, item: Carried | None = None, pad: float = PAD, soft: bool = True
) -> Body:
    """The arm with its tool in a given state and the item in hand.

    Args:
        pad: by how much the item's spheres stand out over what covers its points, metres; negative near contacts.
        soft: whether the bellows count, which give way where they are meant to touch.
    """
    bare = _bare(arm, opening, cup_travel, soft)
    return bare if item is None else _holding(bare, item, pad)


@lru_cache(maxsize=64)
def _bare(arm: Arm, opening: float, cup_travel: float, soft: bool) -> Body:
    solids = [solid for solid in arm.solids(opening, cup_travel) if soft or not (isinstance(solid, Rod) and solid.soft)]
    covers = [cover(solid) for solid in solids]
    numbers = np.array([arm.description.number(solid.link) for solid in solids])
    around = [capsule_around(solid) for solid in solids]
    arm_count, apart = sum(isinstance(solid, Capsule) for solid in solids), arm.description.apart
    bounds = np.cumsum([0] + [len(radii) for _, radii in covers])
    centres, radii = (np.concatenate(parts) for parts in zip(*covers))
    return Body(
        centres,
        radii,
        numbers,
        np.stack([bounds[:-1], bounds[1:]], axis=1),
        np.array([_hull_of(solid) for solid in solids]),
        np.array([capsule.ends for capsule in around]),
        np.array([capsule.radius for capsule in around]),
        numbers,
        np.array([(i, j) for i in range(arm_count) for j in range(len(solids)) if numbers[j] - numbers[i] >= apart]),
    )


def _holding(bare: Body, item: Carried, pad: float) -> Body:
    """A body with an item."""
    centres, radii = item.fine
    parts = in_cubes(centres, radii + pad)
    balls, widths = item.coarse[0], item.coarse[1] + PAD
    bounds = len(bare.radii) + np.cumsum([0] + [len(radii) for _, radii in parts])
    last = bare.owners.max()
    clear = np.flatnonzero(bare.owners <= last - 2)  # of the arm, further off than the wrist
    numbers = len(bare.widths) + np.arange(len(balls))
    return Body(
        np.concatenate([bare.centres, *(centres for centres, _ in parts)]),
        np.concatenate([bare.radii, *(radii for _, radii in parts)]),
        np.append(bare.links, np.full(len(parts), last)),
        np.concatenate([bare.spans, np.stack([bounds[:-1], bounds[1:]], axis=1)]),
        np.concatenate([bare.hulls, [_hull(*part) for part in parts]]),
        np.concatenate([bare.ends, np.repeat(balls[:, None], 2, axis=1)]),
        np.append(bare.widths, widths),
        np.append(bare.owners, np.full(len(balls), last)),
        np.concatenate([bare.pairs, np.stack(np.meshgrid(clear, numbers), axis=-1).reshape(-1, 2)]),
    )


@lru_cache(maxsize=128)
def _hull_of(solid: Primitive) -> Array:
    return _hull(*cover(solid))


def _hull(centres: Array, radii: Array) -> Array:
    """A ball (x, y, z, radius) around spheres."""
    middle = (centres.min(axis=0) + centres.max(axis=0)) / 2
    return np.array([*middle, (np.linalg.norm(centres - middle, axis=1) + radii).max()])
