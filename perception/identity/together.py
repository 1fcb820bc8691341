"""What several items of one tote are, told together: what one of them is, no other can be.

The probabilities of who is who are those of belief propagation on the graph of items seen and names listed, which
converges (Williams and Lau, Approximate evaluation of marginal association probabilities with belief propagation,
IEEE Transactions on Aerospace and Electronic Systems 50, 2014).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perception.identity.answer import Answer, Calibration, Told, answered, listed_items
from perception.identity.belief import Fits, Weight, likelihood, ranked
from perception.identity.encoder import Vectors
from perception.identity.gallery import Gallery
from perception.identity.text import Words
from perception.pose import Array

HIDDEN = 0.2  # share of what a manifest lists that is not seen: covered, or not there at all
OTHERS = 0.1  # share of what is seen that no manifest lists
ROUNDS = 50  # of belief propagation, which settles in a few


@dataclass(frozen=True, eq=False)
class Seen:
    """An item that is seen: vectors of its views, shape (V, D), one at least; extents, metres, and weight; None: not
    measured. read: the words on some views; None: nobody has read them."""

    views: Vectors
    size: tuple[float, float, float] | None = None
    weight: Weight | None = None
    read: tuple[Words, ...] | None = None


def answers(gallery: Gallery, calibration: Calibration, seen: Sequence[Seen], manifest: Sequence[str]) -> list[Answer]:
    """What each of the items of one tote is.

    manifest: names of the items meant to be there, once each. Some may be wrong, and some may be missing.
    """
    listed = listed_items(gallery, manifest)
    likelihoods, fits = _likelihoods(gallery, calibration, seen)
    probability = shared_out(likelihoods, listed)
    found = []
    for row, one in enumerate(seen):
        belief = ranked(probability[row], fits[row], len(one.views))
        told = Told(True, one.size is not None, one.weight is not None, one.read is not None)
        found.append(answered(gallery, calibration, belief, told))
    return found


def shared_out(likelihood: Array, listed: NDArray[np.bool_]) -> Array:
    """Probability of each item of a gallery for each that is seen, shape (S, I); rows sum to 1.

    Args:
        likelihood: of what is seen for each item, shape (S, I). listed: which of them a manifest has, shape (I,).
    """
    other = likelihood.mean(axis=1, keepdims=True)  # of what is not listed: alike anything of the catalogue, or nothing
    names = np.flatnonzero(listed)
    odds = (1 - HIDDEN) / HIDDEN * likelihood[:, names] / other / (OTHERS * max(1, len(likelihood)))
    to_item = np.ones_like(odds)
    to_seen = odds
    for _ in range(ROUNDS):
        weighed = odds * to_item
        to_seen = odds / (1 + weighed.sum(axis=0, keepdims=True) - weighed)
        to_item = 1 / (1 + to_seen.sum(axis=1, keepdims=True) - to_seen)
    total = 1 + to_seen.sum(axis=1, keepdims=True)
    unlisted = likelihood * ~listed
    rest = unlisted.sum(axis=1, keepdims=True)
    spread = np.divide(unlisted, rest, out=np.zeros_like(unlisted), where=rest > 0)
    probability = spread / total
    probability[:, names] = to_seen / total
    return np.asarray(probability / probability.sum(axis=1, keepdims=True))


def _likelihoods(gallery: Gallery, calibration: Calibration, seen: Sequence[Seen]) -> tuple[Array, list[Fits]]:
    """Of what is seen for each item, up to a factor for each row, shape (S, I), and how items fit each."""
    logs: list[Array] = []
    fits: list[Fits] = []
    for one in seen:
        text = None if one.read is None else gallery.lexicon.likelihood(one.read, calibration.spelling)
        nearest = gallery.nearest(one.views)
        log, fit = likelihood(gallery, nearest, calibration.scale, one.size, one.weight, text)
        logs.append(log - log.max())
        fits.append(fit)
    return np.exp(np.array(logs).reshape(len(seen), len(gallery.items))), fits
