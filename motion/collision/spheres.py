"""Fast collision checks: the robot as spheres and capsules against boxes and a distance field."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numba import njit
from numpy.typing import NDArray

from motion.collision.distance_field import Field
from motion.collision.robot_spheres import Body
from motion.robot.arm import Arm
from motion.robot.kinematics import link_poses
from perception.arrays import own
from perception.pose import Array
from perception.tote import Box


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
