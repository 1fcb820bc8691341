"""Picks of a made-up site, and what weights say of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from grasping.quality.learned import Weights, learned_odds, shipped
from grasping.tools import Tool
from perception.pose import Array
from training.picks import PICK

BELIEVED = (0.85, 0.8, 0.05, 0.0)
NAMES = ("gap", "mass", "girth", "confidence")


def picks_at(shift: float, count: int = 300, seed: int = 0, by_mass: float = 0.0) -> NDArray[np.void]:
    """Picks of 20 bins at a site where shipped odds hold, but that cups acquire by a shift less likely."""
    rng = np.random.default_rng(seed)
    picks = np.zeros(count, PICK)
    picks["bin"], picks["views"] = np.arange(count) * 20 // count, 4
    picks["tool"] = np.where(rng.random(count) < 0.7, b"suction", b"pinch")
    for name in NAMES:
        picks["features"][name] = rng.uniform(0.2, 1.0, count) * {"gap": 1e-4, "girth": 0.1}.get(name, 1.0)
    picks["believed"] = np.clip(BELIEVED + 0.1 * rng.standard_normal((count, 4)), 0.01, 0.99)
    odds = odds_of(shipped(), picks)
    cups = picks["tool"] == b"suction"
    margin = np.log(odds[:, 0] / (1 - odds[:, 0])) + cups * (shift + by_mass * (picks["features"]["mass"] - 0.6))
    acquired = rng.random(count) < 1 / (1 + np.exp(-margin))
    held = acquired & (rng.random(count) < odds[:, 1])
    picks["happened"][:, 0], picks["happened"][:, 1] = acquired, held
    picks["known"][:, 0], picks["known"][:, 1] = True, acquired
    return picks


def odds_of(weights: Weights, picks: NDArray[np.void]) -> Array:
    odds = np.zeros((len(picks), 4))
    for tool in Tool:
        mine = picks["tool"] == tool.value.encode()
        odds[mine] = learned_odds(weights, tool, *(picks[name][mine] for name in ("features", "views", "believed")))
    return np.clip(odds, 1e-3, 1 - 1e-3)
