"""Five updates with growing data: how many looks flip to the worse by each way of updating, and what success remains.

    python -m benchmarks updates OUTCOMES... [--splits 4] [--rounds 5] [--ways untreated,kept] [--seed 0]

Two fifths of the bins judge; of the others a sixth teaches the first weights, and each update adds another sixth. Each
update is judged against the policy before it, treated in the same way:

    untreated   grown anew on all outcomes so far
    distilled   drawn to the odds of before, most where they were right (focal distillation, Yan et al., CVPR 2021)
    averaged    the mean of the new and the former margins, half each
    kept        grown anew; a grasp of before is kept unless another promises enough more (handpick train --after)

Lost are looks that were placed undamaged before an update and are not after it, less what repeated tries show to be
lost by themselves. Intervals are by a bootstrap over bins. Weights are not calibrated.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.support.distill import distilled
from benchmarks.support.tries import read_tries
from grasping.quality.learned import MOST_BEFORE
from perception.pose import Array
from training.boost import boosted, odds_from
from training.metrics import looks_of, worth
from training.release.pairs import chosen, pairs_of
from training.release.replay import Replay, replay_of
from training.split import Mask, split

JUDGING = 0.4  # of the bins
DRAWS = 2000
Grow = Callable[[Mask, Array | None], Array]  # margins (N, 4) by some rows (N,), after margins of before


@dataclass(frozen=True, eq=False)
class Way:
    """A way of updating. grow: margins of one update. remembers: how many policies of before still choose."""

    grow: Grow
    remembers: int = 0


@dataclass(frozen=True, eq=False)
class Round:
    """One update judged in L looks: excess flips, success, damage and worth of the new policy, and the looks' bins."""

    flips: Array
    won: Array
    success: Array
    damage: Array
    worth: Array
    bins: NDArray[np.int64]


def ways(outcomes: NDArray[np.void], seed: int) -> dict[str, Way]:
    known: dict[int, Array] = {}  # by the number of outcomes

    def fresh(rows: Mask, old: Array | None) -> Array:
        if (count := int(rows.sum())) not in known:
            known[count] = boosted(outcomes, rows, seed)
        return known[count]

    after = lambda rows, old: fresh(rows, old) if old is None else distilled(outcomes, rows, old, seed)
    mean = lambda rows, old: fresh(rows, old) if old is None else (fresh(rows, old) + old) / 2
    return {"untreated": Way(fresh), "distilled": Way(after), "averaged": Way(mean), "kept": Way(fresh, MOST_BEFORE)}


def updated(outcomes: NDArray[np.void], way: Way, teaching: list[Mask], judging: Mask, replay: Replay) -> list[Round]:
    """All updates by one way, each against the one before."""
    looks, odds, rounds = looks_of(outcomes, judging), list[Array](), list[Round]()
    margins: Array | None = None
    before: NDArray[np.int64] | None = None
    for rows in teaching:
        margins = way.grow(rows, margins)
        odds.append(odds_from(outcomes, 1 / (1 + np.exp(-margins))))
        choice = chosen(odds[-way.remembers - 1 :], looks)
        if before is not None:
            pairs = pairs_of(outcomes, before, choice)
            chance = (replay.share or 0.0) / 2 * pairs.changed
            value, harmed = worth(outcomes)[choice], pairs.harmed(choice)
            rounds.append(Round(pairs.negative - chance, pairs.positive, pairs.new_ok, harmed, value, pairs.bins))
        before = choice
    return rounds


def parted(outcomes: NDArray[np.void], rounds: int, rng: np.random.Generator) -> tuple[list[Mask], Mask]:
    """What teaches each weights, and what judges. Families that `handpick train` never grows on teach nothing."""
    bins = rng.permutation(np.unique(outcomes["bin"]))
    judging, rest = np.split(bins, [round(JUDGING * len(bins))])
    ends = [round((k + 1) * len(rest) / (rounds + 1)) for k in range(rounds + 1)]
    known = ~split(outcomes, 0).unseen
    return [known & np.isin(outcomes["bin"], rest[:end]) for end in ends], np.isin(outcomes["bin"], judging)


def means(rounds: list[Round], name: str, weights: Array) -> Array:
    """Mean over looks of all rounds, for each draw of bins (D, B)."""
    top = bottom = np.zeros(len(weights))
    for each in rounds:
        sums = np.bincount(each.bins, np.asarray(getattr(each, name), float), weights.shape[1])
        top = top + weights @ sums
        bottom = bottom + weights @ np.bincount(each.bins, minlength=weights.shape[1])
    return np.asarray(top / bottom)


def report(found: dict[str, list[Round]], count: int, seed: int) -> None:
    """Means with intervals; ratios and differences against untreated ones, in the same draws of bins."""
    rng = np.random.default_rng(seed)
    weights = np.vstack([np.ones(count), rng.multinomial(count, np.full(count, 1 / count), DRAWS)]).astype(float)
    base = found["untreated"]
    print(f"\n{'':12}{'lost':>8}{'won':>8}{'of untreated':>22}{'good':>8}{'more, points':>22}{'worth':>8}{'more':>27}")
    for name, rounds in found.items():
        lost, success, value = (means(rounds, key, weights) for key in ("flips", "success", "worth"))
        ratio = span(lost / means(base, "flips", weights), ".2f")
        more = span(100 * (success - means(base, "success", weights)), "+.1f")
        gain = span(value - means(base, "worth", weights), "+.3f")
        won = means(rounds, "won", weights)[0]
        print(f"{name:12}{lost[0]:8.2%}{won:8.2%}{ratio:>22}{success[0]:8.1%}{more:>22}{value[0]:8.3f}{gain:>27}")
    print(
        "damaged: " + ", ".join(f"{name} {means(rounds, 'damage', weights)[0]:.1%}" for name, rounds in found.items())
    )


def span(values: Array, form: str) -> str:
    low, high = np.quantile(values[1:], (0.025, 0.975))
    return f"{values[0]:{form}} ({low:{form}} to {high:{form}})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--splits", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--ways", default="untreated,distilled,averaged,kept", help="untreated ones among them")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    outcomes = read_tries(options.folders)
    replay, found = replay_of(outcomes), defaultdict[str, list[Round]](list)
    low, high = replay.span
    print(f"{replay.differed} of {replay.repeats} repeated tries ended otherwise ({low:.1%} to {high:.1%})")
    for number in range(options.splits):
        teaching, judging = parted(outcomes, options.rounds, np.random.default_rng(options.seed + number))
        offered = ways(outcomes, options.seed)
        for name in options.ways.split(","):
            rounds = updated(outcomes, offered[name], teaching, judging, replay)
            found[name] += rounds
            lost, good = (np.mean([getattr(each, key).mean() for each in rounds]) for key in ("flips", "success"))
            print(f"split {number}  {name:12} lost {lost:.2%} an update, undamaged {good:.1%}", flush=True)
    report(dict(found), int(outcomes["bin"].max()) + 1, options.seed)


if __name__ == "__main__":
    main()
