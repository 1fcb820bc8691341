"""Depth and colour of one camera, paired by their stamps; what comes too late, too early or out of order is dropped."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Generic, TypeVar

Image = TypeVar("Image")

DEPTH, COLOR = "depth", "color"
KEPT = 4  # images of a kind that wait for their partner


@dataclass(frozen=True, eq=False)
class Pair(Generic[Image]):
    """Two images of one moment; color is None for a camera without colour. stamp: of the depth, seconds."""

    stamp: float
    depth: Image
    color: Image | None


class FramePairs(Generic[Image]):
    """Pairs the images of one camera.

    Args:
        colored: whether the camera has colour; without it every depth image is a pair by itself.
        slop: seconds by which the stamps of a pair may differ: half a period of 30 Hz.
        oldest: seconds of age from which an image is stale. early: seconds by which a stamp may lie ahead of the clock,
            as clocks of two machines differ, and as a simulated clock is told now and then.
    """

    def __init__(self, colored: bool = True, slop: float = 0.016, oldest: float = 0.5, early: float = 0.02) -> None:
        self.colored, self.slop, self.oldest, self.early = colored, slop, oldest, early
        self.dropped: Counter[str] = Counter()
        self._waiting: dict[str, list[tuple[float, Image]]] = {DEPTH: [], COLOR: []}
        self._newest = {DEPTH: float("-inf"), COLOR: float("-inf")}

    def add(self, kind: str, image: Image, stamp: float, now: float) -> Pair[Image] | None:
        """Take an image; the pair that it completes, if it does.

        Args:
            kind: DEPTH or COLOR.
            stamp: of exposure, seconds. now: of the same clock.
        """
        if why := self._unfit(kind, stamp, now):
            self.dropped[why] += 1
            return None
        self._newest[kind] = stamp
        if not self.colored:
            return Pair(stamp, image, None)
        self._waiting[kind].append((stamp, image))
        self._forget(kind, len(self._waiting[kind]) - KEPT)
        return self._paired(kind, stamp)

    def _unfit(self, kind: str, stamp: float, now: float) -> str:
        if not stamp > 0:
            return "without a stamp"
        if stamp > now + self.early:
            return "from the future"
        if now - stamp > self.oldest:
            return "stale"
        if self._newest[kind] > now + self.early:  # the clock was set back: what was newest says nothing any more
            self._newest[kind] = float("-inf")
            self._waiting[kind].clear()
        return "out of order" if stamp <= self._newest[kind] else ""

    def _paired(self, kind: str, stamp: float) -> Pair[Image] | None:
        other = COLOR if kind == DEPTH else DEPTH
        near = [i for i, (at, _) in enumerate(self._waiting[other]) if abs(at - stamp) <= self.slop]
        if not near:
            return None
        best = min(near, key=lambda i: abs(self._waiting[other][i][0] - stamp))
        found = {kind: self._waiting[kind][-1], other: self._waiting[other][best]}
        self._forget(other, best)
        self._forget(kind, len(self._waiting[kind]) - 1)
        for waiting in self._waiting.values():
            waiting.pop(0)
        return Pair(found[DEPTH][0], found[DEPTH][1], found[COLOR][1])

    def _forget(self, kind: str, count: int) -> None:
        """Drop the first `count` images that wait."""
        if count > 0:
            self.dropped["unpaired"] += count
            del self._waiting[kind][:count]
