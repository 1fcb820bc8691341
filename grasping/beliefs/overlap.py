"""What an item may reach under: seen from above, it ends where something higher begins that does not fill its place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from perception.arrays import readonly
from perception.scene import ItemShape, Occupancy, Space

STEP = 0.006  # metres by which a neighbour must be higher to lie on the item
BELOW = 0.006  # metres under the item's surface where a neighbour that stands beside it would be


@dataclass(frozen=True, eq=False)
class Tops:
    """The occupied voxel that is highest in each column of an occupancy grid: its index (-1: none) and its item."""

    grid: Occupancy
    level: NDArray[np.int32]
    item: NDArray[np.int16]

    def __post_init__(self) -> None:
        object.__setattr__(self, "level", readonly(self.level, np.int32, (None, None), "tops level"))
        object.__setattr__(self, "item", readonly(self.item, np.int16, self.level.shape, "tops item"))

    @staticmethod
    def of(grid: Occupancy) -> Tops:
        return Tops(grid, *_tops(grid.state, grid.item, int(Space.OCCUPIED)))


@njit(cache=True)
def _tops(state: NDArray[np.uint8], item: NDArray[np.int16], occupied: int) -> tuple[Any, Any]:
    """Of each column the highest occupied voxel that is an item's, and whose, -1 where there is none."""
    nx, ny, nz = state.shape
    level, owner = np.full((nx, ny), -1, np.int32), np.full((nx, ny), -1, np.int16)
    for i in range(nx):
        for j in range(ny):
            for k in range(nz - 1, -1, -1):
                if state[i, j, k] == occupied and item[i, j, k] >= 0:
                    level[i, j], owner[i, j] = k, item[i, j, k]
                    break
    return level, owner


def overlapped(tops: Tops, item: ItemShape) -> float:
    """Share of the item's outline, seen from above, at which it may go on beneath something that lies on it.

    Such an item is larger and heavier than it looks, and held down: it is better picked after what covers it.
    """
    own = tops.item == item.id
    rows, columns = np.nonzero(own)
    if len(rows) == 0:
        return 1.0  # nothing of it is on top
    box = tuple(slice(max(v.min() - 2, 0), v.max() + 3) for v in (rows, columns))
    own, level, top = own[box], tops.level[box], tops.item[box]
    voxel = tops.grid.voxel
    step, below = round(STEP / voxel), round(BELOW / voxel)
    outline = hidden = 0
    for axis in (0, 1):
        for way in (-2, 2):  # two voxels away: the nearest one is blurred
            inside, beside = _pairs(own.shape, axis, way)
            edge = own[inside] & ~own[beside]
            outline += int(edge.sum())
            higher = edge & (level[beside] >= level[inside] + step)
            i, j = np.nonzero(higher)
            if len(i) == 0:
                continue
            k = np.maximum(level[inside][i, j] - below, 0)
            x, y = (offset.start + first.start + at for offset, first, at in zip(box, beside, (i, j)))
            fills = tops.grid.item[x, y, k] == top[beside][i, j]
            hidden += int((~fills).sum())
    return hidden / max(outline, 1)


def _pairs(shape: tuple[int, ...], axis: int, way: int) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """Slices of a grid and of the same grid moved by `way` cells along `axis`."""
    size = shape[axis]
    first = slice(max(-way, 0), size - max(way, 0))
    second = slice(max(way, 0), size + min(way, 0))
    whole = slice(0, shape[1 - axis])
    return ((first, whole), (second, whole)) if axis == 0 else ((whole, first), (whole, second))
