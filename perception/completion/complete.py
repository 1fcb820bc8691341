"""From an item's visible surface to its full shape.

The visible surface gives a box; where its hidden side ends is told by contact with what it rests on, or by looking
for the first thing in the unseen space behind; a box, a cylinder or a mirrored hull is put through the surface; and
whatever of it the cameras saw to be free, or to be another item, is cut off again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import label

from perception.arrays import quantiles
from perception.completion.box_fit import THINNEST, Frame, fit_box, most_upright_last
from perception.completion.hidden_side import facing, reach_behind, standing
from perception.completion.lattice import Lattice
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

Completion = Callable[[int, NDArray[np.int64], Surroundings], ItemShape | None]  # `complete`, or another in its place


@dataclass(frozen=True, eq=False)
class Fit:
    """A solid put through an item's visible surface, in the coordinates of its box; `walls`: of its half spaces, the
    ones that are the tote's, last."""

    frame: Frame
    solid: Solid
    walls: int


def complete(item: int, rows: NDArray[np.int64], around: Surroundings) -> ItemShape | None:
    """The full shape of the item to which the surfels `rows` belong; None where nothing solid is left of it."""
    fit = fit_solid(item, rows, around)
    lattice = _lattice(fit.solid.around(fit.frame))
    return shape_within(item, rows, around, lattice, sampled(item, lattice, fit.solid, around))


def fit_solid(item: int, rows: NDArray[np.int64], around: Surroundings) -> Fit:
    """Box, cylinder or mirrored hull through an item's surfels, down to where its hidden side is believed to end."""
    points = around.surface.points[rows].astype(np.float64)
    normals = around.surface.normals[rows].astype(np.float64)
    frame = fit_box(points, normals)
    axis, sign = facing(frame, normals)
    frame = standing(reach_behind(item, frame, axis, sign, rows, around), around.tote)
    planes = _tote_planes(frame, points, around.tote)
    return Fit(frame, best_solid(frame, points, normals, axis).within(*planes), len(planes[1]))


def shape_within(
    item: int, rows: NDArray[np.int64], around: Surroundings, lattice: Lattice, distance: Array
) -> ItemShape | None:
    """The shape that signed distances at a lattice's nodes bound, its seen part moved onto the surfels `rows`."""
    mesh = _mesh(lattice, distance)
    if mesh is None:
        return None
    vertices, triangles = mesh
    shape = onto_surface(vertices, triangles, rows, around.surface)
    upright = most_upright_last(_tight(lattice.rotation, shape.vertices))
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


def _lattice(frame: Frame) -> Lattice:
    """About FACETS cells on the surface of a box, and a layer around it."""
    size = frame.size
    area = 2 * (size[0] * size[1] + size[1] * size[2] + size[2] * size[0])
    step = np.clip(np.sqrt(area / FACETS), *CELL)
    cells = np.maximum(np.ceil(size / step), 1)
    cell = size / cells
    x, y, z = (cells + 4).astype(int).tolist()
    return Lattice(frame.rotation, frame.low - 1.5 * cell, cell, (x, y, z))


def sampled(item: int, lattice: Lattice, solid: Solid, around: Surroundings) -> Array:
    """Signed distances, shape (X, Y, Z), of a solid less what is free or another item's, at a lattice's nodes."""
    grid, volume = np.empty(lattice.shape), around.volume
    T_grid_box = volume.T_base_grid.inverse() @ Pose.from_rotation(np.zeros(3), lattice.rotation)
    sample_solid(
        *(grid, lattice.low, lattice.cell, solid.normals, solid.offsets, solid.axis, solid.center, solid.radius),
        *(T_grid_box.matrix, volume.voxel, volume.distance, volume.weight, around.owner, item, TOLERANCE),
    )
    return grid


def _mesh(lattice: Lattice, distance: Array) -> tuple[Array, NDArray[np.int32]] | None:
    """Closed surface, base frame, of the largest part that signed distances bound."""
    grid = distance.copy()
    for end in (0, -1):
        for face in (grid[end], grid[:, end], grid[:, :, end]):
            np.maximum(face, 1e-4, out=face)
    _keep_largest(grid)
    vertices, triangles = surface_nets(grid)
    if len(triangles) < 8:
        return None
    return lattice.from_places(vertices), triangles


def _keep_largest(grid: Array) -> None:
    """Only the largest connected part stays inside."""
    parts, count = label(grid < 0)
    if count > 1:
        largest = 1 + int(np.argmax(np.bincount(parts.ravel())[1:]))
        grid[(parts > 0) & (parts != largest)] = 1e-4


def _tight(rotation: Array, vertices: Array) -> Frame:
    local = vertices @ rotation
    return Frame(rotation, local.min(axis=0), local.max(axis=0))
