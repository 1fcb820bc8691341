"""Distance fields over voxels: how far a point is from the nearest solid one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from perception.arrays import readonly
from perception.pose import Array, Pose
from perception.scene import HeightMap, Occupancy, Space

FAR = 1e4  # voxels: further than any grid is wide


@dataclass(frozen=True, eq=False)
class Field:
    """Metres from a voxel's centre to the nearest solid voxel's face, float32 (X, Y, Z).

    Voxel (i, j, k) is centred at T_base_grid.apply((i, j, k) * voxel).
    """

    distance: NDArray[np.float32]
    T_base_grid: Pose
    voxel: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "distance", readonly(self.distance, np.float32, (None,) * 3, "distance field"))

    @staticmethod
    def of(solid: NDArray[np.bool_], T_base_grid: Pose, voxel: float) -> Field:
        """The field of the voxels marked `solid`."""
        cells = np.sqrt(squared_distance(np.ascontiguousarray(solid))) - 0.5
        return Field((voxel * cells).astype(np.float32), T_base_grid, voxel)

    @staticmethod
    def empty() -> Field:
        """Nothing solid anywhere."""
        return Field(np.full((1, 1, 1), 10.0, np.float32), Pose.identity(), 1e-3)


def strict(occupancy: Occupancy, item: int | None) -> Field:
    """Everything but free space and `item`, at half the resolution: for moving freely over the tote."""
    solid = (occupancy.state != Space.FREE) & ~_of(occupancy, item)
    whole = np.zeros(np.array(solid.shape) + np.array(solid.shape) % 2, bool)
    whole[: solid.shape[0], : solid.shape[1], : solid.shape[2]] = solid
    x, y, z = np.array(whole.shape) // 2
    coarse = np.asarray(whole.reshape(x, 2, y, 2, z, 2).any(axis=(1, 3, 5)))
    shift = Pose.from_rotation(np.full(3, occupancy.voxel / 2), np.eye(3))
    return Field.of(coarse, occupancy.T_base_grid @ shift, 2 * occupancy.voxel)


def seen(occupancy: Occupancy, item: int | None, centre: Array, reach: float) -> Field:
    """What was seen to be there except `item`, within `reach` metres of `centre` (3,): for going in among items."""
    index = Pose(occupancy.T_base_grid.matrix).inverse().apply(centre) / occupancy.voxel
    span = reach / occupancy.voxel
    low = np.clip(np.floor(index - span), 0, np.array(occupancy.state.shape) - 1).astype(int)
    high = np.clip(np.ceil(index + span) + 1, low + 1, occupancy.state.shape).astype(int)
    crop = tuple(slice(a, b) for a, b in zip(low, high))
    solid = np.asarray((occupancy.state == Space.OCCUPIED) & ~_of(occupancy, item))[crop]
    return Field.of(
        solid, occupancy.T_base_grid @ Pose.from_rotation(low * occupancy.voxel, np.eye(3)), occupancy.voxel
    )


def heights(floor: HeightMap) -> Field:
    """What lies in the destination tote, as columns up to its height map; the tote's own floor is left out."""
    cell = floor.cell
    layers = max(int(np.ceil(float(floor.height.max()) / cell)), 1)
    height = floor.height[:, :, None]
    solid = (np.arange(layers) * cell < height) & (height > 0.004)
    length, width = cell * np.array(floor.height.shape)
    corner = Pose.from_rotation(((cell - length) / 2, (cell - width) / 2, cell / 2), np.eye(3))
    return Field.of(np.asarray(solid), floor.tote.T_base_tote @ corner, cell)


def _of(occupancy: Occupancy, item: int | None) -> NDArray[np.bool_]:
    return np.zeros(occupancy.state.shape, bool) if item is None else np.asarray(occupancy.item == item)


@njit(cache=True)
def squared_distance(solid: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Squared distance in voxels from each voxel's centre to the nearest solid one's.

    Felzenszwalb and Huttenlocher, Distance transforms of sampled functions, Theory of Computing 8, 2012.
    """
    nx, ny, nz = solid.shape
    d = np.empty((nx, ny, nz), np.float32)
    for i in range(nx):
        for j in range(ny):
            last = -FAR
            for k in range(nz):
                if solid[i, j, k]:
                    last = k
                d[i, j, k] = (k - last) ** 2
            last = nz + FAR
            for k in range(nz - 1, -1, -1):
                if solid[i, j, k]:
                    last = k
                d[i, j, k] = min(d[i, j, k], (last - k) ** 2)
    longest = max(nx, ny)
    line, vertex, bound = np.empty(longest), np.empty(longest, np.int64), np.empty(longest + 1)
    for i in range(nx):
        for k in range(nz):
            line[:ny] = d[i, :, k]
            _envelope(line, ny, vertex, bound, d[i, :, k])
    for j in range(ny):
        for k in range(nz):
            line[:nx] = d[:, j, k]
            _envelope(line, nx, vertex, bound, d[:, j, k])
    return d


@njit(cache=True)
def _envelope(line, count, vertex, bound, out):  # type: ignore[no-untyped-def]
    """Lower envelope of the parabolas line[i] + (x - i)^2, into out."""
    top = 0
    vertex[0], bound[0], bound[1] = 0, -1e18, 1e18
    for i in range(1, count):
        while True:
            v = vertex[top]
            cross = ((line[i] + i * i) - (line[v] + v * v)) / (2.0 * (i - v))
            if cross > bound[top] or top == 0:
                break
            top -= 1
        if cross <= bound[top]:
            vertex[top], bound[top + 1] = i, 1e18
            continue
        top += 1
        vertex[top], bound[top], bound[top + 1] = i, cross, 1e18
    top = 0
    for i in range(count):
        while bound[top + 1] < i:
            top += 1
        out[i] = (i - vertex[top]) ** 2 + line[vertex[top]]
