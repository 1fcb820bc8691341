"""compare.json: rates with intervals by suite and cell or policy, on the bins that every one of them has done."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import numpy as np

from handpick.compare.statistics import COLUMNS, COUNTS, Estimate, against, draws, estimate, rates, share_estimate
from handpick.compare.tally import BinTally
from handpick.compare.variants import Trial, Variant
from handpick.harm import HEADLINE
from perception.pose import Array

Results = dict[Trial, list[BinTally]]
Bins = dict[tuple[str, int, int], tuple[BinTally, float]]  # by suite, seed and number: counts, charged seconds

ALL = "all"


def figures(results: Results, asked: Sequence[Variant], orders: int, interrupted: bool = False) -> dict[str, Any]:
    """The whole comparison as JSON data; undefined figures are null.

    asked: what was to be compared, the reference first.
    """
    pairs = paired(results, asked)
    variants = list(pairs.bins)
    reference = (variants or asked)[0]
    return {
        "reference": reference.key,
        "labels": {v.key: v.label for v in variants},
        "not_run": [v.label for v in asked if v not in variants],
        "suites": {name: group(keys, pairs.bins, reference) for name, keys in pairs.groups.items()},
        **about(results, pairs, orders, interrupted),
    }


@dataclass(frozen=True)
class Paired:
    """The bins of every cell that was run, and by suite and over all the keys of those that each of them has done."""

    bins: dict[Variant, Bins]
    groups: dict[str, list[tuple[str, int, int]]]
    unpaired: int


def paired(results: Results, asked: Sequence[Variant]) -> Paired:
    """Bins by cell, and those that can be compared."""
    bins = {v: charged(results, v) for v in asked if any(trial.variant == v for trial in results)}
    shared = sorted(set.intersection(*(set(b) for b in bins.values()))) if bins else []
    suites = list(dict.fromkeys(trial.suite for trial in results))
    groups = {suite: [key for key in shared if key[0] == suite] for suite in suites}
    if len(suites) > 1:
        groups[ALL] = shared
    unpaired = sum(len(b) for b in bins.values()) - len(shared) * len(bins)
    return Paired(bins, {name: keys for name, keys in groups.items() if keys}, unpaired)


def about(results: Results, pairs: Paired, orders: int, interrupted: bool) -> dict[str, Any]:
    """What was run, and what went wrong."""
    return {
        "orders_per_suite_and_seed": orders,
        "seeds": sorted({trial.seed for trial in results}),
        "rules": HEADLINE.value,
        "unpaired_bins": pairs.unpaired,
        "problems": [
            f"{trial.variant.label}, {trial.suite}, seed {trial.seed}, bin {bin_.index}: {bin_.problem}"
            for trial, kept in results.items()
            for bin_ in kept
            if bin_.problem
        ],
        "interrupted": interrupted,
        "version": version("handpick"),
    }


def charged(results: Results, variant: Variant) -> Bins:
    """A cell's bins with the seconds that are charged: of each run's last bin only those to its last placement."""
    found: Bins = {}
    for trial, kept in results.items():
        last = max((bin_.index for bin_ in kept), default=-1)
        if trial.variant == variant:
            for bin_ in kept:
                seconds = bin_.seconds_to_last if bin_.index == last else bin_.seconds
                found[trial.suite, trial.seed, bin_.index] = bin_, seconds
    return found


def group(
    keys: Sequence[tuple[str, int, int]], bins: dict[Variant, Bins], reference: Variant
) -> dict[str, dict[str, Any]]:
    """The figures of every cell on the same bins, by its key."""
    weights = drawn_bins(keys)
    drawn = {variant: rates(weights, matrix(keys, own)) for variant, own in bins.items()}
    rows = {}
    for variant, own in bins.items():
        row = {**counts([own[key] for key in keys]), **intervals(drawn[variant], matrix(keys, own))}
        if variant != reference and reference in drawn:
            versus = against(drawn[variant], drawn[reference])
            row["versus_reference"] = {name: plain(e) for name, e in versus.items()}
        rows[variant.key] = row
    return rows


def drawn_bins(keys: Sequence[tuple[str, int, int]]) -> Array:
    """How often each bin is drawn, shape (draws, bins): the same for every cell."""
    suites = sorted({key[0] for key in keys})
    return draws(np.array([suites.index(key[0]) for key in keys]), np.random.default_rng(0))


def matrix(keys: Sequence[tuple[str, int, int]], own: Bins) -> Array:
    """Bins as numbers, shape (bins, COLUMNS)."""
    found = (own[key] for key in keys)
    rows = [(*(getattr(b, name) for name in COUNTS), charged, b.dragging, b.seconds) for b, charged in found]
    return np.array(rows, dtype=np.float64).reshape(-1, len(COLUMNS))


def intervals(drawn: dict[str, Array], bins: Array) -> dict[str, Any]:
    found = {name: estimate(values) for name, values in drawn.items()}
    for name in ("damage_rate", "success_rate", "strict_damage_rate"):
        found[name] = share_estimate(drawn[name], float(bins[:, 0].sum()))
    return {name: plain(e) for name, e in found.items()}


def counts(bins: Sequence[tuple[BinTally, float]]) -> dict[str, Any]:
    """Sums over bins. Seconds, those of picks that placed nothing as well, are shared out over the placed items."""
    rows = [bin_ for bin_, _ in bins]
    sums = {name: sum(getattr(b, name) for b in rows) for name in (*COUNTS, "dropped")}
    seconds = sum(s for _, s in bins)
    stages = added(b.stages for b in rows)
    units = max(sums["placed"], 1)
    return {
        **sums,
        "bins": len(rows),
        "seconds": round(seconds, 3),
        "damage_by_cause": dict(sorted(added(b.causes for b in rows).items())),
        "strict_damage_by_cause": dict(sorted(added(b.strict_causes for b in rows).items())),
        "failures": dict(sorted(added(b.failures for b in rows).items())),
        "seconds_by_stage": {name: round(s / units, 6) for name, s in stages.items()},
        "seconds_by_cause": {name: round(s / units, 6) for name, s in added(b.lost for b in rows).items()},
    }


def added(parts: Any) -> Counter[str]:
    total: Counter[str] = Counter()
    for part in parts:
        total.update(part)
    return total


def plain(e: Estimate) -> dict[str, float | None]:
    """An estimate as JSON data."""
    return {k: round(v, 6) if np.isfinite(v) else None for k, v in dataclasses.asdict(e).items()}
