"""Item effects: what the outcomes of some tries of an item say of another try of it.

An item seals, slips or opens more or less easily than its features tell. That is a latent value of each try, added to
the log odds, normal, and shared by tries of one item: in part by all, in part by those of one tool and skill, in part
by those at one site. After outcomes its posterior is Laplace's (Rasmussen and Williams, Gaussian Processes for Machine
Learning, 2006, algorithms 3.1 and 3.2).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perception.pose import Array

SITE = 0.03  # metres, the width of a cup and of a pad: grasps nearer to each other touch much the same surface
SURE = 0.02  # no try is believed to be less likely to succeed than this, or more likely than 1 less it
STEPS, NEAR = 30, 1e-9  # of Newton's method, and the gain in log likelihood at which it ends


@dataclass(frozen=True)
class Effects:
    """Variances of the latent value: of all tries of an item, of those of one tool and skill, of those at one site."""

    item: float
    way: float
    site: float

    @property
    def variance(self) -> float:
        return self.item + self.way + self.site

    def covariance(self, ways: NDArray, places: Array, other_ways: NDArray, other_places: Array) -> Array:
        """Between tries (N,) and others (M,) of one item, shape (N, M). places: of the tool, (., 3), metres."""
        apart = ((places[:, None] - other_places[None]) ** 2).sum(axis=-1)
        near = self.way + self.site * np.exp(-apart / (2 * SITE**2))
        return np.asarray(self.item + near * (ways[:, None] == other_ways[None]))

    def margins(self, odds: Array) -> Array:
        """Log odds (N,) given an average item, of which odds (N,) are the mean over all items (MacKay 1992)."""
        sure = np.clip(odds, SURE, 1 - SURE)
        return np.asarray(np.log(sure / (1 - sure)) * widened(self.variance))

    def updated(self, odds: float, way: object, place: Array, tried: Tried) -> float:
        """The probability that a try succeeds, which was `odds` before others of its item were tried."""
        if not len(tried.odds):
            return odds
        prior = self.covariance(tried.ways, tried.places, tried.ways, tried.places)
        found = posterior(self.margins(tried.odds), tried.succeeded, prior)
        alike = self.covariance(tried.ways, tried.places, np.array([way]), np.asarray(place)[None])[:, 0]
        explained = np.linalg.solve(found.factor, found.spread * alike)
        margin = float(self.margins(np.array([odds]))[0]) + float(alike @ found.weights)
        return float(1 / (1 + np.exp(-margin / widened(self.variance - float(explained @ explained)))))


@dataclass(frozen=True, eq=False)
class Tried:
    """Tries of an item: odds (N,) that were believed, tools with skills (N,), places (N, 3), what came of them (N,)."""

    odds: Array
    ways: NDArray
    places: Array
    succeeded: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Posterior:
    """Laplace's approximation. weights: K^-1 f at the mode f, (N,). spread: roots of the curvatures (N,). factor: lower
    Cholesky factor (N, N) of 1 + spread K spread."""

    weights: Array
    spread: Array
    factor: Array


def posterior(margins: Array, succeeded: NDArray[np.bool_], prior: Array) -> Posterior:
    """Of latent values (N,) of covariance `prior` (N, N), added to margins (N,), after successes and failures (N,)."""
    weights, reached = np.zeros(len(margins)), _height(np.zeros(len(margins)), margins, succeeded, prior)
    for _ in range(STEPS):
        spread, factor, towards = _newton(prior @ weights, margins, succeeded, prior)
        step = towards - weights
        while (height := _height(weights + step, margins, succeeded, prior)) < reached:
            step = step / 2
        weights, before, reached = weights + step, reached, height
        if reached - before < NEAR:
            break
    spread, factor, _ = _newton(prior @ weights, margins, succeeded, prior)
    return Posterior(weights, spread, factor)


def _newton(latent: Array, margins: Array, succeeded: NDArray[np.bool_], prior: Array) -> tuple[Array, Array, Array]:
    """Roots of the curvatures (N,) at latent values (N,), the factor (N, N), and the weights (N,) of a whole step."""
    chance = 1 / (1 + np.exp(-(latent + margins)))
    curvature = chance * (1 - chance)
    spread = np.sqrt(curvature)
    factor = np.asarray(np.linalg.cholesky(np.eye(len(margins)) + spread[:, None] * prior * spread))
    pull = curvature * latent + succeeded - chance
    return spread, factor, pull - spread * np.linalg.solve(factor.T, np.linalg.solve(factor, spread * (prior @ pull)))


def _height(weights: Array, margins: Array, succeeded: NDArray[np.bool_], prior: Array) -> float:
    """What the mode maximises, at the latent values prior @ weights: a whole step of Newton's may overshoot it."""
    latent = prior @ weights
    fit = -np.logaddexp(0.0, -np.where(succeeded, 1.0, -1.0) * (latent + margins)).sum()
    return float(fit - weights @ latent / 2)


def widened(variance: Array | float) -> Array:
    """By which a mean over normal latent values flattens log odds."""
    return np.asarray(np.sqrt(1 + np.pi / 8 * variance))
