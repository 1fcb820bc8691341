"""Which outcomes a model is grown on, calibrated on, and judged on: items and families never cross."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.errors import FamilyError

CALIBRATED, JUDGED = 0.2, 0.2  # shares of the bins
NEVER_SEEN = 2  # families that are held back altogether, drawn from those common enough to judge by
COMMON = 0.03  # share of all outcomes


@dataclass(frozen=True, eq=False)
class Split:
    """Masks over outcomes, each (N,): to grow on, to calibrate on, to judge on, and of families never seen."""

    grown: NDArray[np.bool_]
    calibrated: NDArray[np.bool_]
    judged: NDArray[np.bool_]
    unseen: NDArray[np.bool_]
    families: tuple[str, ...]  # never seen


def split(outcomes: NDArray[np.void], seed: int) -> Split:
    """Split by bins, whose items are each other's only neighbours, and by families.

    Raises:
        FamilyError: too few families or bins to hold any back.
    """
    rng = np.random.default_rng(seed)
    names, counts = np.unique(outcomes["family"], return_counts=True)
    common = names[(counts >= COMMON * len(outcomes)) & (names != b"")]
    if len(common) < NEVER_SEEN + 2:
        raise FamilyError(
            f"expected outcomes of {NEVER_SEEN + 2} common families at least, got {[n.decode() for n in common]}; "
            "generate more suites"
        )
    held_back = np.sort(rng.choice(common, NEVER_SEEN, replace=False))
    bins = rng.permutation(np.unique(outcomes["bin"]))
    if len(bins) < 5:
        raise FamilyError(f"expected outcomes of 5 bins at least, got {len(bins)}; generate more")
    calibrated, judged = (max(1, round(share * len(bins))) for share in (CALIBRATED, JUDGED))
    unseen = np.isin(outcomes["family"], held_back)
    of = lambda some: np.isin(outcomes["bin"], some) & ~unseen
    return Split(
        of(bins[calibrated + judged :]),
        of(bins[:calibrated]),
        of(bins[calibrated : calibrated + judged]),
        unseen,
        tuple(name.decode() for name in held_back),
    )
