"""After how many picks a canary of worse weights is rolled back, and how often one of honest weights is.

    python -m benchmarks canary OUTCOMES... [--share 0.1] [--picks 200] [--trials 100] [--seed 0]

A third of the bins judges. Old weights are grown on half of the others, new ones on all of them. Each pick is a look of
a judging bin, drawn anew: old or new weights, by the share, choose among what was tried there, and what came of that is
what the robot feels. Planted: the new weights believe in grasps the wrong way round, of one tool or of both; or so many
of a hundred picks fail that the old ones would have placed. Twenty picks, a tenth of 200, tell little of a small loss.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from benchmarks.support.tries import read_tries
from grasping.quality.worth import Stakes
from grasping.tools import Tool
from handpick.picking.evidence import ERROR, Evidence
from perception.pose import Array
from training.boost import boosted, odds_from
from training.metrics import looks_of
from training.release.pairs import chosen

JUDGING, BEFORE = 1 / 3, 1 / 2  # shares of the bins that judge, and of the others that the old weights know
LOST = (30, 45, 60)  # points of a hundred by which less is placed
LONG = 10  # times as many picks that honest weights must stand


def turned(outcomes: NDArray[np.void], odds: Array, tools: frozenset[Tool], looks: list[NDArray[np.int64]]) -> Array:
    """The same odds, turned round among each look's tries by some tools."""
    found, gain = odds.copy(), Stakes().gains(odds)
    some = np.isin(outcomes["tool"], [tool.value.encode() for tool in tools])
    for look in looks:
        own = look[some[look]]
        order = own[np.argsort(gain[own])]
        found[order] = odds[order[::-1]]
    return found


def rolled_back(old: NDArray[np.bool_], new: NDArray[np.bool_], share: float, picks: int, rng: Generator) -> int | None:
    """After how many of so many picks, from what either weights place in looks (L,); None: not."""
    found = Evidence(share)
    for look, who in zip(rng.integers(0, len(old), picks), rng.random(picks) < share):
        found = found.after(bool(who), bool((new if who else old)[look]))
        if found.worse:
            return found.refuted
    return None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--share", type=float, default=0.1, help="of the picks that the new weights decide")
    parser.add_argument("--picks", type=int, default=200)
    parser.add_argument("--trials", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    outcomes, rng = read_tries(options.folders), np.random.default_rng(options.seed)
    bins = rng.permutation(np.unique(outcomes["bin"]))
    judging, rest = np.split(bins, [round(JUDGING * len(bins))])
    looks = looks_of(outcomes, np.isin(outcomes["bin"], judging))
    old, new = (
        odds_from(outcomes, 1 / (1 + np.exp(-boosted(outcomes, np.isin(outcomes["bin"], some), options.seed))))
        for some in (rest[: round(BEFORE * len(rest))], rest)
    )
    tools = {"honest": frozenset[Tool](), "cup the wrong way round": frozenset({Tool.SUCTION})}
    tools |= {"fingers the wrong way round": frozenset({Tool.PINCH}), "both": frozenset(Tool)}
    print(f"{len(looks)} looks of {len(judging)} bins; rolled back wrongly in {ERROR:.0%} of trials at most, ever")
    held = outcomes["held"]
    before = held[chosen([old], looks)]
    places = {name: held[chosen([turned(outcomes, new, some, looks)], looks)] for name, some in tools.items()}
    for points in LOST:
        spared = rng.random(len(looks)) >= points / 100 / before.mean()
        places[f"{points} points less"] = before & spared
    for name, placed in places.items():
        picks = LONG * options.picks if name == "honest" else options.picks
        ends = [rolled_back(before, placed, options.share, picks, rng) for _ in range(options.trials)]
        found = [end for end in ends if end is not None]
        when = f"half of them after {np.median(found):.0f} picks" if found else "none"
        rates = f"old weights place {before.mean():.0%}, new ones {placed.mean():.0%}"
        print(f"{name:28}{rates}: rolled back within {picks} in {len(found)} of {options.trials}; {when}", flush=True)


if __name__ == "__main__":
    main()
