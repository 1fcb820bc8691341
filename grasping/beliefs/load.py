"""The believed mass, centre of mass and inertia of an item, by its completed shape and its looks."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from grasping.beliefs.extent import FREE, Extent
from grasping.beliefs.looks import Looks
from grasping.grasp import Load
from perception.pose import Array, Pose
from perception.scene import ItemShape

SURE = 1.645  # standard deviations about the median, between which nine of ten masses lie


def load(item: ItemShape, looks: Looks, extent: Extent = FREE) -> Load:
    """The load that `item` is believed to be, in the base frame, by its looks, and by what may be hidden of it."""
    R_base_box = item.T_base_box.rotation
    squares = item.size**2
    return Load(
        mass=looks.mass,
        centre=mass_centre(item) + looks.aside * extent.way,
        inertia=R_base_box @ np.diag(looks.mass / 12 * (squares.sum() - squares)) @ R_base_box.T,
        mass_range=(looks.heavier(-SURE), looks.heavier(SURE)),
        centre_radius=looks.off,
    )


def in_tool(load: Load, T_base_tool: Array) -> Load:
    """A load of the base frame in the frame of a tool at T_base_tool, shape (4, 4)."""
    R = T_base_tool[:3, :3]
    centre = R.T @ (load.centre - T_base_tool[:3, 3])
    return Load(load.mass, centre, R.T @ load.inertia @ R, load.mass_range, load.centre_radius)


def moved_load(load: Load, move: Pose) -> Load:
    """A load of the base frame after its item was moved."""
    R = move.rotation
    return Load(load.mass, move.apply(load.centre), R @ load.inertia @ R.T, load.mass_range, load.centre_radius)


def mass_centre(item: ItemShape) -> Array:
    """Centroid of the completed volume in the base frame, shape (3,).

    Where the surface encloses no sensible volume the box's centre stands in.
    """
    centre, box = centroid(item.vertices, item.triangles), item.T_base_box
    if centre is None or (np.abs(box.inverse().apply(centre)) > 0.4 * item.size).any():
        return box.position
    return centre


@njit(cache=True)
def centroid(vertices: Array, triangles: NDArray[np.int32]) -> Array | None:
    """Centroid of the solid inside a closed surface (sum of signed tetrahedra), None where it has no volume."""
    if len(triangles) < 4:
        return None
    offset, total, moment = vertices - vertices[0], 0.0, np.zeros(3)
    for t in range(len(triangles)):
        a, b, c = offset[triangles[t, 0]], offset[triangles[t, 1]], offset[triangles[t, 2]]
        volume = a[0] * (b[1] * c[2] - b[2] * c[1]) + a[1] * (b[2] * c[0] - b[0] * c[2])
        volume += a[2] * (b[0] * c[1] - b[1] * c[0])
        total += volume
        for k in range(3):
            moment[k] += volume * (a[k] + b[k] + c[k])
    if abs(total) < 1e-9:
        return None
    return vertices[0] + moment / (4 * total)
