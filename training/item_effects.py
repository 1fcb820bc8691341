"""How alike tries of one item end beyond what is believed of each: variances of the item effects, from outcomes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from grasping.quality.item_effects import Effects, Tried, posterior, widened
from perception.pose import Array
from training.boost import labels
from training.split import Mask

BOUNDS = [(-6.0, 3.0)] * 3  # logarithms of the variances
STEP = 1e-2  # of their logarithms, for differences
EVENTS = {"acquire": 0, "hold": 1}  # column of what is believed


@dataclass(frozen=True)
class Shared:
    """What tries of an item share of an event: effects, and nats by which a try surprises less, given the others."""

    effects: Effects
    nats: float


def item_effects(outcomes: NDArray[np.void], odds: Array, among: Mask) -> dict[str, Shared]:
    """What tries of an item share, by event.

    Variances are those by which each try of an item surprises least, given what came of the others: they are used for
    nothing else, and marginal likelihood by Laplace's approximation grows with them beyond all measure.

    Args:
        odds: (N, 4) that were believed by weights that had not seen the outcomes. among: mask (N,) of those that count.
    """
    return {event: _fitted(outcomes, odds, among, event) for event in EVENTS}


def _fitted(outcomes: NDArray[np.void], odds: Array, among: Mask, event: str) -> Shared:
    label, asked = labels(outcomes, event)
    believed = odds[:, EVENTS[event]]
    ways, places = np.char.add(outcomes["tool"], outcomes["skill"]), outcomes["T_base_tool"][:, :3, 3].astype(float)
    items = [Tried(believed[rows], ways[rows], places[rows], label[rows]) for rows in _items(outcomes, asked & among)]
    count = sum(len(item.odds) for item in items)

    def surprise(logarithms: Array) -> float:
        effects = Effects(*np.exp(logarithms))
        return sum(float(others_surprise(effects, item).sum()) for item in items) / max(count, 1)

    plain = surprise(np.full(3, -np.inf))
    best = minimize(surprise, np.zeros(3), method="L-BFGS-B", bounds=BOUNDS, options={"eps": STEP})
    return Shared(Effects(*(float(v) for v in np.exp(best.x))), plain - float(best.fun))


def others_surprise(effects: Effects, tried: Tried) -> Array:
    """Surprise in nats (N,) of each try of an item, given what came of the others.

    From one posterior of all (Vehtari et al., Bayesian leave-one-out cross-validation approximations for Gaussian
    latent variable models, JMLR 2016, section 3.4).
    """
    prior, margins = effects.covariance(tried.ways, tried.places, tried.ways, tried.places), effects.margins(tried.odds)
    found = posterior(margins, tried.succeeded, prior)
    explained = np.linalg.solve(found.factor, found.spread[:, None] * prior)
    variance = np.diag(prior) - (explained**2).sum(axis=0)
    without = variance / np.maximum(1 - variance * found.spread**2, 1e-9)
    margin = (margins + prior @ found.weights - without * found.weights) / widened(without)
    return np.asarray(np.logaddexp(0.0, -np.where(tried.succeeded, 1.0, -1.0) * margin))


def _items(outcomes: NDArray[np.void], asked: Mask) -> list[NDArray[np.int64]]:
    """Rows of the tries of each item in each look, of which the event is asked; of items that were tried again."""
    rows = np.flatnonzero(asked)
    _, of = np.unique(outcomes[["bin", "state", "views", "target"]][rows], return_inverse=True)
    order = np.argsort(of, kind="stable")
    groups = np.split(rows[order], np.flatnonzero(np.diff(of[order])) + 1)
    return [group for group in groups if len(group) > 1]
