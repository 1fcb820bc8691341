"""Relocation: the motion of an item under which its points are seen again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit

from perception.fusion.volume import Float32
from perception.pose import Array, Pose
from perception.watch.alignment import Shape
from perception.watch.reference import Reference

REACH = 0.084  # metres along x and y within which it is searched
STEP = 0.012
TURNS = np.deg2rad((-40.0, -20.0, 0.0, 20.0, 40.0))
TOLERANCE = 0.012  # metres in depth
POINTS = 80
NEARER = 0.003  # share of the points by which a longer way must explain more, per step


@dataclass(frozen=True, eq=False)
class Found:
    """shift: what was at p is now at shift.apply(p), base frame. share: of the points, where they are seen again."""

    shift: Pose
    share: float


def find_again(shape: Shape, views: Sequence[tuple[Reference, Float32]]) -> Found:
    """The motion over the floor, of a grid and then of a finer one, under which most of a shape's points are seen.

    A point counts where a camera measures its depth, and counts against where a camera sees past it. A point that
    something hides says nothing. shape: seen surface in the base frame.
    """
    part = slice(None, None, max(len(shape.points) // POINTS, 1))
    points, normals = shape.points[part], shape.normals[part]
    centre = points.mean(axis=0)
    best = _best(points, normals, centre, views, Pose.identity(), REACH, STEP, TURNS)
    return _best(points, normals, centre, views, best.shift, 0.008, 0.004, np.deg2rad((-10.0, -5.0, 0.0, 5.0, 10.0)))


def _best(
    points: Array,
    normals: Array,
    centre: Array,
    views: Sequence[tuple[Reference, Float32]],
    start: Pose,
    reach: float,
    step: float,
    turns: Array,
) -> Found:
    steps = np.arange(-round(reach / step), round(reach / step) + 1) * step
    offsets = np.stack(np.meshgrid(steps, steps, indexing="ij"), axis=-1).reshape(-1, 2)
    found = Found(start, -1.0)
    for turn in turns:
        about = Pose.from_euler((0, 0, 0), (0, 0, turn))
        T = start @ Pose.from_rotation(centre - about.apply(centre), about.rotation)
        votes = np.zeros((len(offsets), 2), np.int64)
        for reference, depth in views:
            k, to = reference.camera.k, reference.T_base_camera.inverse()
            lens = np.array((k[0, 0], k[1, 1], k[0, 2], k[1, 2]))
            moved, facing = to.apply(T.apply(points)), to.rotate(T.rotate(normals))
            moves = np.ascontiguousarray(offsets @ to.rotation[:, :2].T)
            _vote(depth, np.ascontiguousarray(moved), np.ascontiguousarray(facing), moves, lens, TOLERANCE, votes)
        steps_taken = np.abs(offsets).max(axis=1) / STEP
        share = votes[:, 0] / np.maximum(votes.sum(axis=1), len(points) / 2)
        score = share - NEARER * steps_taken
        at = int(np.argmax(score))
        if score[at] > found.share:
            found = Found(Pose.from_rotation((*offsets[at], 0), np.eye(3)) @ T, float(score[at]))
    return found


@njit(cache=True)
def _vote(depth, points, normals, moves, lens, tolerance, votes):  # type: ignore[no-untyped-def]
    """Add, for each move (M, 3) of the camera's frame, how many points are seen and how many are seen past."""
    height, width = depth.shape
    for m in range(len(moves)):
        for n in range(len(points)):
            x, y, z = points[n, 0] + moves[m, 0], points[n, 1] + moves[m, 1], points[n, 2] + moves[m, 2]
            if z < 0.1 or normals[n, 0] * x + normals[n, 1] * y + normals[n, 2] * z > -0.3 * z:
                continue
            u, v = int(np.rint(x / z * lens[0] + lens[2])), int(np.rint(y / z * lens[1] + lens[3]))
            if not (0 <= u < width and 0 <= v < height):
                continue
            gap = depth[v, u] - z
            if abs(gap) < tolerance:
                votes[m, 0] += 1
            elif gap > tolerance:
                votes[m, 1] += 1
