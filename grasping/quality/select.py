"""The selection: a few good, different grasps of every item out of all candidates."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from grasping.candidates.table import Candidates
from grasping.contact.wrench_limits import WEAK, rest_share
from grasping.grasp import Grasp
from grasping.quality.worth import Stakes
from grasping.tools import Tool, decoded
from perception.pose import Array

TURN = {Tool.SUCTION: 1.2, Tool.PINCH: 0.5}  # radians that make two grasps different; a cup is nearly round


UPRIGHT = 0.03  # what an upright approach is worth among grasps of one item: arms reach it more easily


LEAST_ODDS = 0.03  # of acquiring and holding, below which a grasp is not worth a thought


def distinct(
    candidates: Candidates,
    odds: Array,
    most: int,
    described: Callable[[int], Grasp],
    apart: float = 0.012,
    stakes: Stakes | None = None,
) -> list[Grasp]:
    """Up to `most` grasps an item and way of moving it, best first, each `apart` metres from the others or turned.

    Of a tool with several cups, as many with each number of them opened: more leak more, but may be carried faster.

    What a hold could hardly bear at rest is left out: no arm can move it.
    """
    T, turn = candidates.T_base_tool, TURN[candidates.tool]
    likely = odds[:, 0] * odds[:, 1] > LEAST_ODDS
    worth = (stakes or Stakes()).gains(odds) - UPRIGHT * T[:, 2, 2]
    chosen: list[Grasp] = []
    swung = candidates.features["spine_at"] != 0
    opened = np.array([len(decoded(code)) for code in candidates.features["cups"]])
    share = -(-most // max(len(set(opened)), 1))
    for item, way, cups in sorted(set(zip(candidates.item, swung, opened))):
        among = np.flatnonzero((candidates.item == item) & (swung == way) & (opened == cups) & likely)
        kept, left = 0, among[np.argsort(-worth[among], kind="stable")]
        while kept < share and len(left):
            best, left = int(left[0]), left[1:]
            option = described(best)
            if rest_share(option.load, option.limits, option.T_base_tool) <= WEAK:
                kept += 1
                chosen.append(option)
                left = left[_differ(T[best], T[left], apart, turn)]
    return chosen


def _differ(T: Array, others: Array, apart: float, turn: float) -> NDArray[np.bool_]:
    """Which tool frames, shape (N, 4, 4), are not much the same as T (4, 4)."""
    cosine = ((others[:, :3, :3] * T[:3, :3]).sum(axis=(1, 2)) - 1) / 2
    return (np.linalg.norm(others[:, :3, 3] - T[:3, 3], axis=1) > apart) | (cosine < np.cos(turn))
