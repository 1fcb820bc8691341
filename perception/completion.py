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
from scipy.spatial import cKDTree

from perception.boxes import Frame, fit_box, most_upright_last
from perception.pose import Array, Pose
from perception.scene import ItemShape
from perception.solids import Solid, best_solid, sample_solid
from perception.surface import Surface
from perception.surface_nets import mesh_volume, surface_nets, vertex_normals
from perception.tote import Tote
from perception.volume import Volume

CONTACTS = 8  # surfels beside a supporting surface that tell where an item ends
DEEPEST = 0.06  # metres that an item is believed to reach behind its visible surface without further evidence
FACETS = 1200  # surface points per item, about
CELL = (0.0025, 0.008)  # metres, finest and coarsest sampling
SEEN = 0.007  # metres between a shape's point and a surfel up to which it counts as seen
TOLERANCE = 0.003  # metres of free space that noise may pretend
FADE = 0.04  # metres from the seen surface over which confidence fades


@dataclass(frozen=True, eq=False)
class Surroundings:
    """What bounds an item: fused volume, whole surface with the item of each surfel (-1: tote), and the tote.

    owner: item of each voxel that holds a surfel, -1 elsewhere, int16, shape (X, Y, Z).
    """

    volume: Volume
    surface: Surface
    labels: NDArray[np.int32]
    owner: NDArray[np.int16]
    tote: Tote

    @staticmethod
    def of(volume: Volume, surface: Surface, labels: NDArray[np.int32], tote: Tote) -> Surroundings:
        owner = np.full(volume.distance.shape, -1, np.int16)
        owner[tuple(surface.voxels.T)] = labels
        return Surroundings(volume, surface, labels, owner, tote)


def complete(item: int, rows: NDArray[np.int64], around: Surroundings) -> ItemShape | None:
    """The full shape of the item to which the surfels `rows` belong; None where nothing solid is left of it."""
    points = around.surface.points[rows].astype(np.float64)
    normals = around.surface.normals[rows].astype(np.float64)
    frame = fit_box(points, normals)
    axis, sign = _facing(frame, normals)
    frame = _reach_behind(frame, axis, sign, rows, around)
    solid = best_solid(frame, points, normals, axis)
    mesh = _mesh(item, frame, solid, around)
    if mesh is None:
        return None
    vertices, triangles = mesh
    upright = most_upright_last(_tight(frame, vertices))
    colors, seen, confidence = _evidence(vertices, rows, points, around)
    return ItemShape(
        id=item,
        points=vertices,
        normals=vertex_normals(vertices, triangles),
        colors=colors,
        confidence=confidence,
        seen=seen,
        T_base_box=Pose.from_rotation(upright.center, upright.rotation),
        size=upright.size,
        vertices=vertices,
        triangles=triangles,
        volume=mesh_volume(vertices, triangles),
    )


def _facing(frame: Frame, normals: Array) -> tuple[int, int]:
    """The box axis and direction to which most of the visible surface faces; its opposite side is the hidden one."""
    along = normals @ frame.rotation
    score = np.concatenate([(along > 0.7).sum(axis=0), (along < -0.7).sum(axis=0)])
    score = score + 0.5 * len(normals) * np.concatenate([frame.rotation[2] > 0.8, frame.rotation[2] < -0.8])
    best = int(np.argmax(score))
    return best % 3, 1 if best < 3 else -1


def _reach_behind(frame: Frame, axis: int, sign: int, rows: NDArray[np.int64], around: Surroundings) -> Frame:
    """Move the hidden face along -sign * axis to where the item must end."""
    direction = sign * frame.rotation[:, axis]
    surface = around.surface
    front = float(frame.high[axis] if sign > 0 else -frame.low[axis])
    back = float(frame.low[axis] if sign > 0 else -frame.high[axis])
    contacts = _contact_levels(
        surface.points, surface.normals, surface.neighbors, around.labels, rows, direction.astype(np.float32)
    )
    contacts = contacts[contacts < back + 0.012]
    if len(contacts) >= CONTACTS:
        back = min(back, float(np.quantile(contacts, 0.3)))
    else:
        facing = surface.normals[rows] @ direction > 0.7
        starts = surface.points[rows[facing]][::3].astype(np.float64)
        if len(starts) >= 3:
            back = min(back, float(np.median(starts @ direction - _depth_behind(starts, -direction, rows, around))))
    back = min(back, front - 0.001)
    low, high = frame.low.copy(), frame.high.copy()
    if sign > 0:
        low[axis] = back
    else:
        high[axis] = -back
    return Frame(frame.rotation, low, high)


@njit(cache=True)
def _contact_levels(points, normals, neighbors, labels, rows, direction):  # type: ignore[no-untyped-def]
    """Heights along `direction` of neighbouring surfels that belong to something else and face the same way."""
    levels = np.empty(len(rows))
    count = 0
    for n in rows:
        lowest = np.inf
        for m in neighbors[n]:
            if m < 0 or labels[m] == labels[n]:
                continue
            facing, level, own = 0.0, 0.0, 0.0
            for a in range(3):
                facing += normals[m, a] * direction[a]
                level += points[m, a] * direction[a]
                own += points[n, a] * direction[a]
            if facing > 0.6 and level < own + 0.002:
                lowest = min(lowest, level)
        if lowest < np.inf:
            levels[count] = lowest
            count += 1
    return levels[:count].copy()


def _depth_behind(starts: Array, direction: Array, rows: NDArray[np.int64], around: Surroundings) -> Array:
    """How far one can go from each start, shape (N, 3), through unseen space before something else begins."""
    volume = around.volume
    pose = volume.T_base_grid.inverse()
    tote = around.tote.T_base_tote.inverse() @ volume.T_base_grid
    return np.asarray(
        _march(
            pose.apply(starts) / volume.voxel,
            pose.rotate(direction),
            int(around.labels[rows[0]]),
            volume.distance,
            volume.weight,
            around.owner,
            -float(tote.position[2]) / volume.voxel,
            DEEPEST / volume.voxel,
        )
        * volume.voxel
    )


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
            if owner[i, j, k] >= 0 and owner[i, j, k] != item:
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
    center = np.zeros(3) if solid.center is None else solid.center
    tolerance = max(TOLERANCE, 0.0)
    sample_solid(
        *(grid, low, cell, solid.normals, solid.offsets, solid.axis, center, solid.radius),
        *(T_grid_box.matrix, volume.voxel, volume.distance, volume.weight, around.owner, item, tolerance),
    )
    for end in (0, -1):
        for face in (grid[end], grid[:, end], grid[:, :, end]):
            np.maximum(face, 1e-4, out=face)
    vertices, triangles = surface_nets(grid)
    if len(triangles) < 8:
        return None
    return (low + vertices * cell) @ frame.rotation.T, triangles


def _tight(frame: Frame, vertices: Array) -> Frame:
    local = vertices @ frame.rotation
    return Frame(frame.rotation, local.min(axis=0), local.max(axis=0))


def _evidence(
    vertices: Array, rows: NDArray[np.int64], points: Array, around: Surroundings
) -> tuple[NDArray[np.uint8], NDArray[np.bool_], Array]:
    """Colour of the nearest surfel, whether a camera saw the point, and how sure it is."""
    distance, nearest = cKDTree(points).query(vertices)
    seen = distance < SEEN
    views = around.surface.views[rows][nearest]
    confidence = np.where(seen, np.minimum(1.0, 0.5 + 0.25 * views), 0.6 * np.exp(-distance / FADE))
    colors = np.clip(around.surface.colors[rows][nearest], 0, 255).astype(np.uint8)
    return colors, seen, confidence
