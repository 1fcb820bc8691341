"""Overlap seen from above: along which of its sides an item may go on beneath something higher."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from perception.arrays import readonly
from perception.pose import Array
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


@dataclass(frozen=True, eq=False)
class Rim:
    """The outline of an item seen from above, by the axes of the grid and the two ways along each.

    Attributes:
        cells: of the outline that face that way, shape (2, 2): [axis, 0] against it and [axis, 1] along it.
        hidden: of these, where the item may go on beneath something that lies on it.
    """

    cells: NDArray[np.int64]
    hidden: NDArray[np.int64]

    def __post_init__(self) -> None:
        for name in ("cells", "hidden"):
            object.__setattr__(self, name, readonly(getattr(self, name), np.int64, (2, 2), f"rim {name}"))

    @property
    def share(self) -> float:
        """Hidden share of the whole outline; 1 where nothing of the item is on top.

        Such an item is larger and heavier than it looks, and held down: it is better picked after what covers it.
        """
        return float(self.hidden.sum() / self.cells.sum()) if self.cells.any() else 1.0

    @property
    def sides(self) -> Array:
        """Hidden share of what faces each way, shape (2, 2); 1 where nothing of the item is on top."""
        return np.where(self.cells.any(), self.hidden / np.maximum(self.cells, 1), 1.0)


def rim(tops: Tops, item: ItemShape) -> Rim:
    """The outline of an item in the view from above."""
    own = tops.item == item.id
    cells, hidden = np.zeros((2, 2), np.int64), np.zeros((2, 2), np.int64)
    rows, columns = np.nonzero(own)
    if len(rows) == 0:
        return Rim(cells, hidden)
    box = tuple(slice(max(v.min() - 2, 0), v.max() + 3) for v in (rows, columns))
    own, level, top = own[box], tops.level[box], tops.item[box]
    voxel = tops.grid.voxel
    step, below = round(STEP / voxel), round(BELOW / voxel)
    for axis in (0, 1):
        for along, way in enumerate((-2, 2)):  # two voxels away: the nearest one is blurred
            inside, beside = _pairs(own.shape, axis, way)
            edge = own[inside] & ~own[beside]
            cells[axis, along] = edge.sum()
            i, j = np.nonzero(edge & (level[beside] >= level[inside] + step))
            if len(i) == 0:
                continue
            k = np.maximum(level[inside][i, j] - below, 0)
            x, y = (offset.start + first.start + at for offset, first, at in zip(box, beside, (i, j)))
            fills = tops.grid.item[x, y, k] == top[beside][i, j]
            hidden[axis, along] = (~fills).sum()
    return Rim(cells, hidden)


def _pairs(shape: tuple[int, ...], axis: int, way: int) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """Slices of a grid and of the same grid moved by `way` cells along `axis`."""
    size = shape[axis]
    first = slice(max(-way, 0), size - max(way, 0))
    second = slice(max(way, 0), size + min(way, 0))
    whole = slice(0, shape[1 - axis])
    return ((first, whole), (second, whole)) if axis == 0 else ((whole, first), (whole, second))
