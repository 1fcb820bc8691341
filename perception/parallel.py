"""Work shared between two cores: compiled code and large array operations run side by side, all else takes turns."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")

CORES = 2  # for which the time that a look may take is declared


def each(function: Callable[[A], B], values: Iterable[A]) -> list[B]:
    """`function` of each value, in their order; no call may write what another one reads. Raises what a call raises."""
    with ThreadPoolExecutor(CORES) as pool:
        return list(pool.map(function, values))


def shared(work: Callable[[int, int], None], count: int) -> None:
    """`work(first, last)` for every part of range(count), all at once. Raises what a part raises."""
    own, *others = pairwise(count * part // CORES for part in range(CORES + 1))
    with ThreadPoolExecutor(CORES - 1) as pool:
        running = [pool.submit(work, *part) for part in others]
        work(*own)
        for other in running:
            other.result()
