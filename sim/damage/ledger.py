"""The damage ledger: what broke, by how much, and what the limit was."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum


class Cause(str, Enum):
    """Why an item is damaged."""

    DROP = "drop"
    IMPACT = "impact"
    SQUEEZE = "squeeze"
    CREASE = "crease"
    FILM_STRESS = "film_stress"
    NEIGHBOUR_HIT = "neighbour_hit"
    TOPPLED = "toppled"
    LOST_OUTSIDE = "lost_outside"


class Severity(str, Enum):
    """A mark, or an item that cannot be sold. Both count as damage; reports tell them apart."""

    MINOR = "minor"
    MAJOR = "major"


@dataclass(frozen=True)
class DamageEvent:
    """One item damaged once. `figure` exceeded `threshold`, both in `unit`; `time` in seconds."""

    time: float
    item: int
    family: str
    cause: Cause
    figure: float
    threshold: float
    severity: Severity
    unit: str

    def worse_than(self, other: DamageEvent) -> bool:
        return (self.severity is Severity.MAJOR, self.figure) > (other.severity is Severity.MAJOR, other.figure)


class Ledger:
    """Damage events in order of time: one per item, cause and episode, the worst of each.

    Args:
        quiet: seconds without a further event after which an episode is over.
    """

    def __init__(self, quiet: float = 0.5) -> None:
        self._quiet = quiet
        self._events: list[DamageEvent] = []
        self._open: dict[tuple[int, Cause], tuple[int, float]] = {}  # index of the event, time last seen

    @property
    def events(self) -> tuple[DamageEvent, ...]:
        return tuple(sorted(self._events, key=lambda e: (e.time, e.item, e.cause.value)))

    @property
    def damaged(self) -> tuple[int, ...]:
        """Items with any event, ascending."""
        return tuple(sorted({event.item for event in self._events}))

    def record(self, event: DamageEvent) -> None:
        """Add an event, or let it worsen the episode that is still open."""
        key = (event.item, event.cause)
        index, last = self._open.get(key, (-1, -float("inf")))
        if event.time - last > self._quiet:
            index = len(self._events)
            self._events.append(event)
        elif event.worse_than(self._events[index]):
            self._events[index] = replace(event, time=self._events[index].time)
        self._open[key] = (index, event.time)
