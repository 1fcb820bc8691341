"""The progress of a run on the terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence

import numpy as np

from handpick.outcome import Result
from handpick.record import PickRecord


class Ticker:
    """Shows the progress of a run, pick by pick. bins: number and orders of each."""

    def __init__(self, bins: Sequence[tuple[int, int]], show: Callable[[str], None]) -> None:
        self.bins, self.show = bins, show
        self.orders = sum(orders for _, orders in bins)
        self.began = time.monotonic()
        self.counts = dict.fromkeys(Result, 0)

    def __call__(self, index: int, pick: PickRecord) -> None:
        self.counts[pick.outcome.result] += 1
        placed = self.counts[Result.PLACED]
        failed = self.counts[Result.MISSED] + self.counts[Result.DROPPED]
        elapsed, bin_ = time.monotonic() - self.began, self.bins[index][0]
        self.show(f"placed {placed} of {self.orders}, {failed} failed picks, bin {bin_ + 1}, {elapsed:.0f} s")


def terminal() -> Callable[[str], None]:
    """One line that is rewritten on a terminal, a line now and then elsewhere."""
    last = -np.inf

    def show(line: str) -> None:
        nonlocal last
        if sys.stderr.isatty():
            print(f"\r{line}\x1b[K", end="", file=sys.stderr, flush=True)
        elif time.monotonic() - last > 10:
            last = time.monotonic()
            print(line, file=sys.stderr, flush=True)

    return show
