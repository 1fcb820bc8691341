"""The learning curve: how surprising outcomes are that were never seen, by how many others were grown on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perception.pose import Array
from training.boost import odds_from
from training.metrics import surprise
from training.split import Mask, Split

SHARES = (0.0, 0.25, 0.5, 1.0)  # of the bins to grow on; 0 is what is grown on top of

Margins = Callable[[Mask], Array]  # margins (N, 4) of all outcomes, by what was grown on some of them (N,)


def curve(outcomes: NDArray[np.void], parts: Split, grow: Margins, seed: int, before: Array) -> list[dict[str, Any]]:
    """A point for each share of the bins of all folds but one, judged by that one and by families never seen.

    Margins are not calibrated.

    Args:
        before: odds (N, 4) by what is grown on top of.
    """
    known, check = next(parts.folds())
    bins = np.random.default_rng(seed).permutation(np.unique(outcomes["bin"][known]))
    points = []
    for share in SHARES:
        some = known & np.isin(outcomes["bin"], bins[: round(share * len(bins))])
        odds = odds_from(outcomes, 1 / (1 + np.exp(-grow(some)))) if some.any() else before
        judges = {"other bins": check, "never seen": parts.unseen}
        told = {name: dict(surprise(outcomes, odds, mask)) for name, mask in judges.items()}
        points.append({"outcomes": int(some.sum()), **told})
    return points
