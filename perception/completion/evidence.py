"""What is known of the space in and around an item, at the nodes of a lattice over its box: what a network is shown."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from perception.completion.complete import Fit, sampled
from perception.completion.lattice import Lattice
from perception.completion.solid_fit import Solid
from perception.completion.surroundings import NOBODY, Surroundings, vicinity
from perception.pose import Array, Pose
from perception.tote import Tote

NODES = 32
CHANNELS = 7  # distance, unseen, another's, seen surface, the analytic solid, height over the floor, room to the walls
MARGIN, SHARE = 0.008, 0.35  # around the item's box: metres at least, and share of its edges
SOFT = 0.0005  # metres, the least over which a solid's distances become odds
HIGH, BESIDE = 0.10, 0.03  # metres at which height and room to the walls saturate
USUAL_CELL = 0.004  # metres


@dataclass(frozen=True, eq=False)
class Evidence:
    """What is known of an item at the nodes of a lattice.

    Attributes:
        channels: CHANNELS values of -1 to 1 at each node, float32, shape (CHANNELS, X, Y, Z).
        scales: logarithms of the cell's edges, shape (3,).
        bound: signed distances, metres, of the space in which the item can be: positive where it was seen free or is
            another's, under the floor or behind a wall, shape (X, Y, Z).
    """

    lattice: Lattice
    channels: NDArray[np.float32]
    scales: NDArray[np.float32]
    bound: Array

    @property
    def soft(self) -> float:
        """Metres over which distances become odds."""
        return softness(self.lattice)


def softness(lattice: Lattice) -> float:
    return max(float(lattice.cell.min()), SOFT)


def gather(item: int, rows: NDArray[np.int64], around: Surroundings, fit: Fit) -> Evidence:
    """What is known around an item's fitted solid."""
    box = fit.solid.around(fit.frame)
    lattice = Lattice.about(box, np.maximum(SHARE * box.size, MARGIN), NODES)
    channels = np.zeros((CHANNELS, *lattice.shape), np.float32)
    volume = around.volume
    places = volume.T_base_grid.inverse() @ Pose.from_rotation(np.zeros(3), lattice.rotation)
    _sample(channels, lattice.low, lattice.cell, places.matrix, volume.voxel, volume.truncation, volume.distance,
            volume.weight, around.owner, item, *vicinity(around.surface.voxels[rows], volume.weight.shape))  # fmt: skip
    nodes = np.rint(lattice.places(around.surface.points[rows].astype(np.float64))).astype(np.int64)
    inside = ((nodes >= 0) & (nodes < NODES)).all(axis=1)
    channels[3][tuple(nodes[inside].T)] = 1.0
    channels[4] = np.clip(-sampled(item, lattice, fit.solid, around) / softness(lattice), -1, 1)
    channels[5], channels[6] = _in_tote(lattice, around.tote)
    walls = Solid(fit.solid.normals[-fit.walls :], fit.solid.offsets[-fit.walls :])
    scales = (np.log(lattice.cell / USUAL_CELL) / 2).astype(np.float32)
    return Evidence(lattice, channels, scales, sampled(item, lattice, walls, around))


def _in_tote(lattice: Lattice, tote: Tote) -> tuple[Array, Array]:
    """Height over the floor, and room to the nearest wall, of each node, as -1 to 1."""
    local = tote.T_base_tote.inverse().apply(lattice.points().reshape(-1, 3)).reshape(*lattice.shape, 3)
    room = np.minimum(*(tote.inner[axis] / 2 - np.abs(local[..., axis]) for axis in (0, 1)))
    beside = np.clip(room / BESIDE, -1, 1) if tote.inner[2] > 0 else np.ones(lattice.shape)
    return np.clip(local[..., 2] / HIGH, -1, 1), np.asarray(beside)


@njit(cache=True)
def _sample(channels, low, cell, T_grid_box, voxel, truncation, distance, weight, owner, item, first, last):  # type: ignore[no-untyped-def]
    """The first three channels: distance where seen, whether unseen, and whether it is another's."""
    T = T_grid_box / voxel
    for i in range(channels.shape[1]):
        for j in range(channels.shape[2]):
            for k in range(channels.shape[3]):
                x, y, z = low[0] + i * cell[0], low[1] + j * cell[1], low[2] + k * cell[2]
                u = T[0, 0] * x + T[0, 1] * y + T[0, 2] * z + T[0, 3]
                v = T[1, 0] * x + T[1, 1] * y + T[1, 2] * z + T[1, 3]
                w = T[2, 0] * x + T[2, 1] * y + T[2, 2] * z + T[2, 3]
                a, b, c = int(np.floor(u)), int(np.floor(v)), int(np.floor(w))
                if not (first[0] <= a < last[0] and first[1] <= b < last[1] and first[2] <= c < last[2]):
                    channels[1, i, j, k] = 1.0
                    continue
                m, n, o = int(u + 0.5), int(v + 0.5), int(w + 0.5)
                if owner[m, n, o] != NOBODY and owner[m, n, o] != item:
                    channels[2, i, j, k] = 1.0
                if weight[m, n, o] <= 0:
                    channels[1, i, j, k] = 1.0
                    continue
                total, share = 0.0, 0.0
                for d in range(8):
                    da, db, dc = d & 1, (d >> 1) & 1, d >> 2
                    if weight[a + da, b + db, c + dc] > 0:
                        part = abs((1 - da) - (u - a)) * abs((1 - db) - (v - b)) * abs((1 - dc) - (w - c))
                        total += part * distance[a + da, b + db, c + dc]
                        share += part
                channels[0, i, j, k] = total / share / truncation
