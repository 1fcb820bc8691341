"""The choice: the grasps with the highest expected rate of undamaged units, best first."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from grasping.attempts import Attempts
from grasping.grasp import Grasp
from grasping.quality.trust import trusted
from grasping.quality.worth import PROBE_SECONDS, Stakes
from perception.pose import Array

LEAST = 0.015  # share of what a placed item is worth, below which the gain of a try is not worth its time


def choose(
    options: Sequence[Grasp],
    duration: Callable[[Grasp], float],
    past: Attempts,
    stakes: Stakes | None = None,
    timed: int = 24,
    variety: float = 0.85,
    least: float = LEAST,
) -> tuple[Grasp, ...]:
    """The options worth trying, best first: expected undamaged units per second. What harms more than it gains is left.

    Args:
        duration: seconds that a pick takes at the speed its grasp permits, its probe apart; inf where it cannot be
            reached. Asked only for the `timed` options with the highest gain, since it costs planning.
        past: what failed before; a failed try is not repeated while there is anything else.
        variety: each further grasp of one item counts by this factor less, so that the next best differs in item.
        least: share of what a placed item is worth, below which the gain of a try is not worth its time.
    """
    stakes = stakes or Stakes()
    gains = _varied(np.array([stakes.worth(trusted(past, grasp)) for grasp in options]), options, variety)
    worth = least_gain(stakes, least)
    best = [int(i) for i in np.argsort(-gains, kind="stable")[:timed] if gains[i] > worth]
    rates = [gains[i] / (duration(options[i]) + PROBE_SECONDS * options[i].probe) for i in best]
    return tuple(options[best[k]] for k in np.argsort(-np.array(rates), kind="stable") if rates[k] > 0)


def least_gain(stakes: Stakes, least: float = LEAST) -> float:
    """Expected units up to which a try is not worth its time: a share of what a placed item is worth."""
    return least * (1 + stakes.left)


def _varied(gains: Array, options: Sequence[Grasp], variety: float) -> Array:
    """Gains where the n-th best grasp of an item counts variety^n."""
    found: dict[int, int] = {}
    weighted = gains.copy()
    for i in np.argsort(-gains, kind="stable"):
        rank = found.get(options[i].item, 0)
        found[options[i].item] = rank + 1
        weighted[i] *= variety**rank
    return weighted
