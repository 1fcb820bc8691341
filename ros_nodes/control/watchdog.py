"""Watchdogs: who has not been heard of for too long, by a clock that nobody sets."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

Clock = Callable[[], float]


class Watchdog:
    """Expects a beat every `limit` seconds.

    Args:
        name: of what is expected, for messages. clock: seconds, never set back.
    """

    def __init__(self, name: str, limit: float, clock: Clock = time.monotonic) -> None:
        self.name, self.limit, self._clock = name, limit, clock
        self._heard: float | None = None

    def beat(self) -> None:
        self._heard = self._clock()

    @property
    def age(self) -> float:
        """Seconds since the last beat; infinity before the first."""
        return float("inf") if self._heard is None else self._clock() - self._heard

    @property
    def late(self) -> bool:
        return not self.age <= self.limit

    def __str__(self) -> str:
        if self._heard is None:
            return f"no {self.name} yet; does its node run?"
        return f"no {self.name} for {self.age:.2f} s, {self.limit:g} s at most are allowed"


def lateness(watchdogs: Iterable[Watchdog]) -> str:
    """Whatever is late, as one message; empty where nothing is."""
    return "; ".join(str(watchdog) for watchdog in watchdogs if watchdog.late)
