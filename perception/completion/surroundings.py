"""What bounds an item: the fused volume, everything else's surface, the tote."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from perception.fusion.surface import Surface
from perception.fusion.volume import Volume
from perception.pose import Array
from perception.tote import Tote

NOBODY, OTHER = -1, -2
BESIDE, OVER = 16, 6  # voxels around and over an item's surface that tell of it; below, all do


@dataclass(frozen=True, eq=False)
class Surroundings:
    """What bounds an item: fused volume, whole surface with the item of each surfel (-1: tote), and the tote.

    owner: item of each voxel that holds a surfel or lies just before one, OTHER for the tote's and for fragments,
        NOBODY elsewhere, int16, shape (X, Y, Z).
    eyes: where the cameras stand, base frame, shape (C, 3).
    """

    volume: Volume
    surface: Surface
    labels: NDArray[np.int32]
    owner: NDArray[np.int16]
    tote: Tote
    eyes: Array

    @staticmethod
    def of(volume: Volume, surface: Surface, labels: NDArray[np.int32], tote: Tote, eyes: Array) -> Surroundings:
        owner = np.full(volume.distance.shape, NOBODY, np.int16)
        values = np.where(labels >= 0, labels, OTHER)
        in_front = volume.T_base_grid.inverse().apply(surface.points + volume.voxel * surface.normals)
        for places in (in_front / volume.voxel, surface.voxels):
            _mark(owner, places, values.astype(np.int16))
        return Surroundings(volume, surface, labels, owner, tote, eyes)


def vicinity(voxels: NDArray[np.int32], shape: tuple[int, ...]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First and last voxel, (3,) each, of the part of a volume that tells of an item with these voxels, (N, 3)."""
    low = np.append(np.maximum(voxels.min(axis=0)[:2] - BESIDE, 0), 0).astype(np.int64)
    high = np.minimum(voxels.max(axis=0) + np.array((BESIDE, BESIDE, OVER)), np.array(shape) - 1)
    return low, high.astype(np.int64)


@njit(cache=True)
def _mark(owner, places, values):  # type: ignore[no-untyped-def]
    """Write each value into the voxel nearest to its place, shape (N, 3), in voxels."""
    nx, ny, nz = owner.shape
    for n in range(len(values)):
        i, j, k = int(np.rint(places[n, 0])), int(np.rint(places[n, 1])), int(np.rint(places[n, 2]))
        owner[min(max(i, 0), nx - 1), min(max(j, 0), ny - 1), min(max(k, 0), nz - 1)] = values[n]
