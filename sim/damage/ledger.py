"""The damage ledger: what broke, by how much, and what the limit was."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from handpick.harm import HEADLINE, RuleSet


class Cause(str, Enum):
    """Why an item is damaged, or at risk."""

    DROP = "drop"
    IMPACT = "impact"
    CORNER = "corner"
    SQUEEZE = "squeeze"
    CREASE = "crease"
    FOLD = "fold"
    OVEROPENED = "overopened"
    OPENING = "opening"
    FILM_STRESS = "film_stress"
    NEIGHBOUR_HIT = "neighbour_hit"
    TOPPLED = "toppled"
    LOST_OUTSIDE = "lost_outside"
    BOW = "bow"


class Severity(str, Enum):
    """A mark, or an item that cannot be sold. Both count as damage; reports tell them apart."""

    MINOR = "minor"
    MAJOR = "major"


def worst(*severities: Severity | None) -> Severity | None:
    """The gravest of some severities, None where nothing was harmed."""
    return max(severities, key=gravity, default=None)


def gravity(severity: Severity | None) -> int:
    """0 for no harm, 1 for minor, 2 for major."""
    return 0 if severity is None else 1 + (severity is Severity.MAJOR)


@dataclass(frozen=True)
class DamageEvent:
    """Something that harms one item under one set of rules or both, or, under neither, puts it at risk.

    Attributes:
        time: seconds.
        figure, threshold: both in `unit`; the threshold is that of the strict rules, or of the risk.
        strict, practical: how grave it is under each set of rules, None where it does not count.
    """

    time: float
    item: int
    family: str
    cause: Cause
    figure: float
    threshold: float
    unit: str
    strict: Severity | None
    practical: Severity | None

    def under(self, rules: RuleSet) -> Severity | None:
        return self.strict if rules is RuleSet.STRICT else self.practical

    def worse_than(self, other: DamageEvent) -> bool:
        return self._rank > other._rank

    @property
    def _rank(self) -> tuple[int, int, float]:
        return gravity(self.practical), gravity(self.strict), self.figure


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
        """Items that are harmed under the rules of the headline, ascending."""
        return tuple(sorted({event.item for event in self._events if event.under(HEADLINE)}))

    def record(self, event: DamageEvent) -> None:
        """Add an event, or let it worsen the episode that is still open."""
        key = (event.item, event.cause)
        index, last = self._open.get(key, (-1, -float("inf")))
        if event.time - last > self._quiet:
            index = len(self._events)
            self._events.append(event)
        else:
            known = self._events[index]
            told = event if event.worse_than(known) else known
            strict, practical = worst(known.strict, event.strict), worst(known.practical, event.practical)
            self._events[index] = replace(told, time=known.time, strict=strict, practical=practical)
        self._open[key] = (index, event.time)
