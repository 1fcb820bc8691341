"""Parts that trail along with the tool outside the item as it was gripped: gaping covers, straps."""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from perception.pose import Array, Pose

NEAR = 0.025  # metres within which a point seen before shows the same: a cover also turns
FAR = 0.035  # metres that the tool must have gone since: else what stays and what comes along look alike
MOST = 0.8  # share of what is seen around the load that must have come along
CLEARLY = 0.2  # by which that share must exceed that of what stays: a thing that is long looks alike further on
LOOKS = 6  # that are remembered


class Along:
    """Tells what hangs on the load from what stands in its way, by where it was when the tool was elsewhere."""

    def __init__(self) -> None:
        self._before: deque[tuple[Pose, cKDTree]] = deque(maxlen=LOOKS)

    def look(self, new: Array, around: NDArray[np.bool_], T_base_tool: Pose) -> NDArray[np.bool_]:
        """Which points have come along with the tool since an earlier look, shape (N,).

        Args:
            new: points (N, 3) of the base frame where nothing was before the pick.
            around: which of them are near the load and not explained by it, shape (N,).
        """
        along = np.zeros(len(new), bool)
        away = lambda T: float(np.linalg.norm(T.position - T_base_tool.position)) > FAR
        before = next(((T, points) for T, points in reversed(self._before) if away(T)), None)
        if before is not None and around.any():
            came = _shown(before[1], (before[0] @ T_base_tool.inverse()).apply(new[around]))
            stayed = _shown(before[1], new[around])
            if came.mean() >= MOST and came.mean() > stayed.mean() + CLEARLY:
                along[around] = came
        if len(new):
            self._before.append((T_base_tool, cKDTree(new)))
        return along


def _shown(before: cKDTree, points: Array) -> NDArray[np.bool_]:
    """Which points (N, 3) of the base frame were seen at an earlier look."""
    distance, _ = before.query(points, distance_upper_bound=NEAR)
    return np.isfinite(distance)
