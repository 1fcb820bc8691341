"""Rates and their intervals by a paired cluster bootstrap.

What happens to one item of a bin depends on its neighbours, so a bin is a cluster: whole bins are drawn with
replacement, the same ones for every cell, within each suite (Davison & Hinkley, Bootstrap Methods and their
Application, sections 2.4 and 3.8). Intervals are the draws' percentiles. Draws of a single bin, or draws that are all
alike, say nothing of how a figure varies: there it has no interval.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from perception.pose import Array

COUNTS = ("orders", "placed", "undamaged", "damaged", "strictly_undamaged", "strictly_damaged")
COLUMNS = (*COUNTS, "charged", "dragging", "seconds")  # of a bin; charged: seconds that count, of all that it took
DIFFERENCES = {
    "damage_difference": "damage_rate",
    "success_difference": "success_rate",
    "speed_difference": "units_per_hour",
    "undamaged_speed_difference": "undamaged_units_per_hour",
    "drag_difference": "drag_share",
}
DRAWS = 4000
LEVEL = 0.95


@dataclass(frozen=True)
class Estimate:
    """A figure with its interval; NaN where it has none."""

    value: float
    low: float
    high: float


def draws(strata: Array, rng: np.random.Generator, count: int = DRAWS) -> Array:
    """How often each bin is drawn, shape (count + 1, bins); the first row is the data as it is. There are no further
    rows where a suite has a single bin, which would be drawn every time.

    strata: the suite of each bin, shape (bins,), integers.
    """
    suites, sizes = np.unique(strata, return_counts=True)
    if (sizes < 2).any():
        return np.ones((1, len(strata)))
    weights = np.zeros((count + 1, len(strata)))
    weights[0] = 1
    for stratum in suites:
        members = np.flatnonzero(strata == stratum)
        weights[1:, members] = rng.multinomial(len(members), np.full(len(members), 1 / len(members)), count)
    return weights


def rates(weights: Array, bins: Array) -> dict[str, Array]:
    """Rates of one cell for every draw, each of shape (draws,). bins: its (bins, COLUMNS)."""
    sums = dict(zip(COLUMNS, (weights @ bins).T))
    orders, charged = sums["orders"], sums["charged"]
    with np.errstate(divide="ignore", invalid="ignore"):
        return {
            "undamaged_units_per_hour": 3600 * sums["undamaged"] / charged,
            "units_per_hour": 3600 * sums["placed"] / charged,
            "damage_rate": sums["damaged"] / orders,
            "success_rate": sums["undamaged"] / orders,
            "strictly_undamaged_units_per_hour": 3600 * sums["strictly_undamaged"] / charged,
            "strict_damage_rate": sums["strictly_damaged"] / orders,
            "drag_share": sums["dragging"] / sums["seconds"],
        }


def estimate(values: Array, level: float = LEVEL) -> Estimate:
    """The first value, with the interval of the others where they differ; draws of 0 / 0 are left out."""
    drawn = np.sort(values[1:][~np.isnan(values[1:])])
    if np.isnan(values[0]) or len(drawn) == 0 or drawn[0] == drawn[-1]:
        return Estimate(float(values[0]), np.nan, np.nan)
    tails = (np.array([0.0, 1.0]) + (1 - level) / 2 * np.array([1, -1])) * (len(drawn) - 1)
    low, high = drawn[[int(np.floor(tails[0])), int(np.ceil(tails[1]))]]
    return Estimate(float(values[0]), float(low), float(high))


def share_estimate(values: Array, orders: float, level: float = LEVEL) -> Estimate:
    """A share of orders. Where it is none or all of them every draw says the same, so the other end is the exact one
    of no such, or no other, event in `orders` trials: 1 - (1 - level)^(1 / orders), about 3 / orders, from there."""
    found = estimate(values, level)
    if found.value not in (0.0, 1.0) or len(values) < 2:
        return found
    reach = float(1 - (1 - level) ** (1 / orders))
    return Estimate(0.0, 0.0, reach) if found.value == 0 else Estimate(1.0, 1.0 - reach, 1.0)


def against(own: dict[str, Array], reference: dict[str, Array]) -> dict[str, Estimate]:
    """One cell against the reference on the same bins: ratios of speed and damage, differences of shares and speeds."""
    with np.errstate(divide="ignore", invalid="ignore"):
        speed, damage, strict_damage = (
            own[name] / reference[name] for name in ("undamaged_units_per_hour", "damage_rate", "strict_damage_rate")
        )
    return {
        "speed_ratio": estimate(speed),
        "damage_ratio": estimate(damage),
        "strict_damage_ratio": estimate(strict_damage),
        **{name: estimate(own[rate] - reference[rate]) for name, rate in DIFFERENCES.items()},
    }
