"""The choice: the grasps with the highest expected rate of undamaged units, best first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import astuple, replace

import numpy as np

from grasping.attempts import Attempts
from grasping.grasp import Grasp
from grasping.quality.keep import kept
from grasping.quality.trust import trusted
from grasping.quality.worth import LEAST, PICK_SECONDS, PROBE_SECONDS, Stakes
from perception.pose import Array


def choose(
    options: Sequence[Grasp],
    duration: Callable[[Grasp], float],
    past: Attempts,
    stakes: Stakes | None = None,
    timed: int = 24,
    variety: float = 0.85,
) -> tuple[Grasp, ...]:
    """The options worth trying, best first: expected undamaged units per second. What harms more than it gains is left.

    Args:
        duration: seconds that a pick takes at the speed its grasp permits, its probe apart; inf where it cannot be
            reached. Asked only for the `timed` options with the highest gain, since it costs planning.
        past: what failed before; a failed try is not repeated while there is anything else.
        variety: each further grasp of one item counts by this factor less, so that the next best differs in item.
    """
    stakes = stakes or Stakes()
    gains = _varied(np.array([stakes.worth(trusted(past, grasp)) for grasp in options]), options, variety)
    best = [int(i) for i in np.argsort(-gains, kind="stable")[:timed] if gains[i] > LEAST]
    seconds = [duration(options[i]) + PROBE_SECONDS * options[i].probe for i in best]
    rates = [gains[i] / taken for i, taken in zip(best, seconds)]
    order = [int(k) for k in np.argsort(-np.array(rates), kind="stable") if rates[k] > 0]
    return _kept([options[best[k]] for k in order], [seconds[k] for k in order], past, stakes)


def _kept(order: list[Grasp], seconds: list[float], past: Attempts, stakes: Stakes) -> tuple[Grasp, ...]:
    """Grasps, best first, before them the one that weights from before would have chosen where it is to be kept."""
    if not order or not order[0].before:
        return tuple(order)
    told = [[trusted(past, replace(grasp, odds=odds)) for odds in (*grasp.before, grasp.odds)] for grasp in order]
    odds = np.array([[astuple(each) for each in of_grasp] for of_grasp in told]).swapaxes(0, 1)
    first = kept(odds, stakes.gains(odds) * PICK_SECONDS / np.array(seconds))
    return (order[first], *order[:first], *order[first + 1 :])


def _varied(gains: Array, options: Sequence[Grasp], variety: float) -> Array:
    """Gains where the n-th best grasp of an item counts variety^n."""
    found: dict[int, int] = {}
    weighted = gains.copy()
    for i in np.argsort(-gains, kind="stable"):
        rank = found.get(options[i].item, 0)
        found[options[i].item] = rank + 1
        weighted[i] *= variety**rank
    return weighted
