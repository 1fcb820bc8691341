"""Surfels of a surface on grids that get coarser: who lies beside whom, and in whom, on each of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perception.fusion.surface import Surface, neighbors_of
from perception.tote import Tote

LEVELS = 5  # grids, each of twice the voxel of the one before
INPUTS = 12  # of a surfel: normal (3), height, colour (3), whether there is any, place in its voxel (3), views
HIGH, HIGHEST = 0.1, 3.0  # metres of height that count as one, and how many of them count at most
VIVID = 30.0  # CIE76 that counts as one
MOST_VIEWS = 4  # cameras beyond which more of them tell nothing more


@dataclass(frozen=True, eq=False)
class Level:
    """The occupied cells of a grid.

    Attributes:
        near: cells in the 27 places around each one, itself in the middle, M where there is none, shape (M, 27).
        parent: the coarser grid's cell that holds each, shape (M,); of the last level nothing.
        children: cells of the finer grid in the 8 octants of each, their number where there is none, shape (M, 8); of
            the first level nothing.
    """

    near: NDArray[np.int32]
    parent: NDArray[np.int32]
    children: NDArray[np.int32]


def pyramid(voxels: NDArray[np.int32]) -> list[Level]:
    """Levels over surfels, one a voxel, (N, 3); those of the first one are in the order of the surfels."""
    cells, children, found = voxels, np.zeros((0, 8), np.int32), []
    for level in range(LEVELS):
        near = _near(cells)
        if level == LEVELS - 1:
            found.append(Level(near, np.zeros(0, np.int32), children))
            break
        coarse, parent = _distinct(cells >> 1)
        found.append(Level(near, parent, children))
        children = np.full((len(coarse), 8), len(cells), np.int32)
        octant = (cells & 1) @ np.array((4, 2, 1), np.int32)
        children[parent, octant] = np.arange(len(cells), dtype=np.int32)
        cells = coarse
    return found


def inputs(surface: Surface, voxel: float, tote: Tote, colored: bool) -> NDArray[np.float32]:
    """What is known of each surfel, shape (N, INPUTS): in the tote's frame, colours from the scene's mean."""
    found = np.zeros((len(surface.points), INPUTS), np.float32)
    if not len(found):
        return found
    T_tote_base = tote.T_base_tote.inverse()
    points = T_tote_base.apply(surface.points)
    found[:, :3] = T_tote_base.rotate(surface.normals)
    found[:, 3] = np.clip(points[:, 2] / HIGH, -1, HIGHEST)
    if colored:
        found[:, 4:7] = (surface.lab - surface.lab.mean(axis=0)) / VIVID
        found[:, 7] = 1
    place = points / voxel - surface.voxels
    found[:, 8:11] = place - place.mean(axis=0)
    found[:, 11] = np.minimum(surface.views, MOST_VIEWS) / MOST_VIEWS
    return found


def _near(cells: NDArray[np.int32]) -> NDArray[np.int32]:
    count = len(cells)
    if not count:
        return np.zeros((0, 27), np.int32)
    moved = cells - cells.min(axis=0) + 1
    around = neighbors_of(moved, _over(moved))
    around[around < 0] = count
    return np.hstack([around[:, :13], np.arange(count, dtype=np.int32)[:, None], around[:, 13:]])


def _distinct(cells: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """The different rows among cells (N, 3), and which of them each is, (N,)."""
    if not len(cells):
        return cells, np.zeros(0, np.int32)
    low = cells.min(axis=0)
    size = _over(cells - low)
    keys, of = np.unique(np.ravel_multi_index(tuple((cells - low).T), size), return_inverse=True)
    found = np.column_stack(np.unravel_index(keys, size)) + low
    return found.astype(np.int32), of.astype(np.int32)


def _over(cells: NDArray[np.int32]) -> tuple[int, ...]:
    return tuple(int(n) for n in cells.max(axis=0) + 2)
