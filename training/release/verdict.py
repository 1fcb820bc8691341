"""Whether an update makes any group of looks worse, at a stated error rate over all groups together.

Were the new policy as good as the old one in every group, swapping the two in all looks of a bin would change nothing
but signs. So the bins' differences are given random signs, the same for all groups. In which share of these draws a
group loses as much is how surprising its loss is by itself; how surprising the most surprising group of a draw becomes
by chance is what that is held against (the minimum of p-values of Westfall & Young, Resampling-based multiple testing,
1993): a family in few bins counts as much as one in many. Bins are swapped whole, since what happens in one of them
hangs together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from perception.pose import Array
from training.metrics import interval
from training.release.pairs import Compared, Pairs
from training.split import Mask

ERROR = 0.05  # chance at most that an update which is as good in every group is refused
DRAWS = 10000
FEWEST = 5  # bins that differ, below which no signs are surprising
SAME = 1e-9  # looks, within which differences are equal
DAMAGE = "damage"  # of all looks: what broke, rather than what was placed


@dataclass(frozen=True)
class Group:
    """One group of looks.

    Attributes:
        looks, bins: how many. old, new: share placed undamaged (of DAMAGE: that damaged nothing).
        negative, positive: share of looks that only the old one, and that only the new one brings to that.
        low, high: interval of 95% of new - old, over bins. p: chance of such a loss in any group, were none worse.
            None: too few bins differ to say.
    """

    name: str
    looks: int
    bins: int
    old: float
    new: float
    negative: float
    positive: float
    low: float
    high: float
    p: float | None

    @property
    def regresses(self) -> bool:
        """Whether it is worse beyond chance."""
        return self.p is not None and self.p <= ERROR


def judged(found: Compared, rng: Generator) -> list[Group]:
    """All groups of looks: all, damage, families, and the rest."""
    parts = dict(_parts(found))
    chances = worse({name: part.by_bin(found.whole) for name, part in parts.items()}, rng)
    return [part.group(name, chances[name], rng) for name, part in parts.items()]


@dataclass(frozen=True, eq=False)
class _Part:
    """Looks of a group: whether old and new choice came out well, and their bins, (L,) each."""

    old: Mask
    new: Mask
    bins: NDArray[np.int64]

    def by_bin(self, whole: Pairs) -> Array:
        """Looks won less looks lost in each bin of all looks, (B,)."""
        names = np.unique(whole.bins)
        gain = self.new.astype(np.float64) - self.old
        return np.asarray(np.bincount(np.searchsorted(names, self.bins), gain, len(names)), np.float64)

    def group(self, name: str, p: float | None, rng: Generator) -> Group:
        a, b = self.old, self.new
        _, low, high = interval(b.astype(np.float64) - a, self.bins, rng)
        before, after, lost, won = (float(each.mean()) for each in (a, b, a & ~b, b & ~a))
        return Group(name, len(a), len(np.unique(self.bins)), before, after, lost, won, low, high, p)


def _parts(found: Compared) -> Iterator[tuple[str, _Part]]:
    whole = found.whole
    yield "all", _Part(whole.old_ok, whole.new_ok, whole.bins)
    yield DAMAGE, _Part(~whole.harmed(whole.old), ~whole.harmed(whole.new), whole.bins)
    for name, pairs in found.families.items():
        yield f"family: {name}", _Part(pairs.old_ok, pairs.new_ok, pairs.bins)
    for name, mask in whole.groups().items():
        yield name, _Part(whole.old_ok[mask], whole.new_ok[mask], whole.bins[mask])


def worse(sums: Mapping[str, Array], rng: Generator) -> dict[str, float | None]:
    """By group, the chance that the worst of all groups is as bad as this one by chance; from differences (B,)."""
    tested = {name: each for name, each in sums.items() if (each != 0).sum() >= FEWEST}
    if not tested:
        return dict.fromkeys(sums)
    lost = -np.column_stack(list(tested.values()))
    by_chance = rng.choice((-1.0, 1.0), (DRAWS, len(lost))) @ lost
    ranked = np.sort(by_chance, axis=0)
    share = lambda value, column: (1 + DRAWS - np.searchsorted(column, value - SAME, "left")) / (1 + DRAWS)
    own = [share(value, column) for value, column in zip(lost.sum(axis=0), ranked.T)]
    least = np.min([share(values, column) for values, column in zip(by_chance.T, ranked.T)], axis=0)
    found = {name: float((1 + (least <= p).sum()) / (1 + DRAWS)) for name, p in zip(tested, own)}
    return {name: found.get(name) for name in sums}
