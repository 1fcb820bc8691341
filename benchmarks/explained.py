"""Adaptation by least squares beside fine-tuned trees: how good, how fast, which labels are wrong, and undone exactly.

    python -m benchmarks explained OUTCOMES... [--picks 300] [--splits 4] [--seed 0]

The site is that of `benchmarks adaptation`: a porous film on all items. Base weights are grown on half of the bins, the
site records picks of some of the others, and the rest judges. Fine-tuned: all trees stay, and as many more are grown on
the picks as a fifth of them held back asks for. A tenth of the labels is turned round: of these, so many are among the
fifth that is doubted most. Two sites are added, and one is taken out again.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import GradientBoostingClassifier

from benchmarks.adaptation import recorded, site_of
from benchmarks.support.tries import read_tries
from grasping.quality.learned import HEADS, Weights, inputs
from grasping.tools import Tool
from perception.pose import Array
from training.adapt import Head, Key, adapted, heads_of
from training.boost import DEPTH, INPUT_SHARE, SHARE, grown, labels
from training.linear import Sums, Units, linear
from training.picks import picks_of

FILM = 5e-8  # m^3/(s Pa)
RECORDS = 0.5  # share of the bins that weights were not grown on, that the site records
WRONG, FIRST = 0.1, 0.2  # shares of labels turned round, and of the ranking in which they are sought
SURE = 0.01  # that odds of who knows the site keep from 0 and 1
MOST, RATE = 60, 0.05  # trees that fine-tuning adds at most, and its rate


class Known:
    """Begins boosting with margins that are known, as scikit-learn wants it."""

    def __init__(self, margin: Array) -> None:
        self.margin = margin
        self.classes_ = np.array([False, True])

    def fit(self, x: Array, label: Array, sample_weight: Array | None = None) -> Known:
        return self

    def predict_proba(self, x: Array) -> Array:
        p = 1 / (1 + np.exp(-x[:, -1]))
        return np.column_stack([1 - p, p])


def tuned(head: Head, check: Head) -> Array:
    """Margins of `check` by more trees after the base ones, as many as a fifth of the picks held back asks for."""
    if min(head.label.sum(), (~head.label).sum()) < 8:
        return check.margin
    table = lambda some: np.column_stack([some.x, some.margin])
    model = GradientBoostingClassifier(
        init=Known(head.margin), n_estimators=MOST, learning_rate=RATE, max_depth=DEPTH, subsample=SHARE,
        max_features=INPUT_SHARE, min_samples_leaf=8, validation_fraction=0.2, n_iter_no_change=10, random_state=0,
    )  # fmt: skip
    model.fit(table(head), head.label)
    return np.asarray(model.decision_function(table(check)))


def base(outcomes: NDArray[np.void]) -> Weights:
    """Weights grown on outcomes, not calibrated."""
    x = inputs(outcomes["features"], outcomes["views"], outcomes["believed"])
    trees = {}
    for tool in Tool:
        for number, name in enumerate(HEADS):
            label, counts = labels(outcomes, name)
            some = counts & (outcomes["tool"] == tool.value.encode())
            trees[tool, name] = grown(x[some], label[some], number, 0)
    return Weights(trees)


def right(heads: dict[Key, Head], margins: dict[Key, Array]) -> tuple[float, float]:
    """Share of labels that margins tell rightly, and nats a label."""
    hits = np.concatenate([(margins[key] > 0) == head.label for key, head in heads.items()])
    nats = np.concatenate([np.logaddexp(0, np.where(h.label, -margins[k], margins[k])) for k, h in heads.items()])
    return float(hits.mean()), float(nats.mean())


def found_wrong(
    weights: Weights, outcomes: NDArray[np.void], film: float, bins: NDArray[np.int32], count: int,
    rng: np.random.Generator,
) -> tuple[float, float, float]:  # fmt: skip
    """Share of labels turned round that are among the fifth doubted most: by base weights, by least squares, and by who
    knows the film.
    """
    site = site_of(outcomes, film, rng)
    rows = np.flatnonzero(np.isin(outcomes["bin"], bins))
    rows = np.sort(rng.permutation(rows)[:count])
    picks, odds = picks_of(site.outcomes[rows]), np.clip(site.odds[rows], SURE, 1 - SURE)
    picks["known"][:, HEADS.index("damage")] = False
    turned = picks["known"] & (rng.random(picks["known"].shape) < WRONG)
    picks["happened"] ^= turned
    heads = heads_of(weights, picks)
    models, knows = linear(weights, heads), np.log(odds / (1 - odds))
    wrong = np.concatenate([turned[head.rows, HEADS.index(key[1])] for key, head in heads.items()])
    nats = lambda head, margin: np.logaddexp(0, np.where(head.label, -margin, margin))
    shares = []
    for doubts in (
        [nats(head, head.margin) for head in heads.values()],
        [models[key].doubts(head) for key, head in heads.items()],
        [nats(head, knows[head.rows, HEADS.index(key[1])]) for key, head in heads.items()],
    ):
        first = np.argsort(-np.concatenate(doubts), kind="stable")[: round(FIRST * len(wrong))]
        shares.append(float(wrong[first].sum() / wrong.sum()))
    return shares[0], shares[1], shares[2]


def undone(weights: Weights, one: NDArray[np.void], other: NDArray[np.void]) -> float:
    """By how much weights that had a site and gave it back differ from those that never had it, logits at most."""
    units, most = Units.of(weights), 0.0
    apart, both = heads_of(weights, one), heads_of(weights, np.concatenate([one, other]))
    theirs = heads_of(weights, other)
    for key, head in apart.items():
        left = Sums.of(both[key], units)
        if key in theirs:
            left = left - Sums.of(theirs[key], units)
        rows = units.columns(head.margin, head.x)
        most = max(most, float(np.abs(rows @ (left.solution - Sums.of(head, units).solution)).max()))
    return most


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--picks", type=int, default=300)
    parser.add_argument("--splits", type=int, default=4)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    outcomes = read_tries(options.folders)
    rows: list[list[float]] = []
    for number in range(options.splits):
        rng = np.random.default_rng([options.seed, number])
        rows.append(one_split(outcomes, options.picks, rng))
        print(f"split {number}: " + " ".join(f"{value:.4g}" for value in rows[-1]), flush=True)
    mean = np.mean(rows, axis=0)
    names = ("as shipped", "least squares", "least squares, as trees", "fine-tuned trees", "handpick train --from")
    for k, name in enumerate(names):
        told = f"{mean[3 * k]:.1%} of labels told rightly, {mean[3 * k + 1]:.3f} nats a label"
        print(f"{name:24}{told}, {1e3 * mean[3 * k + 2]:.1f} ms")
    at = 3 * len(names)
    for k, name in enumerate(("film", "no film")):
        by = mean[at + 3 * k : at + 3 * k + 3]
        told = f"{by[1]:.0%} by least squares, {by[0]:.0%} by the base weights, {by[2]:.0%} by who knows the site"
        print(f"{WRONG:.0%} of labels wrong, {name}: of these, among the {FIRST:.0%} doubted most: {told}")
    print(f"a site taken out again: {np.max(rows, axis=0)[-1]:.1e} logits from never having had it, at most")


def one_split(outcomes: NDArray[np.void], count: int, rng: np.random.Generator) -> list[float]:
    """All figures of one split of the bins."""
    bins = rng.permutation(np.unique(outcomes["bin"]))
    ours, rest = np.split(bins, [len(bins) // 2])
    records, judges = np.split(rest, [round(RECORDS * len(rest))])
    weights = base(outcomes[np.isin(outcomes["bin"], ours)])
    site = site_of(outcomes, FILM, rng)
    picks = recorded(site, records, count, 0.0, rng)
    facing = picks_of(site.outcomes[np.isin(site.outcomes["bin"], judges)])
    facing["known"][:, HEADS.index("damage")] = False
    heads, check = heads_of(weights, picks), heads_of(weights, facing)
    check = {key: head for key, head in check.items() if key in heads}
    timed: list[float] = []

    def judge(margins: dict[Key, Array], seconds: float) -> None:
        timed.extend([*right(check, margins), seconds])

    judge({key: head.margin for key, head in check.items()}, 0.0)
    began = time.perf_counter()
    models = linear(weights, heads)
    solved = {key: one.sums.solution for key, one in models.items()}
    taken = time.perf_counter() - began
    assert len(solved) == len(heads)
    judge({key: models[key].margins(head.margin, head.x) for key, head in check.items()}, taken)
    judge({key: models[key].of(weights.trees[key]).margin(head.x) for key, head in check.items()}, taken)
    began = time.perf_counter()
    by_trees = {key: tuned(heads[key], head) for key, head in check.items()}
    judge(by_trees, time.perf_counter() - began)
    began = time.perf_counter()
    after = adapted(weights, picks, 0)
    taken = time.perf_counter() - began
    judge({key: after.weights.trees[key].margin(head.x) for key, head in check.items()}, taken)
    other = recorded(site, judges, count, 0.0, rng)
    wrong = [found_wrong(weights, outcomes, film, records, count, rng) for film in (FILM, 0.0)]
    return [*timed, *wrong[0], *wrong[1], undone(weights, picks, other)]


if __name__ == "__main__":
    main()
