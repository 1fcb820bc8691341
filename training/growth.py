"""Trees on top of what a head says, where picks are many enough to teach them, and bins held back confirm it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib.util import find_spec

import numpy as np

from grasping.trees import Trees
from perception.pose import Array
from training.boost import KEPT, added, cut, moved
from training.correction import deviance
from training.split import Mask

ENOUGH = 36  # picks of the rarer kind below which no trees are looked for: a dozen of them


def can_grow() -> bool:
    """Whether scikit-learn is there, which grows trees."""
    return find_spec("sklearn") is not None


def enough(label: Mask) -> bool:
    """Whether picks (N,) are many enough to look for trees."""
    return bool(min(label.sum(), (~label).sum()) >= ENOUGH)


def grown_on(
    x: Array, label: Mask, start: Callable[[Mask], Trees], parts: Iterable[Mask], wrong: float, seed: int
) -> Trees:
    """Those trees that picks (N, len(INPUTS)) with labels (N,) are best told by: what they start from, and of what is
    grown on it that share which leaves the parts held back least surprised; none of it, if that is best.

    Args:
        start: what to begin with, by some of the picks.
        parts: masks (N,), each of picks to hold back while trees are grown on the others.
        wrong: share of labels that may be wrong.
    """
    losses = np.zeros(len(KEPT))
    for check in parts:
        some = ~check
        begun = moved(start(some), 1.0, 0.0)
        grown = added(begun, x[some], label[some], seed) if enough(label[some]) else begun
        for number, share in enumerate(KEPT):
            told = cut(grown, len(begun.roots), share).margin(x[check])
            losses[number] += float(deviance(told, label[check], wrong).sum())
    best, begun = KEPT[int(losses.argmin())], start(np.ones(len(x), bool))
    return cut(added(moved(begun, 1.0, 0.0), x, label, seed), len(begun.roots), best) if best else begun
