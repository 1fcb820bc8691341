"""Distance fields over voxels: how far a point is from the nearest solid one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numba import njit
from numpy.typing import NDArray

from perception.arrays import readonly
from perception.parallel import shared
from perception.pose import Array, Pose
from perception.scene import HeightMap, Occupancy, Space

REACH = 0.10  # metres beyond which a distance is no longer measured: the arm's widest sphere and its clearance
FARTHEST = 127  # voxels: twice its square is the most that 16 bits hold


@dataclass(frozen=True, eq=False)
class Field:
    """Metres from a voxel's centre to the nearest solid voxel's face, REACH at most, float32 (X, Y, Z).

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
        reach = min(int(np.ceil(REACH / voxel)) + 1, FARTHEST)
        cells = np.sqrt(squared_distance(np.ascontiguousarray(solid), reach)) - 0.5
        return Field((voxel * cells).astype(np.float32), T_base_grid, voxel)

    @staticmethod
    def empty() -> Field:
        """Nothing solid anywhere."""
        return Field(np.full((1, 1, 1), 10.0, np.float32), Pose.identity(), 1e-3)


@lru_cache(maxsize=4)  # several plans of one look ask for the same
def strict(occupancy: Occupancy, item: int | None) -> Field:
    """Everything but free space and `item`, at half the resolution: for moving freely over the tote."""
    solid = occupancy.state != Space.FREE
    if item is not None:
        solid &= occupancy.item != item
    for axis in range(3):
        slices = np.moveaxis(solid, axis, 0)
        odd = np.zeros_like(slices[::2])
        odd[: len(slices) // 2] = slices[1::2]
        solid = np.moveaxis(slices[::2] | odd, 0, axis)
    shift = Pose.from_rotation(np.full(3, occupancy.voxel / 2), np.eye(3))
    return Field.of(solid, occupancy.T_base_grid @ shift, 2 * occupancy.voxel)


def seen(occupancy: Occupancy, item: int | None, centre: Array, reach: float) -> Field:
    """What was seen to be there except `item`, within `reach` metres of `centre` (3,): for going in among items."""
    index = occupancy.T_base_grid.inverse().apply(centre) / occupancy.voxel
    span = reach / occupancy.voxel
    low = np.clip(np.floor(index - span), 0, np.array(occupancy.state.shape) - 1).astype(int)
    high = np.clip(np.ceil(index + span) + 1, low + 1, occupancy.state.shape).astype(int)
    crop = tuple(slice(a, b) for a, b in zip(low, high))
    solid = occupancy.state[crop] == Space.OCCUPIED
    if item is not None:
        solid &= occupancy.item[crop] != item
    corner = Pose.from_rotation(low * occupancy.voxel, np.eye(3))
    return Field.of(solid, occupancy.T_base_grid @ corner, occupancy.voxel)


@lru_cache(maxsize=2)
def heights(floor: HeightMap) -> Field:
    """What lies in the destination tote, as columns up to its height map; the tote's floor and walls are left out.

    In the outermost cells the cameras see the walls.
    """
    cell = floor.cell
    layers = max(int(np.ceil(float(floor.height.max()) / cell)), 1)
    height = floor.height[:, :, None]
    solid = (np.arange(layers) * cell < height) & (height > 0.004)
    solid[[0, -1]] = solid[:, [0, -1]] = False
    length, width = cell * np.array(floor.height.shape)
    corner = Pose.from_rotation(((cell - length) / 2, (cell - width) / 2, cell / 2), np.eye(3))
    return Field.of(np.asarray(solid), floor.tote.T_base_tote @ corner, cell)


def squared_distance(solid: NDArray[np.bool_], reach: int) -> NDArray[np.int16]:
    """Squared distance in voxels from each voxel's centre to the nearest solid one's, up to reach^2.

    One axis after the other, as in Felzenszwalb and Huttenlocher, Distance transforms of sampled functions, 2012; a
    bounded reach lets plain minima over neighbours, which compilers make parallel, take the place of their envelopes.
    """
    layers = np.empty(solid.shape, np.int16)
    shared(lambda first, last: _within_layers(solid[first:last], reach, layers[first:last]), len(solid))
    whole = layers.copy()
    shared(lambda first, last: _across_layers(layers, reach, first, last, whole), len(solid))
    return whole


@njit(cache=True, nogil=True)
def _within_layers(solid, reach, out):  # type: ignore[no-untyped-def]
    """Squared distances to what is solid in the same layer (Y, Z) of (X, Y, Z)."""
    nx, ny, nz = solid.shape
    far = np.int16(reach * reach)
    along = np.empty((ny, nz), np.int16)
    for i in range(nx):
        for j in range(ny):
            last = -reach
            for k in range(nz):
                last = k if solid[i, j, k] else last
                squared = (k - last) * (k - last)
                along[j, k] = squared if squared < far else far
            last = nz + reach
            for k in range(nz - 1, -1, -1):
                last = k if solid[i, j, k] else last
                along[j, k] = min((last - k) * (last - k), along[j, k])
        out[i] = along
        near, values = along.reshape(-1), out[i].reshape(-1)
        for step in range(1, min(reach, ny)):
            _lower(values[step * nz :], near[: (ny - step) * nz], step * step)
            _lower(values[: (ny - step) * nz], near[step * nz :], step * step)


@njit(cache=True, nogil=True)
def _across_layers(layers, reach, first, last, out):  # type: ignore[no-untyped-def]
    """Those to what is solid in others, for the layers from `first` to `last` - 1."""
    for i in range(first, last):
        values = out[i].reshape(-1)
        for other in range(max(i - reach + 1, 0), min(i + reach, len(layers))):
            _lower(values, layers[other].reshape(-1), (i - other) * (i - other))


@njit(cache=True, nogil=True)
def _lower(values: NDArray[np.int16], others: NDArray[np.int16], more: int) -> None:
    """values = min(values, others + more)."""
    step = np.int16(more)
    for k in range(len(values)):
        other = np.int16(others[k] + step)
        values[k] = other if other < values[k] else values[k]
