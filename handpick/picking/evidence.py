"""Whether new weights are worse than old ones, judged after every pick: valid at any time, however long one looks.

Each pick is decided by the new weights with a known probability, whatever lies in the bin. Were the new ones no worse,
no bet that they place less often could win in the mean: whoever bets on it, one unit at first, has more than 1/error
units at any time with a probability of `error` at most (Ville 1939). The bet of one pick is the likelihood of how it
ended, given who decided it, over that by the mean of both (Turner, Ly and Gruenwald, Generic E-variables for exact
sequential k-sample tests that allow for optional stopping, J. Stat. Plan. Inference 230, 2024). Its value is 1 in the
mean where both place equally often, however often that is at that moment, and less where the new ones place more.
Several bets, on different losses, share the unit.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import betaln

LOSSES = (0.1, 0.2, 0.3, 0.45, 0.6)  # of the share that is placed, that bets are on
ERROR = 0.05  # chance at most that weights which are no worse are rolled back, ever
BEFORE = 4.0, 1.0  # picks that are thought of as placed and not placed before the first one, to bet by
LEAST = 0.02  # share placed that no bet is below
INTERVAL, STEPS = 0.95, 2000  # of a share placed, and its parts that are asked for


@dataclass(frozen=True)
class Side:
    """Picks that one of two weights decided, and how many of these placed an item."""

    picks: int = 0
    placed: int = 0

    def after(self, placed: bool) -> Side:
        return Side(self.picks + 1, self.placed + placed)

    @property
    def expected(self) -> float:
        """The share placed that is bet on."""
        return (self.placed + BEFORE[0]) / (self.picks + sum(BEFORE))

    @property
    def span(self) -> tuple[float, float]:
        """An interval of the share placed that is valid at any time: of what a bet by a uniform mixture does not refute
        (Robbins 1970).
        """
        n, k = self.picks, self.placed
        if not n:
            return 0.0, 1.0
        floor = betaln(k + 1, n - k + 1) - np.log(1 / (1 - INTERVAL))
        grid = np.linspace(0, 1, STEPS + 1)[1:-1]
        kept = grid[k * np.log(grid) + (n - k) * np.log1p(-grid) > floor]
        low, high = float(kept[0]) - 1 / STEPS, float(kept[-1]) + 1 / STEPS
        return (0.0 if not k else low), (1.0 if k == n else high)


@dataclass(frozen=True)
class Evidence:
    """What picks so far tell.

    Attributes:
        share: of the picks, that the new weights decide.
        old, new: picks by either. logs: of what each bet on one of LOSSES has become.
        refuted: after how many picks the new ones were found to be worse; None: they were not.
    """

    share: float = 0.1
    old: Side = Side()
    new: Side = Side()
    logs: tuple[float, ...] = (0.0,) * len(LOSSES)
    refuted: int | None = None

    @property
    def value(self) -> float:
        """What one unit that was bet on the new weights being worse has become."""
        return float(np.exp(self.logs).mean())

    @property
    def worse(self) -> bool:
        return self.refuted is not None

    def after(self, new: bool, placed: bool) -> Evidence:
        """With one more pick, decided by the new weights or by the old ones."""
        logs = tuple(
            log + _bet(self.old.expected, loss, self.share, new, placed) for log, loss in zip(self.logs, LOSSES)
        )
        found = replace(self, logs=logs)
        found = replace(found, new=self.new.after(placed)) if new else replace(found, old=self.old.after(placed))
        if not self.worse and found.value >= 1 / ERROR:
            return replace(found, refuted=found.old.picks + found.new.picks)
        return found

    def after_all(self, picks: Iterable[tuple[bool, bool]]) -> Evidence:
        """With picks, each with who decided it and whether it placed, until the new weights are found to be worse."""
        found = self
        for new, placed in picks:
            found = found if found.worse else found.after(new, placed)
        return found


def _bet(expected: float, loss: float, share: float, new: bool, placed: bool) -> float:
    """Logarithm of what a bet on one loss becomes by one pick."""
    old_rate = max(expected, LEAST)
    new_rate = max(expected - loss, LEAST)
    mean = (1 - share) * old_rate + share * new_rate
    rate = new_rate if new else old_rate
    return float(np.log(rate / mean) if placed else np.log((1 - rate) / (1 - mean)))
