"""Where an item's hidden side ends: told by what it stands on, by what lies beside it, or by the first thing behind."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from perception.arrays import quantiles
from perception.completion.box_fit import THINNEST, Frame
from perception.completion.side_ends import CONTACTS, SIDE, beside_levels, end_levels
from perception.completion.surroundings import NOBODY, Surroundings
from perception.pose import Array
from perception.tote import Tote

FLAT = 0.25  # visible thickness over width below which an item is flat, whatever its sides
FLAT_SIDES = 0.45  # share of the side surfels that stand upright on an item with flat sides
DEEPEST = 0.06  # metres that an item is believed to reach behind its visible surface without further evidence
LEVEL = 0.8  # of a hidden side's direction from plumb, from which on what lies beside an item tells how deep it goes
RIM_SEEN = 0.25  # share of an item's rim beside which something lower must have been seen to tell that
HIGHER = 0.7  # quantile of what was seen there: an item may stand out over what bears it by less than half
STANDS = 0.012  # metres over the floor at which a side that goes down to it may be seen to end


def facing(frame: Frame, normals: Array) -> tuple[int, int]:
    """The box axis and direction to which most of the visible surface faces; its opposite side is the hidden one."""
    along = normals @ frame.rotation
    score = np.concatenate([(along > 0.7).sum(axis=0), (along < -0.7).sum(axis=0)])
    score = score + 0.5 * len(normals) * np.concatenate([frame.rotation[2] > 0.8, frame.rotation[2] < -0.8])
    best = int(np.argmax(score))
    return best % 3, 1 if best < 3 else -1


def reach_behind(item: int, frame: Frame, axis: int, sign: int, rows: NDArray[np.int64], around: Surroundings) -> Frame:
    """Move the hidden face along -sign * axis to where the item must end."""
    direction = sign * frame.rotation[:, axis]
    surface = around.surface
    front = float(frame.high[axis] if sign > 0 else -frame.low[axis])
    back = float(frame.low[axis] if sign > 0 else -frame.high[axis])
    sides = rows[np.abs(surface.normals[rows] @ direction) < SIDE]
    upright = np.abs(surface.normals[sides] @ direction) < 0.25
    wide = float(np.delete(frame.size, axis).min())
    flat_sides = bool(upright.sum() > FLAT_SIDES * len(sides)) or front - back < FLAT * wide
    ends = end_levels(item, sides, direction, around) if flat_sides else np.empty(0)
    if len(ends) >= CONTACTS:
        back = min(back, float(quantiles(ends, (0.3,))[0]))
    else:
        facing = surface.normals[rows] @ direction > 0.7
        starts = surface.points[rows[facing]][::3].astype(np.float64)
        if len(starts) >= 3:
            depth = np.minimum(_depth_behind(item, starts, -direction, around), wide)  # no thicker than wide
            back = min(back, float(np.median(starts @ direction - depth)))
    if len(ends) < CONTACTS and direction[2] > LEVEL:
        rim, beside = beside_levels(item, rows, direction, around)
        if len(beside) >= max(CONTACTS, RIM_SEEN * rim):
            back = min(back, float(quantiles(beside, (HIGHER,))[0]))
    if direction[2] > 0.9:  # nothing reaches below the floor
        drop = (frame.center[2] - around.tote.T_base_tote.position[2]) / direction[2]
        back = max(back, float(frame.center @ direction) - max(float(drop), 0.0))
    back = min(back, front - THINNEST)
    low, high = frame.low.copy(), frame.high.copy()
    if sign > 0:
        low[axis] = back
    else:
        high[axis] = -back
    return Frame(frame.rotation, low, high)


def standing(frame: Frame, tote: Tote) -> Frame:
    """An upright box that ends just over the floor, where noise hides the rest, put onto it."""
    upright = int(np.argmax(np.abs(frame.rotation[2])))
    up = frame.rotation[:, upright] @ tote.T_base_tote.rotation[:, 2]
    floor = float(tote.T_base_tote.position @ frame.rotation[:, upright])
    low, high = frame.low.copy(), frame.high.copy()
    if up > LEVEL and 0 < low[upright] - floor < STANDS:
        low[upright] = floor
    if up < -LEVEL and 0 < floor - high[upright] < STANDS:
        high[upright] = floor
    return Frame(frame.rotation, low, high)


def _depth_behind(item: int, starts: Array, direction: Array, around: Surroundings) -> Array:
    """How far one can go from each start, shape (N, 3), through unseen space before something else begins."""
    volume = around.volume
    pose = volume.T_base_grid.inverse()
    tote = around.tote.T_base_tote.inverse() @ volume.T_base_grid
    return np.asarray(
        _march(
            pose.apply(starts) / volume.voxel,
            pose.rotate(direction),
            item,
            volume.distance,
            volume.weight,
            around.owner,
            -float(tote.position[2]) / volume.voxel,
            DEEPEST / volume.voxel,
        )
        * volume.voxel
    )


@njit(cache=True)
def _march(starts, direction, item, distance, weight, owner, floor, longest):  # type: ignore[no-untyped-def]
    depth = np.empty(len(starts))
    for n in range(len(starts)):
        t = 2.0
        while t < longest:
            x, y, z = starts[n, 0] + t * direction[0], starts[n, 1] + t * direction[1], starts[n, 2] + t * direction[2]
            i, j, k = int(x + 0.5), int(y + 0.5), int(z + 0.5)
            inside = 0 <= i < distance.shape[0] and 0 <= j < distance.shape[1] and 0 <= k < distance.shape[2]
            if not inside or z <= floor or (weight[i, j, k] > 0 and distance[i, j, k] > 0):
                break
            if owner[i, j, k] != NOBODY and owner[i, j, k] != item:
                break
            t += 0.5
        depth[n] = t
    return depth
