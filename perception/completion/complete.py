"""From an item's visible surface to its full shape.

The visible surface gives a box; where its hidden side ends is told by contact with what it rests on, or by looking
for the first thing in the unseen space behind; a box, a cylinder or a mirrored hull is put through the surface; and
whatever of it the cameras saw to be free, or to be another item, is cut off again.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.ndimage import label

from perception.arrays import quantiles
from perception.completion.box_fit import THINNEST, Frame, fit_box, most_upright_last
from perception.completion.onto_surface import onto_surface
from perception.completion.solid_fit import Solid, best_solid, sample_solid
from perception.completion.surface_nets import mesh_volume, surface_nets
from perception.fusion.surface import Surface
from perception.fusion.volume import Volume
from perception.pose import Array, Pose
from perception.scene import ItemShape
from perception.tote import Tote

CONTACTS = 8  # surfels beside a supporting surface that tell where an item ends
FLAT = 0.25  # visible thickness over width below which an item is flat, whatever its sides
FLAT_SIDES = 0.45  # share of the side surfels that stand upright on an item with flat sides
DEEPEST = 0.06  # metres that an item is believed to reach behind its visible surface without further evidence
FACETS = 1200  # surface points per item, about
WALL_SLACK = 0.003  # metres beyond a wall at which noise may put an item's surface
NOBODY, OTHER = -1, -2
CELL = (0.0025, 0.008)  # metres, finest and coarsest sampling
TOLERANCE = 0.003  # metres of free space that noise may pretend


@dataclass(frozen=True, eq=False)
class Surroundings:
    """What bounds an item: fused volume, whole surface with the item of each surfel (-1: tote), and the tote.

    owner: item of each voxel that holds a surfel or lies just before one, OTHER for the tote's and for fragments,
        NOBODY elsewhere, int16, shape (X, Y, Z).
    """

    volume: Volume
    surface: Surface
    labels: NDArray[np.int32]
    owner: NDArray[np.int16]
    tote: Tote

    @staticmethod
    def of(volume: Volume, surface: Surface, labels: NDArray[np.int32], tote: Tote) -> Surroundings:
        owner = np.full(volume.distance.shape, NOBODY, np.int16)
        values = np.where(labels >= 0, labels, OTHER)
        in_front = volume.T_base_grid.inverse().apply(surface.points + volume.voxel * surface.normals)
        for places in (in_front / volume.voxel, surface.voxels):
            _mark(owner, places, values.astype(np.int16))
        return Surroundings(volume, surface, labels, owner, tote)


@njit(cache=True)
def _mark(owner, places, values):  # type: ignore[no-untyped-def]
    """Write each value into the voxel nearest to its place, shape (N, 3), in voxels."""
    nx, ny, nz = owner.shape
    for n in range(len(values)):
        i, j, k = int(np.rint(places[n, 0])), int(np.rint(places[n, 1])), int(np.rint(places[n, 2]))
        owner[min(max(i, 0), nx - 1), min(max(j, 0), ny - 1), min(max(k, 0), nz - 1)] = values[n]


def complete(item: int, rows: NDArray[np.int64], around: Surroundings) -> ItemShape | None:
    """The full shape of the item to which the surfels `rows` belong; None where nothing solid is left of it."""
    points = around.surface.points[rows].astype(np.float64)
    normals = around.surface.normals[rows].astype(np.float64)
    frame = fit_box(points, normals)
    axis, sign = _facing(frame, normals)
    frame = _reach_behind(item, frame, axis, sign, rows, around)
    solid = best_solid(frame, points, normals, axis).within(*_tote_planes(frame, points, around.tote))
    mesh = _mesh(item, frame, solid, around)
    if mesh is None:
        return None
    vertices, triangles = mesh
    shape = onto_surface(vertices, triangles, rows, around.surface)
    upright = most_upright_last(_tight(frame, shape.vertices))
    return ItemShape(
        id=item,
        points=shape.vertices,
        normals=shape.normals,
        colors=shape.colors,
        confidence=shape.confidence,
        seen=shape.seen,
        T_base_box=Pose.from_rotation(upright.center, upright.rotation),
        size=upright.size,
        vertices=shape.vertices,
        triangles=triangles,
        volume=mesh_volume(shape.vertices, triangles),
    )


def _facing(frame: Frame, normals: Array) -> tuple[int, int]:
    """The box axis and direction to which most of the visible surface faces; its opposite side is the hidden one."""
    along = normals @ frame.rotation
    score = np.concatenate([(along > 0.7).sum(axis=0), (along < -0.7).sum(axis=0)])
    score = score + 0.5 * len(normals) * np.concatenate([frame.rotation[2] > 0.8, frame.rotation[2] < -0.8])
    best = int(np.argmax(score))
    return best % 3, 1 if best < 3 else -1


def _reach_behind(
    item: int, frame: Frame, axis: int, sign: int, rows: NDArray[np.int64], around: Surroundings
) -> Frame:
    """Move the hidden face along -sign * axis to where the item must end."""
    direction = sign * frame.rotation[:, axis]
    surface = around.surface
    front = float(frame.high[axis] if sign > 0 else -frame.low[axis])
    back = float(frame.low[axis] if sign > 0 else -frame.high[axis])
    sides = rows[np.abs(surface.normals[rows] @ direction) < 0.6]
    upright = np.abs(surface.normals[sides] @ direction) < 0.25
    wide = float(np.delete(frame.size, axis).min())
    flat_sides = bool(upright.sum() > FLAT_SIDES * len(sides)) or front - back < FLAT * wide
    ends = _end_levels(item, sides, direction, around) if flat_sides else np.empty(0)
    if len(ends) >= CONTACTS:
        back = min(back, float(quantiles(ends, (0.3,))[0]))
    else:
        facing = surface.normals[rows] @ direction > 0.7
        starts = surface.points[rows[facing]][::3].astype(np.float64)
        if len(starts) >= 3:
            depth = np.minimum(_depth_behind(item, starts, -direction, around), wide)  # no thicker than wide
            back = min(back, float(np.median(starts @ direction - depth)))
    if direction[2] > 0.9:  # nothing reaches below the floor
        drop = (frame.center[2] - around.tote.T_base_tote.position[2]) / direction[2]
        back = max(back, float(frame.center @ direction) - max(float(drop), 0.0))
    back = min(back, front - THINNEST)
    low, high = frame.low.copy(), frame.high.copy()
    if sign > 0:
        low[axis] = back
    else:
        high[axis] = -back
    return Frame(frame.rotation, low, high)


def _end_levels(item: int, sides: NDArray[np.int64], direction: Array, around: Surroundings) -> Array:
    """Heights along `direction` at which side surfels are seen to end, on a support or over free space.

    A round item's side seems to end at its widest, so this is asked of flat sides only.
    """
    volume, surface = around.volume, around.surface
    pose = volume.T_base_grid.inverse()
    points = pose.apply(surface.points[sides]) / volume.voxel
    outward = pose.rotate(surface.normals[sides] - np.outer(surface.normals[sides] @ direction, direction))
    outward /= np.maximum(np.linalg.norm(outward, axis=1, keepdims=True), 1e-9)
    down = -pose.rotate(direction)
    drops = _drops(points, outward, down, item, volume.distance, volume.weight, around.owner)
    levels = surface.points[sides] @ direction - drops * volume.voxel
    return np.asarray(levels[np.isfinite(levels)])


@njit(cache=True)
def _drops(points, outward, down, item, distance, weight, owner):  # type: ignore[no-untyped-def]
    """How far below each point, in voxels, the item ends: at something else's surface or at free space; else NaN."""
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
                elif weight[i, j, k] > 0 and distance[i, j, k] > 0:
                    free += 1
        if free < 0 and np.isnan(drops[n]):
            continue
        if np.isnan(drops[n]) and free >= 8:
            drops[n] = 1
    return drops


def _depth_behind(item: int, starts: Array, direction: Array, around: Surroundings) -> Array:
    """How far one can go from each start, shape (N, 3), through unseen space before something else begins."""
    volume = around.volume
    pose = volume.T_base_grid.inverse()
    tote = around.tote.T_base_tote.inverse() @ volume.T_base_grid
    return np.asarray(
        _march(
            pose.apply(starts) / volume.voxel,
            pose.rotate(direction),
            item,
            volume.distance,
            volume.weight,
            around.owner,
            -float(tote.position[2]) / volume.voxel,
            DEEPEST / volume.voxel,
        )
        * volume.voxel
    )


def _tote_planes(frame: Frame, points: Array, tote: Tote) -> tuple[Array, Array]:
    """Half spaces normals @ x <= offsets, in the box frame, that hold whatever is in the tote.

    The walls count only for an item of which nothing is seen beyond them, and of a card on the floor, that noise
    puts beneath it, a sheet is left.
    """
    local = tote.T_base_tote.inverse().apply(points)
    normals, offsets = [[0.0, 0, -1]], [max(0.0, 2 * THINNEST - float(quantiles(local[:, 2], (0.1,))[0]))]
    if (np.abs(local[:, :2]) < tote.inner[:2] / 2 + WALL_SLACK).all():
        normals += [[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0]]
        offsets += [half + WALL_SLACK for half in np.repeat(tote.inner[:2] / 2, 2)]
    base = tote.T_base_tote.rotate(normals)
    return base @ frame.rotation, np.array(offsets) + base @ tote.T_base_tote.position


@njit(cache=True)
def _march(starts, direction, item, distance, weight, owner, floor, longest):  # type: ignore[no-untyped-def]
    depth = np.empty(len(starts))
    for n in range(len(starts)):
        t = 2.0
        while t < longest:
            x, y, z = starts[n, 0] + t * direction[0], starts[n, 1] + t * direction[1], starts[n, 2] + t * direction[2]
            i, j, k = int(x + 0.5), int(y + 0.5), int(z + 0.5)
            inside = 0 <= i < distance.shape[0] and 0 <= j < distance.shape[1] and 0 <= k < distance.shape[2]
            if not inside or z <= floor or (weight[i, j, k] > 0 and distance[i, j, k] > 0):
                break
            if owner[i, j, k] != NOBODY and owner[i, j, k] != item:
                break
            t += 0.5
        depth[n] = t
    return depth


def _mesh(item: int, frame: Frame, solid: Solid, around: Surroundings) -> tuple[Array, NDArray[np.int32]] | None:
    """Closed surface, base frame, of the solid less what is free or another item's."""
    size = frame.size
    area = 2 * (size[0] * size[1] + size[1] * size[2] + size[2] * size[0])
    step = np.clip(np.sqrt(area / FACETS), *CELL)
    cells = np.maximum(np.ceil(size / step), 1)
    cell = size / cells
    low = frame.low - 1.5 * cell
    grid = np.empty(tuple((cells + 4).astype(int)))
    volume = around.volume
    T_grid_box = volume.T_base_grid.inverse() @ Pose.from_rotation(np.zeros(3), frame.rotation)
    sample_solid(
        *(grid, low, cell, solid.normals, solid.offsets, solid.axis, solid.center, solid.radius),
        *(T_grid_box.matrix, volume.voxel, volume.distance, volume.weight, around.owner, item, TOLERANCE),
    )
    for end in (0, -1):
        for face in (grid[end], grid[:, end], grid[:, :, end]):
            np.maximum(face, 1e-4, out=face)
    _keep_largest(grid)
    vertices, triangles = surface_nets(grid)
    if len(triangles) < 8:
        return None
    return (low + vertices * cell) @ frame.rotation.T, triangles


def _keep_largest(grid: Array) -> None:
    """Only the largest connected part stays inside."""
    parts, count = label(grid < 0)
    if count > 1:
        largest = 1 + int(np.argmax(np.bincount(parts.ravel())[1:]))
        grid[(parts > 0) & (parts != largest)] = 1e-4


def _tight(frame: Frame, vertices: Array) -> Frame:
    local = vertices @ frame.rotation
    return Frame(frame.rotation, local.min(axis=0), local.max(axis=0))
