"""Whether a check of new weights catches one family made worse, and lets honest improvements through.

    python -m benchmarks releases OUTCOMES... [--trials 20] [--points 10,20,30] [--seed 0]

In each trial the bins are parted anew: half of them judge, of the others a third teaches the old weights and all teach
the new ones. Honest: these two are compared. Planted: of one common family, another in each trial, the new policy takes
a grasp that fails for one that works in as many of its looks as cost the family so many points of a hundred (by choices
among its own tries), on top of what the update brings. Passed over are families that cannot lose as much, since too few
of their looks have another grasp that would fail, and those in too few bins. Weights are not calibrated.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from benchmarks.support.tries import read_tries
from grasping.quality.worth import Stakes
from perception.pose import Array
from training.boost import boosted, odds_from
from training.metrics import looks_of, unharmed
from training.release.pairs import Compared, compared
from training.release.verdict import Group, judged
from training.split import Mask

JUDGING, BEFORE = 0.5, 0.33  # shares of the bins, and of those that are left, that judge, and that the old weights know
BINS = 12  # judging bins, below which no family is made worse
COMMON, WORKS = 0.03, 0.3  # shares of the outcomes, and of a family's tries that succeed, from which it is made worse


@dataclass(frozen=True, eq=False)
class Trial:
    """Odds (N, 4) of old and new weights, and the outcomes that judge them."""

    outcomes: NDArray[np.void]
    old: Array
    new: Array
    judging: Mask

    def against(self, new: Array) -> Compared:
        return compared(self.outcomes, [self.old], [new], self.judging)


def trial_of(outcomes: NDArray[np.void], rng: Generator, seed: int) -> Trial:
    bins = rng.permutation(np.unique(outcomes["bin"]))
    judging, teaching = np.split(bins, [round(JUDGING * len(bins))])
    first = teaching[: round(BEFORE * len(teaching))]
    odds = [
        odds_from(outcomes, 1 / (1 + np.exp(-boosted(outcomes, np.isin(outcomes["bin"], some), seed))))
        for some in (first, teaching)
    ]
    return Trial(outcomes, odds[0], odds[1], np.isin(outcomes["bin"], judging))


def spoiled(trial: Trial, family: bytes, points: float, rng: Generator) -> Array:
    """The new odds, of which those of a grasp of the family that works and of one that fails change places, in as many
    of its looks as cost it so many points of a hundred.
    """
    odds, (may, count) = trial.new.copy(), losable(trial, family)
    for number in rng.permutation(len(may))[: round(points / 100 * count)]:
        odds[list(may[number])] = odds[list(may[number][::-1])]
    return odds


def losable(trial: Trial, family: bytes) -> tuple[list[tuple[int, int]], int]:
    """Of each look of a family where the new choice among its tries works and another would fail: both; and how many
    looks there are of it.
    """
    ok, gain = unharmed(trial.outcomes), Stakes().gains(trial.new)
    looks = looks_of(trial.outcomes, trial.judging & (trial.outcomes["family"] == family))
    best = [int(look[np.argmax(gain[look])]) for look in looks]
    found = [(row, int(look[~ok[look]][0])) for row, look in zip(best, looks) if ok[row] and not ok[look].all()]
    return found, len(looks)


def may_lose(trial: Trial, family: bytes, points: float) -> bool:
    """Whether a family can lose so many points, and lies in bins enough."""
    may, count = losable(trial, family)
    bins = np.unique(trial.outcomes["bin"][trial.judging & (trial.outcomes["family"] == family)])
    return len(bins) >= BINS and len(may) >= points / 100 * count


def tell(name: str, groups: Sequence[Group], family: str) -> bool:
    """Print one check, and what became of a family; whether it refuses."""
    whole, worse = groups[0], [group.name for group in groups if group.regresses]
    own = next(group for group in groups if group.name == f"family: {family}")
    shares = f"{whole.old:6.1%} -> {whole.new:6.1%}; {family}: {own.old:4.0%} -> {own.new:4.0%}"
    looks = f"of {own.looks} looks in {own.bins} bins"
    print(f"  {name:12}{shares} {looks}; worse: {', '.join(worse) or '-'}", flush=True)
    return bool(worse)


def plantable(outcomes: NDArray[np.void]) -> list[bytes]:
    """Families that are common, and of which enough tries succeed to be made worse."""
    ok, found = unharmed(outcomes), []
    for name in np.unique(outcomes["family"]):
        own = outcomes["family"] == name
        if name and own.mean() >= COMMON and ok[own].mean() >= WORKS:
            found.append(name)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--points", default="10,20,30", help="of a hundred, by which a family is made worse")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    outcomes = read_tries(options.folders)
    families = plantable(outcomes)
    losses = [float(points) for points in options.points.split(",")]
    passed, caught, named = 0, Counter[float](), Counter[float]()
    for number in range(options.trials):
        rng = np.random.default_rng([options.seed, number])
        trial = trial_of(outcomes, rng, number)
        turn = [families[(number + k) % len(families)] for k in range(len(families))]
        family = next(name for name in turn if may_lose(trial, name, max(losses)))
        print(f"trial {number}", flush=True)
        passed += not tell("honest", judged(trial.against(trial.new), rng), family.decode())
        for points in losses:
            groups = judged(trial.against(spoiled(trial, family, points, rng)), rng)
            caught[points] += tell(f"-{points:g} points", groups, family.decode())
            named[points] += any(group.regresses and group.name == f"family: {family.decode()}" for group in groups)
    print(f"honest improvement: passes in {passed} of {options.trials}")
    for points, count in caught.items():
        told = f"refused in {count} of {options.trials} trials, the family named in {named[points]}"
        print(f"one family made worse by {points:g} points of a hundred: {told}")


if __name__ == "__main__":
    main()
