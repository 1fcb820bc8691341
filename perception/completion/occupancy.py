"""Free, unseen and occupied space of a tote, with the item that fills each voxel."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numba import njit
from numpy.typing import NDArray

from perception.completion.solid_fit import DIRECTIONS
from perception.completion.voxel_components import free_parts
from perception.fusion.volume import Volume
from perception.pose import Array
from perception.scene import ItemShape, Occupancy, Space
from perception.segmentation.tote_surface import THIN
from perception.tote import Tote

FREE, UNSEEN, OCCUPIED = int(Space.FREE), int(Space.UNSEEN), int(Space.OCCUPIED)
FEWEST = 60  # voxels (4 cm^3 at 4 mm) below which a part by itself is noise


def occupancy(
    volume: Volume,
    items: Sequence[ItemShape],
    owner: NDArray[np.int16],
    tote: Tote,
    hidden: NDArray[np.bool_] | None = None,
) -> Occupancy:
    """Space as the cameras know it, with the completed items filled in.

    Completed volume never overrides space that was seen to be free. Beyond the tote's known walls and floor nothing
    is said: those voxels are FREE. So is what was seen of these themselves, noise included, and specks in mid air.

    Args:
        owner: item of each voxel that holds a surfel, -1 elsewhere, shape (X, Y, Z).
        hidden: voxels that may hold something where no camera saw them, shape (X, Y, Z); None: all inside the tote.
    """
    state, item = _measured(volume.weight, volume.distance, owner)
    for shape in items:
        _fill(shape, volume, state, item)
    inside = _inside(volume, tote)
    _settle(state, item, inside if hidden is None else inside & hidden, _inside(volume, tote, THIN))
    rim = int(np.ceil((tote.inner[2] - _origin(volume, tote)[2]) / volume.voxel))
    free_parts(state, item >= 0, FEWEST)  # depth noise leaves specks in mid air
    over = state[:, :, rim:]
    free_parts(over, over == Space.OCCUPIED, over.size)  # what was not seen up here needs something seen to hold it up
    return Occupancy(volume.T_base_grid, volume.voxel, state, item)


@njit(cache=True)
def _measured(weight, distance, owner):  # type: ignore[no-untyped-def]
    """What the cameras themselves tell of each voxel, and whose surface runs through it, -1 where none does."""
    state, item = np.empty(weight.shape, np.uint8), np.empty(weight.shape, np.int16)
    for i in range(weight.shape[0]):
        for j in range(weight.shape[1]):
            for k in range(weight.shape[2]):
                behind = distance[i, j, k] <= 0
                known = OCCUPIED if behind else FREE
                state[i, j, k] = known if weight[i, j, k] > 0 else UNSEEN
                item[i, j, k] = owner[i, j, k] if behind and owner[i, j, k] >= 0 else -1
    return state, item


@njit(cache=True)
def _settle(state, item, inside, apart):  # type: ignore[no-untyped-def]
    """What items fill is occupied; what else lies not `inside`, or was seen not `apart` from the tote, is free."""
    for i in range(state.shape[0]):
        for j in range(state.shape[1]):
            for k in range(state.shape[2]):
                if item[i, j, k] >= 0:
                    state[i, j, k] = OCCUPIED
                elif not (inside[i, j, k] if state[i, j, k] == UNSEEN else apart[i, j, k]):
                    state[i, j, k] = FREE


def _fill(shape: ItemShape, volume: Volume, state: NDArray[np.uint8], item: NDArray[np.int16]) -> None:
    """Give an item the voxels in the hull, along 26 directions, of its vertices."""
    local = volume.T_base_grid.inverse().apply(shape.vertices) / volume.voxel
    box = (volume.T_base_grid.inverse() @ shape.T_base_box).rotation
    normals = DIRECTIONS @ box.T
    limit = np.array(state.shape) - 1
    low = np.clip(np.ceil(local.min(axis=0)), 0, limit).astype(np.int64)
    high = np.clip(np.floor(local.max(axis=0)), 0, limit).astype(np.int64)
    _fill_hull(normals, (local @ normals.T).max(axis=0), low, high, state, item, np.int16(shape.id))


@njit(cache=True)
def _fill_hull(normals, offsets, low, high, state, item, number):  # type: ignore[no-untyped-def]
    for i in range(low[0], high[0] + 1):
        for j in range(low[1], high[1] + 1):
            for k in range(low[2], high[2] + 1):
                if state[i, j, k] == FREE or item[i, j, k] >= 0:
                    continue
                inside = True
                for p in range(len(normals)):
                    if normals[p, 0] * i + normals[p, 1] * j + normals[p, 2] * k > offsets[p]:
                        inside = False
                        break
                if inside:
                    item[i, j, k] = number


def _origin(volume: Volume, tote: Tote) -> Array:
    """Centre of the grid's first voxel in the tote's frame, whose axes the grid shares."""
    return np.asarray((tote.T_base_tote.inverse() @ volume.T_base_grid).position)


def _inside(volume: Volume, tote: Tote, margin: float = 0.0) -> NDArray[np.bool_]:
    """Voxels between the tote's walls and over its floor, or above the rim, by a margin in metres."""
    origin = _origin(volume, tote)
    axes: list[Array] = [origin[a] + np.arange(n) * volume.voxel for a, n in enumerate(volume.distance.shape)]
    x, y = (np.abs(axes[a]) <= tote.inner[a] / 2 - margin for a in (0, 1))
    between = (x[:, None] & y[None, :])[:, :, None] & (axes[2] >= margin)
    return np.asarray(between | (axes[2] > tote.inner[2] + margin))
