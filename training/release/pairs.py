"""What two policies choose among what was tried of the same looks, and what came of both choices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from grasping.quality.keep import kept
from grasping.quality.learned import Weights
from grasping.quality.worth import Stakes
from perception.arrays import readonly
from perception.pose import Array
from training.card import odds_of
from training.errors import ReleaseError
from training.metrics import damaged, looks_of, unharmed
from training.split import Mask

BURDENED, HEMMED = 0.1, 0.5  # shares of an item's upper side and of its sides from which others are on and beside it


@dataclass(frozen=True, eq=False)
class Pairs:
    """L looks in which two policies chose among the same tries.

    Attributes:
        outcomes: of the looks' bins. old, new: the row that each policy chose, (L,).
        old_ok, new_ok: held to the end and nothing damaged, (L,). bins: of the looks, (L,).
    """

    outcomes: NDArray[np.void]
    old: NDArray[np.int64]
    new: NDArray[np.int64]
    old_ok: Mask
    new_ok: Mask
    bins: NDArray[np.int64]

    def __post_init__(self) -> None:
        count = (len(self.old),)
        for name, kind in (
            ("old", np.int64),
            ("new", np.int64),
            ("old_ok", bool),
            ("new_ok", bool),
            ("bins", np.int64),
        ):
            object.__setattr__(self, name, readonly(getattr(self, name), kind, count, f"pairs: {name}"))

    def __len__(self) -> int:
        return len(self.old)

    @property
    def negative(self) -> Mask:
        """Where the old one placed undamaged, and the new one does not, (L,)."""
        return np.asarray(self.old_ok & ~self.new_ok)

    @property
    def positive(self) -> Mask:
        """The other way round, (L,)."""
        return np.asarray(self.new_ok & ~self.old_ok)

    @property
    def changed(self) -> Mask:
        """Where they chose differently, (L,)."""
        return np.asarray(self.old != self.new)

    def harmed(self, rows: NDArray[np.int64]) -> Mask:
        """Whether choices damaged anything, (L,)."""
        return damaged(self.outcomes[rows])

    def groups(self) -> dict[str, Mask]:
        """Looks by what either choice was: by tool, how the item lay as it was seen, and number of cameras.

        Neither policy decides alone to which group a look belongs, so that swapping them changes no group.
        """
        found: dict[str, Mask] = {}
        for trait, words in traits(self.outcomes).items():
            old, new = words[self.old], words[self.new]
            for word in sorted(set(old) | set(new)):
                found[f"{trait}: {word}"] = np.asarray((old == word) | (new == word))
        return found


def traits(outcomes: NDArray[np.void]) -> Mapping[str, NDArray[np.str_]]:
    """By trait, a word (N,) for each outcome; families are apart, as `Compared` has them."""
    f = outcomes["features"]
    lies = np.where(f["burden"] >= BURDENED, "under others", np.where(f["wedged"] >= HEMMED, "hemmed in", "free"))
    return {
        "tool": np.array([name.decode() for name in outcomes["tool"]]),
        "lay": lies,
        "views": np.array([str(views) for views in outcomes["views"]]),
    }


def told_by(weights: Weights, outcomes: NDArray[np.void]) -> list[Array]:
    """Odds (N, 4) by weights, after those by what came before them."""
    return [odds_of(one, outcomes) for one in (*weights.before, weights)]


def chosen(odds: Sequence[Array], looks: list[NDArray[np.int64]]) -> NDArray[np.int64]:
    """The row that the last of odds (N, 4) choose of each look; those before them are the older ones."""
    told = np.array(odds)
    gain = Stakes().gains(told)
    return np.array([look[kept(told[:, look], gain[:, look])] for look in looks], np.int64)


@dataclass(frozen=True, eq=False)
class Compared:
    """Two policies in the same looks.

    Attributes:
        whole: their choices among all that was tried of a look. families: among what was tried of items of one family,
            where that is more than one grasp: as if the bin held nothing else, as it does in the end.
    """

    whole: Pairs
    families: Mapping[str, Pairs]


def compared(outcomes: NDArray[np.void], old: Sequence[Array], new: Sequence[Array], among: Mask) -> Compared:
    """Two policies by their odds (N, 4), those of weights from before first, in looks under a mask (N,).

    Raises:
        ReleaseError: there is no look with a choice.
    """
    looks = looks_of(outcomes, among)
    if not looks:
        raise ReleaseError("expected outcomes of looks in which several grasps were tried, got none; generate more")
    choose = lambda some: pairs_of(outcomes, chosen(old, some), chosen(new, some))
    names = [name for name in np.unique(outcomes["family"][among]) if name]
    restricted = {name.decode(): looks_of(outcomes, among & (outcomes["family"] == name)) for name in names}
    return Compared(choose(looks), {name: choose(some) for name, some in restricted.items() if some})


def pairs_of(outcomes: NDArray[np.void], old: NDArray[np.int64], new: NDArray[np.int64]) -> Pairs:
    """Pairs of the rows that two policies chose, (L,) each."""
    ok = unharmed(outcomes)
    return Pairs(outcomes, old, new, ok[old], ok[new], outcomes["bin"][old])
