"""Rates and their intervals by a paired cluster bootstrap.

What happens to one item of a bin depends on its neighbours, so a bin is a cluster: whole bins are drawn with
replacement, the same ones for every cell, within each suite (Davison & Hinkley, Bootstrap Methods and their
Application, sections 2.4 and 3.8). Intervals are the draws' percentiles.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from perception.pose import Array

COLUMNS = ("orders", "placed", "undamaged", "damaged", "seconds")
DRAWS = 4000
LEVEL = 0.95


@dataclass(frozen=True)
class Estimate:
    """A figure with its interval; NaN where it has none."""

    value: float
    low: float
    high: float


def draws(strata: Array, rng: np.random.Generator, count: int = DRAWS) -> Array:
    """How often each bin is drawn, shape (count, bins); the first row is the data as it is.

    strata: the suite of each bin, shape (bins,), integers.
    """
    weights = np.zeros((count + 1, len(strata)))
    weights[0] = 1
    for stratum in np.unique(strata):
        members = np.flatnonzero(strata == stratum)
        weights[1:, members] = rng.multinomial(len(members), np.full(len(members), 1 / len(members)), count)
    return weights


def rates(weights: Array, bins: Array) -> dict[str, Array]:
    """Rates of one cell for every draw, each of shape (draws,). bins: its (bins, COLUMNS)."""
    orders, placed, undamaged, damaged, seconds = (weights @ bins).T
    with np.errstate(divide="ignore", invalid="ignore"):
        return {
            "undamaged_units_per_hour": 3600 * undamaged / seconds,
            "units_per_hour": 3600 * placed / seconds,
            "damage_rate": damaged / orders,
            "success_rate": undamaged / orders,
        }


def estimate(values: Array, level: float = LEVEL) -> Estimate:
    """The first value, with the interval of the others; draws that say nothing (0 / 0) are left out."""
    drawn = np.sort(values[1:][~np.isnan(values[1:])])
    if np.isnan(values[0]) or len(drawn) == 0:
        return Estimate(float(values[0]), np.nan, np.nan)
    tails = (np.array([0.0, 1.0]) + (1 - level) / 2 * np.array([1, -1])) * (len(drawn) - 1)
    low, high = drawn[[int(np.floor(tails[0])), int(np.ceil(tails[1]))]]
    return Estimate(float(values[0]), float(low), float(high))


def damage_estimate(values: Array, orders: float, level: float = LEVEL) -> Estimate:
    """A damage rate. Where nothing was damaged every draw says 0, so the upper end is the exact one of no event in
    `orders` trials: 1 - (1 - level)^(1 / orders), about 3 / orders."""
    found = estimate(values, level)
    if found.value > 0 or orders < 1:
        return found
    return Estimate(0.0, 0.0, float(1 - (1 - level) ** (1 / orders)))


def against(own: dict[str, Array], reference: dict[str, Array]) -> dict[str, Estimate]:
    """One cell against the reference on the same bins: ratios of speed and damage, differences of shares."""
    with np.errstate(divide="ignore", invalid="ignore"):
        speed, damage = (own[name] / reference[name] for name in ("undamaged_units_per_hour", "damage_rate"))
    return {
        "speed_ratio": estimate(speed),
        "damage_ratio": estimate(damage),
        "damage_difference": estimate(own["damage_rate"] - reference["damage_rate"]),
        "success_difference": estimate(own["success_rate"] - reference["success_rate"]),
    }
