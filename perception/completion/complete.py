"""From an item's visible surface to its full shape.

The visible surface gives a box; where its hidden side ends is told by contact with what it rests on, or by looking
for the first thing in the unseen space behind; a box, a cylinder or a mirrored hull is put through the surface; and
whatever of it the cameras saw to be free, or to be another item, is cut off again.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import label

from perception.arrays import quantiles
from perception.completion.box_fit import THINNEST, Frame, fit_box, most_upright_last
from perception.completion.hidden_side import facing, reach_behind, standing
from perception.completion.onto_surface import onto_surface
from perception.completion.solid_fit import Solid, best_solid, sample_solid
from perception.completion.surface_nets import mesh_volume, surface_nets
from perception.completion.surroundings import Surroundings
from perception.pose import Array, Pose
from perception.scene import ItemShape
from perception.tote import Tote

FACETS = 1200  # surface points per item, about
WALL_SLACK = 0.003  # metres beyond a wall at which noise may put an item's surface
CELL = (0.0025, 0.008)  # metres, finest and coarsest sampling
TOLERANCE = 0.003  # metres of free space that noise may pretend


def complete(item: int, rows: NDArray[np.int64], around: Surroundings) -> ItemShape | None:
    """The full shape of the item to which the surfels `rows` belong; None where nothing solid is left of it."""
    points = around.surface.points[rows].astype(np.float64)
    normals = around.surface.normals[rows].astype(np.float64)
    frame = fit_box(points, normals)
    axis, sign = facing(frame, normals)
    frame = standing(reach_behind(item, frame, axis, sign, rows, around), around.tote)
    solid = best_solid(frame, points, normals, axis).within(*_tote_planes(frame, points, around.tote))
    mesh = _mesh(item, solid.around(frame), solid, around)
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
