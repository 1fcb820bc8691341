"""compare.json of a comparison over prices of damage: each robot's points, its frontier, and readings at equal share.

A robot that refuses damages nothing. So robots are compared where both place the same share of the orders: the most
that the reference places at any price.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from handpick.compare.figures import Bins, Results, about, drawn_bins, matrix, paired, plain
from handpick.compare.frontier import along, on_frontier
from handpick.compare.statistics import COLUMNS, LEVEL, Estimate, estimate, share_estimate
from handpick.compare.variants import Variant, at_price
from handpick.harm import HEADLINE, RuleSet
from perception.pose import Array

PLACED, CHARGED = COLUMNS.index("placed"), COLUMNS.index("charged")
HARM = {  # columns of what is damaged and what is placed undamaged, by the rules that judge it
    HEADLINE.value: (COLUMNS.index("damaged"), COLUMNS.index("undamaged")),
    RuleSet.STRICT.value: (COLUMNS.index("strictly_damaged"), COLUMNS.index("strictly_undamaged")),
}
HUNDRED = 100  # orders to which costs are told


@dataclass(frozen=True, eq=False)
class Curve:
    """A robot's figures per order for every draw of bins and every price, shape (draws, prices, COLUMNS)."""

    values: Array
    orders: int

    def share(self, column: int) -> Array:
        """A share of the orders, shape (draws, prices)."""
        return np.asarray(self.values[..., column])


def curves(
    results: Results,
    robots: Sequence[Variant],
    prices: Sequence[float],
    person: float,
    orders: int,
    interrupted: bool = False,
) -> dict[str, Any]:
    """The comparison as JSON data; undefined figures are null.

    Args:
        robots: that were asked for, the reference first. prices: of damage, at which each was run.
        person: seconds of a person's work on an item that is left.
    """
    pairs = paired(results, [at_price(robot, damage) for robot in robots for damage in prices])
    run = [robot for robot in robots if at_price(robot, prices[0]) in pairs.bins]
    suites = {}
    for name, keys in pairs.groups.items():
        weights = drawn_bins(keys)
        found = {r.key: curve([pairs.bins[at_price(r, d)] for d in prices], keys, weights) for r in run}
        suites[name] = rows(found, prices, person, len(keys))
    return {
        "prices": list(prices),
        "person_seconds": person,
        "reference": (run or robots)[0].key,
        "labels": {robot.key: robot.label for robot in run},
        "not_run": [robot.label for robot in robots if robot not in run],
        "suites": suites,
        **about(results, pairs, orders, interrupted),
    }


def curve(by_price: Sequence[Bins], keys: Sequence[tuple[str, int, int]], weights: Array) -> Curve:
    """A robot's curve over the bins that all have done. weights: how often each is drawn, shape (draws, bins)."""
    sums = np.stack([weights @ matrix(keys, bins) for bins in by_price], axis=1)
    return Curve(sums / sums[..., :1], int(sums[0, 0, 0]))


def rows(found: dict[str, Curve], prices: Sequence[float], person: float, bins: int) -> dict[str, dict[str, Any]]:
    """The figures of every robot, by its key; the first one is the reference."""
    reference, *_ = found.values()
    told = {}
    for key, own in found.items():
        told[key] = {"orders": own.orders, "bins": bins, "points": points(own, prices, person)}
        if own is not reference:
            told[key]["at_equal_share"] = {rules: at_equal_share(reference, own, rules, person) for rules in HARM}
            told[key]["cheapest"] = cheapest(reference, own, prices, person)
    return told


def points(own: Curve, prices: Sequence[float], person: float) -> list[dict[str, Any]]:
    """What a robot does at each price."""
    told = []
    for at, damage in enumerate(prices):
        values = own.values[:, at]
        told.append(
            {
                "price": damage,
                "placed_share": plain(share_estimate(values[:, PLACED], own.orders)),
                "cost": plain(estimate(cost(values, person))),
                "by_rules": {
                    rules: {
                        "damage_rate": plain(share_estimate(values[:, damaged], own.orders)),
                        "undamaged_units_per_hour": plain(estimate(hourly(values, rules))),
                        "on_frontier": bool(on_frontier(own.share(PLACED)[0], own.share(damaged)[0])[at]),
                    }
                    for rules, (damaged, _) in HARM.items()
                },
            }
        )
    return told


def at_equal_share(reference: Curve, own: Curve, rules: str, person: float) -> dict[str, Any]:
    """Both robots where they place the most that the reference places at any price. Where the other's frontier does not
    reach there, nothing is read off, and `from` and `to` say which shares it has."""
    damaged, _ = HARM[rules]
    share = reference.share(PLACED).max(axis=1)
    there = [along(c.values, c.share(PLACED), c.share(damaged), share) for c in (reference, own)]
    sides = [side(values, rules, person, reference.orders) for values in there]
    with np.errstate(divide="ignore", invalid="ignore"):
        damage, speed = there[0][:, damaged] / there[1][:, damaged], hourly(there[1], rules) / hourly(there[0], rules)
    front = on_frontier(own.share(PLACED)[0], own.share(damaged)[0])
    reach = own.share(PLACED)[0][front]
    return {
        "share": plain(share_estimate(share, reference.orders)),
        "from": round(float(reach.min()), 6),
        "to": round(float(reach.max()), 6),
        "overlap": round(float(np.isfinite(there[1][:, 0]).mean()), 6),
        "reference": sides[0],
        "own": sides[1],
        "damage_ratio": plain(settled(damage, estimate(damage))),
        "speed_ratio": plain(settled(speed, estimate(speed))),
    }


def side(values: Array, rules: str, person: float, orders: int) -> dict[str, Any]:
    """One robot's figures at the equal share. values: per order, shape (draws, COLUMNS)."""
    damage, speed, spent = values[:, HARM[rules][0]], hourly(values, rules), cost(values, person)
    return {
        "damage_rate": plain(settled(damage, share_estimate(damage, orders))),
        "undamaged_units_per_hour": plain(settled(speed, estimate(speed))),
        "cost": plain(settled(spent, estimate(spent))),
    }


def cheapest(reference: Curve, own: Curve, prices: Sequence[float], person: float) -> dict[str, Any]:
    """The price at which each robot costs least in all bins, and its cost there over the reference's."""
    spent = [cost(curve.values, person) for curve in (reference, own)]
    least = [int(costs[0].argmin()) for costs in spent]
    theirs, ours = (costs[:, at] for costs, at in zip(spent, least))
    return {
        "reference_price": prices[least[0]],
        "price": prices[least[1]],
        "reference_cost": plain(estimate(theirs)),
        "cost": plain(estimate(ours)),
        "ratio": plain(estimate(ours / theirs)),
    }


def cost(values: Array, person: float) -> Array:
    """Seconds of robot and person for a hundred orders, of figures per order (..., COLUMNS)."""
    return np.asarray(HUNDRED * (values[..., CHARGED] + person * (1 - values[..., PLACED])))


def hourly(values: Array, rules: str) -> Array:
    """Units placed undamaged in an hour, of figures per order (..., COLUMNS)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(3600 * values[..., HARM[rules][1]] / values[..., CHARGED])


def settled(values: Array, found: Estimate) -> Estimate:
    """An estimate, without an interval where too many draws have no such figure: the rest would be a choice of them."""
    if np.isnan(values).mean() > 1 - LEVEL:
        return Estimate(found.value, np.nan, np.nan)
    return found
