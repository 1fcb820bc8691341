"""Fast collision checks: the robot as spheres and capsules against boxes and a distance field."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numba import njit
from numpy.typing import NDArray

from grasping.tool_solids import Block, Rod
from motion.collision.distance_field import Field
from motion.robot.arm import Arm
from motion.robot.kinematics import link_poses
from motion.robot.link_shapes import Capsule, Primitive, capsule_around
from perception.arrays import own, readonly
from perception.pose import Array
from perception.tote import Box

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


@dataclass(frozen=True, eq=False)
class Obstacles:
    """Obstacles: solid boxes, and two distance fields (of the source and of the destination)."""

    boxes: tuple[Box, ...]
    source: Field
    destination: Field

    @cached_property
    def arrays(self) -> tuple[object, ...]:
        """rotations (B, 3, 3), origins (B, 3), halves (B, 3), and of each field distances, grid (4, 4), voxel."""
        fields = [(f.distance, f.T_base_grid.matrix, f.voxel) for f in (self.source, self.destination)]
        return (*box_arrays(self.boxes), *fields[0], *fields[1])


@lru_cache(maxsize=8)  # most obstacles of a robot are the same boxes
def box_arrays(boxes: tuple[Box, ...]) -> tuple[Array, Array, Array]:
    """Rotations (B, 3, 3), origins (B, 3) and halves (B, 3) of boxes."""
    rotations = np.array([box.T_base_box.rotation for box in boxes]).reshape(-1, 3, 3)
    origins = np.array([box.T_base_box.position for box in boxes]).reshape(-1, 3)
    halves = np.array([box.size / 2 for box in boxes]).reshape(-1, 3)
    return rotations, origins, halves


@njit(cache=True)
def hit(  # type: ignore[no-untyped-def]
    q, placements, centres, radii, links, spans, hulls, ends, widths, owners, pairs,
    rot, org, half, f1, g1, v1, f2, g2, v2, gaps,
):  # fmt: skip
    """Whether the robot at q comes within gaps[0] metres of a box, gaps[1] of a solid voxel, or into itself."""
    poses = link_poses(placements, q)
    balls, places = np.empty((3, len(spans))), np.empty((3, len(radii)))
    for part in range(len(spans)):
        _place(poses[links[part]], hulls, part, part + 1, balls)
    near = np.empty((len(half), len(spans)), np.bool_)
    for b in range(len(half)):
        _touching(balls, hulls[:, 3], gaps[0], rot[b], org[b], half[b], near[b])
    touching = np.empty(len(radii), np.bool_)
    for part in range(len(spans)):
        if links[part] == 0:
            continue
        x, y, z = balls[0, part], balls[1, part], balls[2, part]
        reach = hulls[part, 3] + gaps[1]
        source, destination = _distance(x, y, z, f1, g1, v1) < reach, _distance(x, y, z, f2, g2, v2) < reach
        if not (source or destination or near[:, part].any()):
            continue
        first, last = spans[part]
        _place(poses[links[part]], centres, first, last, places)
        for b in range(len(half)):
            if near[b, part] and _touching(
                places[:, first:last], radii[first:last], gaps[0], rot[b], org[b], half[b], touching
            ):
                return True
        for i in range(first, last if source or destination else first):
            x, y, z = places[0, i], places[1, i], places[2, i]
            reach = radii[i] + gaps[1]
            if source and _distance(x, y, z, f1, g1, v1) < reach:
                return True
            if destination and _distance(x, y, z, f2, g2, v2) < reach:
                return True
    return _self_hit(poses, ends, widths, owners, pairs)


@njit(cache=True)
def _first_hit(path, rows, world):  # type: ignore[no-untyped-def]
    for n in range(len(rows)):
        if hit(path[rows[n]], *world):
            return n
    return len(rows)


@njit(cache=True)
def _place(pose, points, first, last, out):  # type: ignore[no-untyped-def]
    """Columns first..last of `out` (3, N): these rows of `points`, moved."""
    for i in range(first, last):
        x, y, z = points[i, 0], points[i, 1], points[i, 2]
        for r in range(3):
            out[r, i] = pose[r, 0] * x + pose[r, 1] * y + pose[r, 2] * z + pose[r, 3]


@njit(cache=True)
def _touching(places, radii, gap, rotation, origin, half, touching):  # type: ignore[no-untyped-def]
    """Which balls, at the columns of `places` (3, N), come within `gap` metres of a box, and whether one does.

    All are looked at, without a branch: compilers make that parallel.
    """
    hits = 0
    for i in range(len(radii)):
        dx, dy, dz = places[0, i] - origin[0], places[1, i] - origin[1], places[2, i] - origin[2]
        squared = 0.0
        for k in range(3):
            along = abs(rotation[0, k] * dx + rotation[1, k] * dy + rotation[2, k] * dz) - half[k]
            along = along if along > 0.0 else 0.0
            squared += along * along
        reach = radii[i] + gap
        touching[i] = (reach > 0.0) & (squared < reach * reach)
        hits += touching[i]
    return hits > 0


@njit(cache=True)
def _distance(x, y, z, field, grid, voxel):  # type: ignore[no-untyped-def]
    """Distance from a point to the nearest solid voxel; beyond the grid a lower bound of it."""
    dx, dy, dz = x - grid[0, 3], y - grid[1, 3], z - grid[2, 3]
    u = int(np.rint((grid[0, 0] * dx + grid[1, 0] * dy + grid[2, 0] * dz) / voxel))
    v = int(np.rint((grid[0, 1] * dx + grid[1, 1] * dy + grid[2, 1] * dz) / voxel))
    w = int(np.rint((grid[0, 2] * dx + grid[1, 2] * dy + grid[2, 2] * dz) / voxel))
    a = max(-u, u - field.shape[0] + 1, 0)
    b = max(-v, v - field.shape[1] + 1, 0)
    c = max(-w, w - field.shape[2] + 1, 0)
    u, v, w = min(max(u, 0), field.shape[0] - 1), min(max(v, 0), field.shape[1] - 1), min(max(w, 0), field.shape[2] - 1)
    outside = np.sqrt(float(a * a + b * b + c * c)) * voxel
    return max(outside - voxel, np.hypot(field[u, v, w], outside) - voxel) if outside > 0 else float(field[u, v, w])


@njit(cache=True)
def _self_hit(poses, ends, widths, owners, pairs):  # type: ignore[no-untyped-def]
    """Whether a pair of capsules overlaps; balls around them settle most pairs."""
    world, balls = np.empty((len(widths), 2, 3)), np.empty((len(widths), 4))
    for c in range(len(widths)):
        pose = poses[owners[c]]
        length = 0.0
        for r in range(3):
            for e in range(2):
                world[c, e, r] = (
                    pose[r, 0] * ends[c, e, 0] + pose[r, 1] * ends[c, e, 1] + pose[r, 2] * ends[c, e, 2] + pose[r, 3]
                )
            balls[c, r] = 0.5 * (world[c, 0, r] + world[c, 1, r])
            length += (world[c, 1, r] - world[c, 0, r]) ** 2
        balls[c, 3] = widths[c] + 0.5 * np.sqrt(length)
    for p in range(len(pairs)):
        i, j = pairs[p]
        x, y, z = balls[i, 0] - balls[j, 0], balls[i, 1] - balls[j, 1], balls[i, 2] - balls[j, 2]
        if x * x + y * y + z * z >= (balls[i, 3] + balls[j, 3]) ** 2:
            continue
        reach = widths[i] + widths[j]
        if segment_distance_squared(world[i, 0], world[i, 1], world[j, 0], world[j, 1]) < reach * reach:
            return True
    return False


@njit(cache=True)
def segment_distance_squared(a0: Array, a1: Array, b0: Array, b1: Array) -> float:
    """Squared distance of two segments (Ericson, Real-Time Collision Detection, 2005, section 5.1.9)."""
    a = e = f = b = c = 0.0
    for k in range(3):
        u, v, w = a1[k] - a0[k], b1[k] - b0[k], a0[k] - b0[k]
        a += u * u
        e += v * v
        f += v * w
        b += u * v
        c += u * w
    if a < 1e-12:
        s = 0.0
    else:
        denominator = a * e - b * b
        s = min(max((b * f - c * e) / denominator, 0.0), 1.0) if denominator > 1e-12 and e > 1e-12 else 0.0
    t = (b * s + f) / e if e > 1e-12 else 0.0
    if t < 0.0 or t > 1.0 or e <= 1e-12:
        t = min(max(t, 0.0), 1.0)
        s = min(max((b * t - c) / a, 0.0), 1.0) if a > 1e-12 else 0.0
    total = 0.0
    for k in range(3):
        d = a0[k] - b0[k] + s * (a1[k] - a0[k]) - t * (b1[k] - b0[k])
        total += d * d
    return total


class Checker:
    """One body among one set of obstacles.

    Args:
        gaps: metres to keep from boxes and from solid voxels; negative ones allow for what spheres stand out over
            the solids that they cover.
    """

    def __init__(self, arm: Arm, robot: Body, obstacles: Obstacles, gaps: tuple[float, float] = (0.0, 0.0)) -> None:
        self.arm, self.robot, self.obstacles, self.gaps = arm, robot, obstacles, gaps
        b = robot
        shapes = (b.centres, b.radii, b.links, b.spans, b.hulls, b.ends, b.widths, b.owners, b.pairs)
        self.world = (arm.placements, *shapes, *obstacles.arrays, np.array(gaps))

    def amid(self, obstacles: Obstacles) -> Checker:
        """The same body among other obstacles."""
        return Checker(self.arm, self.robot, obstacles, self.gaps)

    def hit(self, positions: Array) -> bool:
        """Whether the robot at positions (J,) touches anything, itself included."""
        return bool(hit(own(positions), *self.world))

    def first_hit(self, path: Array, rows: NDArray[np.int64]) -> int:
        """How many of the `rows` of a path (N, J) come before the first where the robot hits something."""
        return int(_first_hit(own(path), rows, self.world))


def first_hit(checks: Sequence[tuple[Checker, NDArray[np.bool_]]], path: Array, rows: NDArray[np.int64]) -> int:
    """As `Checker.first_hit`, each checker being asked at some configurations of the path only, (N,)."""
    count = len(rows)
    for checker, where in checks:
        asked = np.flatnonzero(where[rows[:count]])
        first = checker.first_hit(path, rows[asked])
        count = int(asked[first]) if first < len(asked) else count
    return count
