"""Evidence gathered over ticks, so that no single image raises an alarm."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.special import expit, log_ndtr, logit

PRIOR = float(logit(1e-3))  # log odds that something has just happened
MOST = 5.0  # log likelihood ratio that one tick may add or take: an alarm needs two
SURE = 0.9  # probability from which an event is told
SURER = 0.99  # the same of what can wait for one tick more: a third
SHARED = 6.0  # sampled pixels that count as one: they share their noise and the model's error


@dataclass
class Evidence:
    """The log odds of one hypothesis, a tick's likelihood ratio being bounded (a sequential test with a floor)."""

    odds: float = PRIOR

    def add(self, ratio: float) -> float:
        """Take a tick's log likelihood ratio; the probability that it is so."""
        self.odds = max(self.odds + float(np.clip(ratio, -MOST, MOST)), PRIOR)
        return self.probability

    @property
    def probability(self) -> float:
        return float(expit(self.odds))


@dataclass
class Ledger:
    """The evidence of all hypotheses, each by its key, and which of them were told already."""

    _kept: dict[object, Evidence] = field(default_factory=dict)
    _told: set[object] = field(default_factory=set)

    def sure(self, key: object, ratio: float, least: float = SURE) -> float | None:
        """Add a tick's log likelihood ratio; the probability once it is the least to tell, and only once."""
        probability = self._kept.setdefault(key, Evidence()).add(ratio)
        if probability < least or key in self._told:
            return None
        self._told.add(key)
        return probability


def share_ratio(hits: int, all_: int, calm: float, disturbed: float) -> float:
    """Log likelihood ratio of `hits` among `all_` pixels, each a hit with probability `disturbed` against `calm`."""
    misses = all_ - hits
    ratio = hits * np.log(disturbed / calm) + misses * np.log((1 - disturbed) / (1 - calm))
    return float(ratio / SHARED)


def count_ratio(hits: int, calm: float, disturbed: float) -> float:
    """Log likelihood ratio of `hits` pixels where `disturbed` are expected against `calm` (Poisson)."""
    return float((hits * np.log(disturbed / calm) - (disturbed - calm)) / SHARED)


def beyond_ratio(value: float, allowed: float, deviation: float) -> float:
    """Log odds that a quantity measured as `value`, with normal error, truly is greater than `allowed`."""
    z = (value - allowed) / deviation
    return float(log_ndtr(z) - log_ndtr(-z))
