"""Which part of the fused surface is the tote itself: known planes, and a colour learned where they show."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from perception.fusion.surface import Surface
from perception.tote import Tote

THIN = 0.0045  # metres from a known plane within which only colour tells an item from the tote
THICK = 0.010  # metres from a known plane beyond which a surface is an item's, whatever its colour
COLOR_GAP = 13.0  # CIE76 difference from the tote's colour that marks a thin item
FEWEST = 60  # surfels that must show a plane before its colour is believed


def on_tote(surface: Surface, tote: Tote) -> NDArray[np.bool_]:
    """True for surfels of the tote's floor, walls and rim, shape (N,).

    A surfel on a known plane belongs to the tote if it also has the plane's colour: so cards on the floor and boxes
    flat against a wall are items. Between THIN and THICK both distance and colour have a say.
    """
    T_tote_base = tote.T_base_tote.inverse()
    points = T_tote_base.apply(surface.points)
    normals = T_tote_base.rotate(surface.normals)
    half, depth = tote.inner[:2] / 2, tote.inner[2]
    result = (np.abs(points[:, :2]) > half + THIN).any(axis=1) & (points[:, 2] < depth + THICK)
    result |= points[:, 2] < -THIN
    planes = [(points[:, 2], normals[:, 2])]
    below_rim = points[:, 2] < depth + THIN
    for axis in (0, 1):
        for sign in (-1.0, 1.0):
            gap = np.where(below_rim, half[axis] - sign * points[:, axis], np.inf)
            planes.append((gap, -sign * normals[:, axis]))
    for gap, facing in planes:
        result[_of_plane(surface.lab, gap, facing)] = True
    return np.asarray(result)


def _of_plane(lab: NDArray[np.float32], gap: NDArray[np.float64], facing: NDArray[np.float64]) -> NDArray[np.int64]:
    """Rows of the surfels that belong to a plane of the tote, from their distance before it and cosine to it."""
    rows = np.flatnonzero(gap < THICK)
    lab, gap, facing = lab[rows], gap[rows], facing[rows]
    flat = np.abs(gap) < THIN
    near = flat & (facing > 0.8)
    if near.sum() < FEWEST:
        return rows[flat & (facing > 0.5)]
    thin = np.clip((THICK - gap) / (THICK - THIN), 0, 1)  # 1 on the plane, 0 where geometry alone decides
    difference = np.linalg.norm((lab - np.median(lab[near], axis=0)) * (0.6, 1, 1), axis=1)
    return rows[((facing > 0.5) | flat) & (difference < COLOR_GAP * thin)]
