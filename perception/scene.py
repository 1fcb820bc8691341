"""What perception hands on: items with full shapes, and what is known of the space around them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum

import numpy as np
from numba import njit
from numpy.typing import NDArray

from perception.arrays import own, readonly
from perception.pose import Array, Pose
from perception.tote import Tote


class Space(IntEnum):
    """The state of a voxel. Unseen is not free: a tool may not enter it carelessly."""

    FREE = 0
    UNSEEN = 1
    OCCUPIED = 2


@dataclass(frozen=True, eq=False)
class Occupancy:
    """A voxel grid over a tote. Voxel (i, j, k) is centred at T_base_grid.apply((i, j, k) * voxel).

    Attributes:
        state: Space of each voxel, uint8, shape (X, Y, Z); known tote walls are not part of it.
        item: id of the item that fills the voxel, -1 where none, int16, shape (X, Y, Z).
        voxel: edge length, metres.
    """

    T_base_grid: Pose
    voxel: float
    state: NDArray[np.uint8]
    item: NDArray[np.int16]

    def __post_init__(self) -> None:
        object.__setattr__(self, "state", readonly(self.state, np.uint8, (None,) * 3, "occupancy state"))
        object.__setattr__(self, "item", readonly(self.item, np.int16, self.state.shape, "occupancy item"))

    def voxels(self, points: Array) -> tuple[NDArray[np.bool_], tuple[NDArray[np.int64], ...]]:
        """Which points of the base frame, shape (N, 3), lie in the grid, and the index of each one's nearest voxel."""
        return _nearest(own(points), self.T_base_grid.inverse().matrix, self.voxel, self.state.shape)


@njit(cache=True)
def _nearest(points, T_grid_base, voxel, shape):  # type: ignore[no-untyped-def]
    """`Occupancy.voxels` of points in the grid's base frame."""
    T, inside = T_grid_base, np.ones(len(points), np.bool_)
    i, j, k = np.empty(len(points), np.int64), np.empty(len(points), np.int64), np.empty(len(points), np.int64)
    for n in range(len(points)):
        x, y, z = points[n]
        for axis, index in enumerate((i, j, k)):
            along = T[axis, 0] * x + T[axis, 1] * y + T[axis, 2] * z + T[axis, 3]
            at = int(np.floor(along / voxel + 0.5))
            index[n] = min(max(at, 0), shape[axis] - 1)
            inside[n] &= index[n] == at
    return inside, (i, j, k)


@dataclass(frozen=True, eq=False)
class HeightMap:
    """Height of the highest surface over a tote's floor, in the tote's frame.

    Cell (i, j) is centred at x = (i + 0.5) * cell - length / 2, y = (j + 0.5) * cell - width / 2.

    Attributes:
        height: metres above the inner floor, float32, shape (X, Y).
        known: False where nothing was seen (height then holds the cautious guess).
        cell: edge length of a cell, metres.
    """

    tote: Tote
    cell: float
    height: NDArray[np.float32]
    known: NDArray[np.bool_]

    def __post_init__(self) -> None:
        object.__setattr__(self, "height", readonly(self.height, np.float32, (None, None), "height map"))
        object.__setattr__(self, "known", readonly(self.known, np.bool_, self.height.shape, "height map known"))


@dataclass(frozen=True, eq=False)
class ItemShape:
    """One item with its full shape, in the base frame.

    Attributes:
        id: unique within its scene; also the value in Occupancy.item.
        points: surface samples, seen and completed, shape (N, 3), metres.
        normals: outward unit normals, shape (N, 3).
        colors: RGB 0..255, shape (N, 3), uint8 (copied from the nearest seen point where completed).
        confidence: how sure each point is, shape (N,); 1 where several cameras saw it.
        seen: True where a camera saw the point, shape (N,).
        T_base_box, size: oriented bounding box, centred; its z axis is the most upright of the three.
        vertices, triangles: closed surface of the completed shape, shapes (V, 3) and (T, 3).
        volume: of the completed shape, cubic metres.
        whole: odds that it is one item, and all of it that is in sight: neither two that touch nor a piece of one.
    """

    id: int
    points: Array
    normals: Array
    colors: NDArray[np.uint8]
    confidence: Array
    seen: NDArray[np.bool_]
    T_base_box: Pose
    size: Array
    vertices: Array
    triangles: NDArray[np.int32]
    volume: float
    whole: float = 1.0

    def __post_init__(self) -> None:
        n = len(self.points)
        fields: tuple[tuple[str, type, tuple[int | None, ...]], ...] = (
            ("points", np.float64, (n, 3)),
            ("normals", np.float64, (n, 3)),
            ("colors", np.uint8, (n, 3)),
            ("confidence", np.float64, (n,)),
            ("seen", np.bool_, (n,)),
            ("size", np.float64, (3,)),
            ("vertices", np.float64, (None, 3)),
            ("triangles", np.int32, (None, 3)),
        )
        for name, dtype, shape in fields:
            object.__setattr__(self, name, readonly(getattr(self, name), dtype, shape, f"item {self.id}: {name}"))

    def moved(self, move: Pose) -> ItemShape:
        """The item after a rigid motion of the base frame."""
        return replace(
            self,
            points=move.apply(self.points),
            normals=move.rotate(self.normals),
            T_base_box=move @ self.T_base_box,
            vertices=move.apply(self.vertices),
        )


@dataclass(frozen=True, eq=False)
class Scene:
    """The source tote's content and the room left in the destination, as believed at `stamp`.

    cameras: names of the cameras that contributed. T_base_cameras: their poses as refined on the totes, in that order.
    """

    stamp: float
    source: Tote
    items: tuple[ItemShape, ...]
    occupancy: Occupancy
    destination: HeightMap
    cameras: tuple[str, ...] = ()
    T_base_cameras: tuple[Pose, ...] = ()

    def item(self, item_id: int) -> ItemShape:
        return next(item for item in self.items if item.id == item_id)
