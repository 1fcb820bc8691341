"""A site whose items all wear a porous film: how much of what that costs do 300 of its own picks win back?

    python -m benchmarks.adaptation FOLDER [--picks 300] [--film 5e-8] [--splits 4] [--seed 0]

FOLDER holds outcomes as `handpick generate` writes them. Through the film each cup leaks so many m^3/(s Pa) more: what
it acquired and held is drawn anew, by the ratio of the odds of contact mechanics with and without that leak. Some bins
are the site's recordings, and `training.adapt` sees as many picks of them; all else is what the weights then face. Loss
is what shipped weights fall short there of shipped odds times that ratio: in surprise (nats a try, acquire, hold and
return), and in what choosing by them brings (units a look). Where adapted weights are refused, the shipped ones stay.
The same is done with a fifth of the labels turned round, and at a site without film, where nothing is to be won.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from grasping.candidates.table import Candidates
from grasping.quality.contact_quality import ContactQuality
from grasping.quality.learned import HEADS, Weights, shipped
from grasping.quality.worth import Stakes
from grasping.tools import Tool
from perception.pose import Array
from training.adapt import adapted
from training.boost import TIP
from training.card import odds_of
from training.metrics import looks_of, surprise, worth
from training.outcomes import read_folders
from training.picks import picks_of

SITE = 0.6  # share of the bins that the site records
WRONG = 0.2  # share of labels that are turned round
JUDGED = ("acquire", "hold", "return")  # a robot does not feel damage
LEAST = 1e-3  # odds below which a ratio says nothing


class Filmed(ContactQuality):
    """Contact mechanics where a film lets air through besides, m^3/(s Pa) for each cup."""

    def __init__(self, film: float) -> None:
        super().__init__()
        self._leak, self._soft_leak = self._leak + film, self._soft_leak + film


@dataclass(frozen=True, eq=False)
class Site:
    """Outcomes at a site, and odds (N, 4) of who knows it."""

    outcomes: NDArray[np.void]
    odds: Array


@dataclass(frozen=True)
class Loss:
    """Short of who knows the site: nats a try, and units a look."""

    surprise: float
    worth: float


def site_of(outcomes: NDArray[np.void], film: float, rng: Generator) -> Site:
    """What would have come of the same tries through a film."""
    rows, odds = outcomes.copy(), odds_of(shipped(), outcomes)
    cups = np.flatnonzero(rows["tool"] == Tool.SUCTION.value.encode())
    some = rows[cups]
    place = some["T_base_tool"].astype(np.float64), some["opening"].astype(np.float64)
    candidates = Candidates(Tool.SUCTION, np.zeros(len(some), np.int64), *place, some["features"])
    before, after = ContactQuality().odds(candidates), Filmed(film).odds(candidates)
    kept = np.clip(after / np.maximum(before, LEAST), 0, 1)
    felt = np.clip((after[:, 3] - before[:, 3]) / np.maximum(before[:, 1] - after[:, 1], LEAST), 0, 1)
    acquired, held, told = (rng.random((3, len(some))) < (kept[:, 0], kept[:, 1], felt)).astype(bool)
    lost = some["held"] & ~held
    some["returned"] = some["acquired"] & acquired & (some["returned"] | (lost & told))
    some["held"] &= acquired & held
    some["damage"] = np.where(acquired, some["damage"], 0)
    some["acquired"] &= acquired
    rows[cups] = some
    odds[cups, 3] = np.clip(odds[cups, 3] + odds[cups, 1] * (1 - kept[:, 1]) * felt, 0, 1)
    odds[cups, :2] *= kept[:, :2]
    return Site(rows, odds)


def loss(site: Site, odds: Array, among: NDArray[np.bool_]) -> Loss:
    """By odds (N, 4), over a mask (N,)."""
    looks = looks_of(site.outcomes, among)
    value = worth(site.outcomes)
    brought = lambda by: float(np.mean([value[look[np.argmax(Stakes().gains(by)[look])]] for look in looks]))
    nats = lambda by: sum(surprise(site.outcomes, by, among).get(head, 0.0) for head in JUDGED)
    return Loss(nats(odds) - nats(site.odds), brought(site.odds) - brought(odds))


def recorded(site: Site, bins: NDArray[np.int32], count: int, wrong: float, rng: Generator) -> NDArray[np.void]:
    """So many picks of some bins, as recordings tell of them, some labels turned round."""
    picks = picks_of(site.outcomes[np.isin(site.outcomes["bin"], bins)])
    picks = picks[np.sort(rng.permutation(len(picks))[:count])]
    picks["known"][:, HEADS.index("damage")] = False
    picks["happened"] ^= picks["known"] & (rng.random((len(picks), len(HEADS))) < wrong)
    return picks


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--picks", type=int, default=300)
    parser.add_argument("--film", type=float, default=5e-8, help="m^3/(s Pa)")
    parser.add_argument("--splits", type=int, default=4, help="of the bins, over which is averaged")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    outcomes = read_folders([options.folder])
    outcomes = outcomes[outcomes["skill"] != TIP]
    print(f"{len(outcomes)} tries in {len(np.unique(outcomes['bin']))} bins, {options.splits} splits of them; loss")
    print(f"{'':26}{'picks':>6}{'adapted':>9}{'nats: before':>14}{'after':>7}{'units: before':>15}{'after':>7}")
    for name, film, wrong in (
        ("film", options.film, 0.0),
        ("film, a fifth wrong", options.film, WRONG),
        ("no film", 0.0, 0.0),
        ("no film, a fifth wrong", 0.0, WRONG),
    ):
        tried = [split(outcomes, film, wrong, options.picks, [options.seed, n]) for n in range(options.splits)]
        report(name, tried, won=film > 0)


def split(
    outcomes: NDArray[np.void], film: float, wrong: float, count: int, seed: list[int]
) -> tuple[int, bool, Loss, Loss]:
    """How many picks were seen in one split of the bins, whether they adapted anything, and losses before and after."""
    rng = np.random.default_rng(seed)
    site = site_of(outcomes, film, rng)
    bins = rng.permutation(np.unique(outcomes["bin"]))
    ours = bins[: round(SITE * len(bins))]
    picks = recorded(site, ours, count, wrong, rng)
    found = adapted(shipped(), picks, seed=0)
    weights: Weights = found.weights if found.better else shipped()
    others = ~np.isin(outcomes["bin"], ours)
    before, after = (loss(site, odds_of(one, site.outcomes), others) for one in (shipped(), weights))
    return len(picks), found.better, before, after


def report(name: str, tried: list[tuple[int, bool, Loss, Loss]], won: bool) -> None:
    counts, better, before, after = zip(*tried)
    nats = [float(np.mean([one.surprise for one in each])) for each in (before, after)]
    units = [float(np.mean([one.worth for one in each])) for each in (before, after)]
    told = f"{np.mean(counts):6.0f}{sum(better):6}/{len(better)}{nats[0]:14.3f}{nats[1]:7.3f}"
    back = f"   won back {1 - nats[1] / nats[0]:.0%} and {1 - units[1] / units[0]:.0%}" if won else ""
    print(f"{name:26}{told}{units[0]:15.3f}{units[1]:7.3f}{back}", flush=True)


if __name__ == "__main__":
    main()
