"""How alike tries of one item end beyond what is believed of each: variances of the item effects, from outcomes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from grasping.quality.item_effects import SURE, Effects, posterior
from perception.pose import Array
from training.boost import labels
from training.split import Mask

ALONE = 300  # tries that are the only one of their item, of which more would only cost time
BOUNDS = [(-6.0, 2.5)] * 3 + [(-5.0, 5.0), (-3.0, 2.0)]  # logarithms of variances, and a line on the log odds believed
STEPS, STEP = 25, 1e-2  # of the search, and for its differences
EVENTS = {"acquire": 0, "hold": 1}  # column of what is believed


@dataclass(frozen=True)
class Shared:
    """What tries of an item share of an event: the effects, and nats by which they explain outcomes better."""

    effects: Effects
    nats: float


def item_effects(outcomes: NDArray[np.void], odds: Array, among: Mask, seed: int) -> dict[str, Shared]:
    """What tries of an item share, by event.

    Variances are those of greatest marginal likelihood, with a line on the log odds that were believed beside them.

    Args:
        odds: (N, 4) that were believed by weights that had not seen the outcomes. among: mask (N,) of those that count.
    """
    return {event: _fitted(outcomes, odds, among, event, np.random.default_rng(seed)) for event in EVENTS}


def _fitted(outcomes: NDArray[np.void], odds: Array, among: Mask, event: str, rng: np.random.Generator) -> Shared:
    label, asked = labels(outcomes, event)
    sure = np.clip(odds[:, EVENTS[event]], SURE, 1 - SURE)
    believed = np.log(sure / (1 - sure))
    groups = list(_items(outcomes, asked & among, rng))
    rows = np.concatenate(groups) if groups else np.zeros(0, int)
    ways, places = np.char.add(outcomes["tool"], outcomes["skill"]), outcomes["T_base_tool"][:, :3, 3].astype(float)

    def unlikely(p: Array) -> float:
        effects = Effects(*np.exp(p[:3]))
        margins = np.exp(p[4]) * believed + p[3]
        found = 0.0
        for some in groups:
            prior = effects.covariance(ways[some], places[some], ways[some], places[some])
            found -= posterior(margins[some], label[some], prior).evidence
        return found

    def plainly(p: Array) -> float:
        signs = np.where(label[rows], 1.0, -1.0)
        return float(np.logaddexp(0.0, -signs * (np.exp(p[1]) * believed[rows] + p[0])).sum())

    line = minimize(plainly, np.zeros(2), method="L-BFGS-B", bounds=BOUNDS[3:])
    start = np.concatenate([np.zeros(3), line.x])
    best = minimize(unlikely, start, method="L-BFGS-B", bounds=BOUNDS, options={"maxiter": STEPS, "eps": STEP})
    return Shared(Effects(*(float(v) for v in np.exp(best.x[:3]))), float(line.fun - best.fun))


def _items(outcomes: NDArray[np.void], asked: Mask, rng: np.random.Generator) -> Iterator[NDArray[np.int64]]:
    """Rows of the tries of each item in each look, of which the event is asked."""
    rows = np.flatnonzero(asked)
    names = ("bin", "state", "views", "target")
    _, of = np.unique(outcomes[list(names)][rows], return_inverse=True)
    order = np.argsort(of, kind="stable")
    groups = np.split(rows[order], np.flatnonzero(np.diff(of[order])) + 1)
    alone = [group for group in groups if len(group) == 1]
    yield from (group for group in groups if len(group) > 1)
    yield from (alone[i] for i in np.sort(rng.permutation(len(alone))[:ALONE]))
