"""What moves along with the tool though the item as it was gripped does not reach there: covers that gape, straps."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from perception.pose import Array, Pose

NEAR = 0.025  # metres within which a point of the tick before shows the same: a cover also moves on its hinge
MOST = 0.8  # share of what is seen around the load that must have come along
CLEARLY = 0.2  # by which that share must exceed that of what stays: a thing that is long looks alike further on


class Along:
    """Tells what hangs on the load from what stands in its way, by where it was a tick before."""

    def __init__(self) -> None:
        self._before: cKDTree | None = None
        self._T_base_tool = Pose.identity()

    def look(self, new: Array, around: NDArray[np.bool_], T_base_tool: Pose) -> NDArray[np.bool_]:
        """Which points have come along with the tool since the last look, shape (N,).

        Args:
            new: points (N, 3) of the base frame where nothing was before the pick.
            around: which of them are near the load and not explained by it, shape (N,).
        """
        before, moved = self._before, self._T_base_tool @ T_base_tool.inverse()
        self._before, self._T_base_tool = cKDTree(new) if len(new) else None, T_base_tool
        along = np.zeros(len(new), bool)
        if before is None or not around.any():
            return along
        came = self._shown(before, moved.apply(new[around]))
        stayed = self._shown(before, new[around])
        if came.mean() >= MOST and came.mean() > stayed.mean() + CLEARLY:
            along[around] = came
        return along

    @staticmethod
    def _shown(before: cKDTree, points: Array) -> NDArray[np.bool_]:
        distance, _ = before.query(points, distance_upper_bound=NEAR)
        return np.isfinite(distance)
