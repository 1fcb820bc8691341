"""What a camera's scene shows around a grasp, as small pictures in the grasp's own frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from perception.arrays import own
from perception.pose import Array
from perception.scene import Scene, Space

SIDE, CELL = 32, 0.004  # pixels, and metres of each
BEHIND, AHEAD = 0.12, 0.08  # metres along the approach from the tool's frame, between which something is shown
WALL = 0.004  # metres between points on the tote's walls and floor
NOTHING, TOTE, OTHER, COMPLETED, SEEN, UNSEEN = 0, 1, 2, 3, 4, 8  # what a pixel shows; UNSEEN is added to it

CROP = np.dtype(
    [
        ("height", np.float16, (SIDE, SIDE)),  # of the highest surface over the tool's frame, against the approach, m
        ("normal", np.int8, (SIDE, SIDE, 3)),  # of that surface, tool frame, times 127
        ("color", np.uint8, (SIDE, SIDE, 3)),
        ("shown", np.uint8, (SIDE, SIDE)),  # NOTHING .. SEEN, and UNSEEN where unseen space lies over the surface
    ]
)


@dataclass(frozen=True, eq=False)
class Surroundings:
    """All surface points of a scene, of shape (N, 3), with normals, colours and items (-1: tote); and unseen voxels."""

    points: Array
    normals: Array
    colors: NDArray[np.uint8]
    item: NDArray[np.int64]
    seen: NDArray[np.bool_]
    unseen: Array

    @staticmethod
    def of(scene: Scene) -> Surroundings:
        tote, inward = _tote_points(scene)
        items, grid = scene.items, scene.occupancy
        voxels = np.argwhere(grid.state == Space.UNSEEN) * grid.voxel
        counts = [len(item.points) for item in items]
        return Surroundings(
            np.concatenate([tote, *(item.points for item in items)]),
            np.concatenate([inward, *(item.normals for item in items)]),
            np.concatenate([np.full((len(tote), 3), 128, np.uint8), *(item.colors for item in items)]),
            np.concatenate([np.full(len(tote), -1), np.repeat(np.arange(len(items)), counts)]),
            np.concatenate([np.ones(len(tote), bool), *(item.seen for item in items)]),
            grid.T_base_grid.apply(voxels),
        )


def crop(around: Surroundings, T_base_tool: Array, item: int) -> NDArray[np.void]:
    """The record CROP of a tool frame (4, 4) at an item."""
    shown = np.zeros((), CROP)
    T = np.linalg.inv(T_base_tool)
    scene = own(around.points), own(around.normals), own(around.colors), own(around.item), own(around.seen)
    height, normal, color, kind = _splat(*scene, T, item)
    _hidden(own(around.unseen), T, height, kind)
    shown["height"], shown["normal"], shown["color"], shown["shown"] = height, normal, color, kind
    return shown


def _tote_points(scene: Scene) -> tuple[Array, Array]:
    """Points on a tote's inner faces and their inward normals, each (N, 3), base frame."""
    tote, (length, width, height) = scene.source, scene.source.inner
    x, y, z = (np.arange(0, edge, WALL) for edge in (length, width, height))
    parts, normals = [], []
    for axis, sign in ((2, -1), (0, 1), (0, -1), (1, 1), (1, -1)):
        spans = {0: x - length / 2, 1: y - width / 2, 2: z}
        at = {0: sign * length / 2, 1: sign * width / 2, 2: 0.0}
        spans[axis] = np.array([at[axis]])
        face = np.stack(np.meshgrid(spans[0], spans[1], spans[2], indexing="ij"), axis=-1).reshape(-1, 3)
        parts.append(face)
        normals.append(np.tile(-sign * np.eye(3)[axis], (len(face), 1)))
    return tote.T_base_tote.apply(np.concatenate(parts)), tote.T_base_tote.rotate(np.concatenate(normals))


@njit(cache=True)
def _pixel(T, p):  # type: ignore[no-untyped-def]
    """Row and column of a point (3,), -1 outside of the picture, and its height over the tool's frame."""
    i = int(np.floor((T[0, 0] * p[0] + T[0, 1] * p[1] + T[0, 2] * p[2] + T[0, 3]) / CELL + SIDE / 2))
    if not 0 <= i < SIDE:
        return -1, -1, 0.0
    j = int(np.floor((T[1, 0] * p[0] + T[1, 1] * p[1] + T[1, 2] * p[2] + T[1, 3]) / CELL + SIDE / 2))
    if not 0 <= j < SIDE:
        return -1, -1, 0.0
    return i, j, -(T[2, 0] * p[0] + T[2, 1] * p[1] + T[2, 2] * p[2] + T[2, 3])


@njit(cache=True)
def _splat(points, normals, colors, item, seen, T, own_item):  # type: ignore[no-untyped-def]
    """The surface nearest to the tool in each pixel."""
    height = np.full((SIDE, SIDE), -AHEAD, np.float32)
    normal = np.zeros((SIDE, SIDE, 3), np.int8)
    color = np.zeros((SIDE, SIDE, 3), np.uint8)
    kind = np.zeros((SIDE, SIDE), np.uint8)
    for n in range(len(points)):
        i, j, h = _pixel(T, points[n])
        if i < 0 or h > BEHIND or h <= height[i, j]:
            continue
        height[i, j] = h
        for axis in range(3):
            turned = 0.0
            for k in range(3):
                turned += T[axis, k] * normals[n, k]
            normal[i, j, axis] = int(np.round(127 * turned))
            color[i, j, axis] = colors[n, axis]
        if item[n] < 0:
            kind[i, j] = TOTE
        elif item[n] != own_item:
            kind[i, j] = OTHER
        else:
            kind[i, j] = SEEN if seen[n] else COMPLETED
    return height, normal, color, kind


@njit(cache=True)
def _hidden(unseen, T, height, kind):  # type: ignore[no-untyped-def]
    """Mark pixels over whose surface space was not seen."""
    for n in range(len(unseen)):
        i, j, h = _pixel(T, unseen[n])
        if i >= 0 and height[i, j] < h < BEHIND:
            kind[i, j] |= UNSEEN
