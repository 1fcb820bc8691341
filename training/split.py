"""Which outcomes a model is grown on, checked on, and judged on: bins and families never cross."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.suites import SUITES, suite_shares
from training.errors import FamilyError

FOLDS = 5  # parts of the bins, each of which a model that was grown on the others is checked on
HELD_BACK = 2  # common families that are never seen where there are none of the suite for that
COMMON = 0.03  # share of all outcomes
UNSEEN = "unseen"  # the suite whose families no other has

Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Split:
    """Masks over outcomes, (N,).

    Attributes:
        known: to grow and to check on. unseen: of families that are never grown or calibrated on. Others of bins that
            are mostly theirs are under neither.
        fold: 0 .. FOLDS - 1 by bin, (N,): rows of `known` are checked by what was grown on the other folds.
        families: never seen.
    """

    known: Mask
    unseen: Mask
    fold: NDArray[np.int64]
    families: tuple[str, ...]

    def folds(self) -> Iterator[tuple[Mask, Mask]]:
        """To grow on, and to check on, (N,) each."""
        for number in range(FOLDS):
            yield self.known & (self.fold != number), self.known & (self.fold == number)


def split(outcomes: NDArray[np.void], seed: int) -> Split:
    """Split by bins, whose items are each other's only neighbours, and by families.

    Raises:
        FamilyError: too few families or bins to hold any back.
    """
    rng = np.random.default_rng(seed)
    held_back = _held_back(outcomes, rng)
    unseen = np.isin(outcomes["family"], held_back)
    known = ~unseen & ~_mostly(outcomes["bin"], unseen)
    bins = rng.permutation(np.unique(outcomes["bin"][known]))
    if len(bins) < FOLDS:
        raise FamilyError(f"expected outcomes of {FOLDS} bins at least, got {len(bins)}; generate more")
    place = {number: i % FOLDS for i, number in enumerate(bins)}
    fold = np.array([place.get(number, 0) for number in outcomes["bin"]], np.int64)
    return Split(known, unseen, fold, tuple(name.decode() for name in held_back))


def _held_back(outcomes: NDArray[np.void], rng: np.random.Generator) -> NDArray[np.bytes_]:
    """The families that are never seen: those that only the suite for that has, else some that are common."""
    names, counts = np.unique(outcomes["family"], return_counts=True)
    common = names[(counts >= COMMON * len(outcomes)) & (names != b"")]
    ours = {name for suite in SUITES if suite != UNSEEN for name in suite_shares(suite)}
    strange = [name for name in names if name and name.decode() in suite_shares(UNSEEN) and name.decode() not in ours]
    left = [name for name in common if name not in strange]
    least = 2 if strange else HELD_BACK + 2
    if len(left) < least:
        raise FamilyError(
            f"expected outcomes of {least} common families at least besides those held back, got "
            f"{[n.decode() for n in left]}; generate more suites"
        )
    return np.array(strange) if strange else np.sort(rng.choice(common, HELD_BACK, replace=False))


def _mostly(bins: NDArray[np.int32], mask: Mask) -> Mask:
    """Outcomes of bins of whose outcomes more than half are under a mask, (N,)."""
    _, of = np.unique(bins, return_inverse=True)
    share = np.bincount(of, mask) / np.bincount(of)
    return np.asarray(share[of] > 0.5)
