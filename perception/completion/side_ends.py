"""Where the sides of an item end, seen from the fused volume: on a support, over free space, or beside something."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from perception.completion.surroundings import NOBODY, Surroundings
from perception.pose import Array

CONTACTS = 8  # surfels beside a supporting surface that tell where an item ends
VISIBLE = 0.25  # cosine to a line of sight from which on a camera would see a side, were there one
SIDE, EDGE = 0.6, 0.3  # cosine up to which a surfel is of a side; mean offset of its neighbours, in voxels, at an edge
BESIDE = 3, 5, 8, 12  # voxels beside a side at which to look down: nearer is blurred, and often in its own shadow


def end_levels(item: int, sides: NDArray[np.int64], direction: Array, around: Surroundings) -> Array:
    """Heights along `direction` at which side surfels are seen to end, on a support or over free space.

    A round item's side seems to end at its widest, so this is asked of flat sides only.
    """
    volume, surface = around.volume, around.surface
    pose, normals = volume.T_base_grid.inverse(), surface.normals[sides].astype(np.float64)
    out = normals - np.outer(normals @ direction, direction)  # as the side below would face
    out /= np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-9)
    points, ways = pose.apply(surface.points[sides]) / volume.voxel, (pose.rotate(out), -pose.rotate(direction))
    sight = around.eyes[:, None] - surface.points[sides]
    sight /= np.linalg.norm(sight, axis=2, keepdims=True)
    visible = (sight * out).sum(axis=2).max(axis=0) > VISIBLE
    drops = _drops(points, *ways, visible, item, volume.distance, volume.weight, around.owner)
    levels = surface.points[sides] @ direction - drops * volume.voxel
    return np.asarray(levels[np.isfinite(levels)])


def beside_levels(item: int, rows: NDArray[np.int64], direction: Array, around: Surroundings) -> tuple[int, Array]:
    """Surfels of the item's rim as seen along `direction`, and heights along it of what is first seen on the way down
    beside each, where anything is.
    """
    volume, surface = around.volume, around.surface
    outward = _outward(surface.points, surface.normals, surface.neighbors, around.labels, rows, direction, volume.voxel)
    on_rim = np.abs(outward).sum(axis=1) > 0
    pose = volume.T_base_grid.inverse()
    points = surface.points[rows[on_rim]]
    way = pose.rotate(outward[on_rim]), -pose.rotate(direction)
    drops = _falls(pose.apply(points) / volume.voxel, *way, item, volume.distance, volume.weight, around.owner)
    levels = points @ direction - drops * volume.voxel
    return int(on_rim.sum()), np.asarray(levels[np.isfinite(levels)])


@njit(cache=True)
def _outward(points, normals, neighbors, labels, rows, direction, voxel):  # type: ignore[no-untyped-def]
    """Unit vectors (N, 3) out of an item across `direction`, at its sides and at edges of what is seen; else zero."""
    out = np.zeros((len(rows), 3))
    for n in range(len(rows)):
        i = rows[n]
        along, count = 0.0, 0
        way = np.zeros(3)
        for a in range(3):
            along += normals[i, a] * direction[a]
        if abs(along) < SIDE:
            for a in range(3):
                way[a] = normals[i, a]
        else:
            for m in neighbors[i]:
                if m >= 0 and labels[m] == labels[i]:
                    count += 1
                    for a in range(3):
                        way[a] -= points[m, a] - points[i, a]
        across = 0.0
        for a in range(3):
            across += way[a] * direction[a]
        norm = 0.0
        for a in range(3):
            way[a] -= across * direction[a]
            norm += way[a] ** 2
        norm = np.sqrt(norm)
        if norm > EDGE * voxel * count and norm > 1e-9:
            for a in range(3):
                out[n, a] = way[a] / norm
    return out


@njit(cache=True)
def _drops(points, outward, down, visible, item, distance, weight, owner):  # type: ignore[no-untyped-def]
    """How far below each point, in voxels, the item ends; NaN where it goes on, or nobody can tell.

    At something else's surface, or where nothing of it is seen below, though it would be `visible` there: the space
    before it is seen to be free.
    """
    drops = np.full(len(points), np.nan)
    for n in range(len(points)):
        free = 0
        for step in range(1, 4):
            for away in range(3):
                i = int(points[n, 0] + step * down[0] + away * outward[n, 0] + 0.5)
                j = int(points[n, 1] + step * down[1] + away * outward[n, 1] + 0.5)
                k = int(points[n, 2] + step * down[2] + away * outward[n, 2] + 0.5)
                if not (0 <= i < owner.shape[0] and 0 <= j < owner.shape[1] and 0 <= k < owner.shape[2]):
                    continue
                if owner[i, j, k] == item:
                    free = -100
                elif owner[i, j, k] != NOBODY and np.isnan(drops[n]):
                    drops[n] = step + 0.75  # what is marked begins before the surface
                elif away > 0 and weight[i, j, k] > 0 and distance[i, j, k] > 0:
                    free += 1
        if free < 0 and np.isnan(drops[n]):
            continue
        if np.isnan(drops[n]) and visible[n] and free >= 5:
            drops[n] = 1
    return drops


@njit(cache=True)
def _falls(points, outward, down, item, distance, weight, owner):  # type: ignore[no-untyped-def]
    """How far below each point, in voxels, something else is seen beside it, through free space alone; else NaN.

    As near beside it as the item's own shadow allows.
    """
    falls = np.full(len(points), np.nan)
    for n in range(len(points)):
        for beside in BESIDE:
            falls[n] = _fall(points[n] + beside * outward[n], down, item, distance, weight, owner)
            if not np.isnan(falls[n]):
                break
    return falls


@njit(cache=True)
def _fall(start, down, item, distance, weight, owner):  # type: ignore[no-untyped-def]
    """Voxels from a start to something else, through nothing but free space; else NaN."""
    for step in range(owner.shape[0] + owner.shape[1] + owner.shape[2]):
        i = int(start[0] + step * down[0] + 0.5)
        j = int(start[1] + step * down[1] + 0.5)
        k = int(start[2] + step * down[2] + 0.5)
        if not (0 <= i < owner.shape[0] and 0 <= j < owner.shape[1] and 0 <= k < owner.shape[2]):
            return np.nan
        if owner[i, j, k] != NOBODY:
            return np.nan if owner[i, j, k] == item else step + 0.75
        if weight[i, j, k] <= 0 or distance[i, j, k] <= 0:
            return np.nan
    return np.nan
