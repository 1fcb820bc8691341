"""The learning curve: how surprised weights are by outcomes they never saw, by how many they were grown on."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from grasping.quality.learned import HEADS, Weights, inputs
from grasping.tools import Tool
from training.boost import TIP, grown, labels
from training.card import odds_of
from training.metrics import surprise
from training.split import Split

SHARES = (0.0, 0.25, 0.5, 1.0)  # of the bins to grow on; 0 is contact mechanics


def curve(outcomes: NDArray[np.void], parts: Split, seed: int) -> list[dict[str, Any]]:
    """A point for each share of the bins of all folds but one, judged by that one and by families never seen."""
    grow, check = next(parts.folds())
    bins = np.random.default_rng(seed).permutation(np.unique(outcomes["bin"][grow]))
    points = []
    for share in SHARES:
        some = grow & np.isin(outcomes["bin"], bins[: round(share * len(bins))])
        odds = odds_of(_plain(outcomes, some, seed), outcomes) if some.any() else outcomes["believed"]
        told = {name: dict(surprise(outcomes, odds, mask)) for name, mask in _judges(check, parts).items()}
        points.append({"outcomes": int(some.sum()), **told})
    return points


def _judges(check: NDArray[np.bool_], parts: Split) -> dict[str, NDArray[np.bool_]]:
    return {"other bins": check, "never seen": parts.unseen}


def _plain(outcomes: NDArray[np.void], some: NDArray[np.bool_], seed: int) -> Weights:
    """Weights that are not calibrated."""
    x, trees = inputs(outcomes["features"], outcomes["views"], outcomes["believed"]), {}
    for tool in Tool:
        own = some & (outcomes["tool"] == tool.value.encode()) & (outcomes["skill"] != TIP)
        for number, head in enumerate(HEADS):
            label, counts = labels(outcomes, head)
            trees[tool, head] = grown(x[own & counts], label[own & counts], number, seed)
    return Weights(trees)
