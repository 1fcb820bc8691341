"""The hold as the tool's own sensors feel it: vacuum, finger gap and pad force."""

from __future__ import annotations

from dataclasses import dataclass, field

from perception.events import Event, EventKind
from perception.watch.intent import Hold, Sensors

WEAK = 0.6  # share of the hold's strength that a good one keeps
RUNNING = 2  # readings in a row without a hold
WEAKLY = 4  # readings in a row with a weak one: a hold that breaks passes through weakness at once
SURE = 0.99  # a sensor's noise is far smaller than what is told by it


@dataclass
class Feeling:
    """Follows the sensors from the time that the hold is there.

    A lost pump lets the vacuum ebb away, a seal that opens lets it go at once: between two readings of a few
    milliseconds. Fingers that go on closing tell nothing as long as they press: what is soft yields for a second.
    """

    hold: Hold
    _best: float = 0.0
    _weak: int = 0
    _gone: int = 0
    _told: set[EventKind] = field(default_factory=set)

    def feel(self, reading: Sensors) -> tuple[Event, ...]:
        """What this reading and those before it tell; each kind is told once."""
        gauge = reading.vacuum if self.hold.suction else reading.gap
        self._gone = self._gone + 1 if gauge < self.hold.least else 0
        share = self._share(reading)
        self._weak = self._weak + 1 if share < WEAK else 0
        if self._gone >= RUNNING:
            ebbed = self.hold.suction and self._weak - self._gone >= RUNNING
            kind = EventKind.PUMP_LOST if ebbed else EventKind.ITEM_LOST
        elif self._weak >= WEAKLY:
            kind = EventKind.GRASP_WEAK
        else:
            return ()
        if kind in self._told or EventKind.ITEM_LOST in self._told:
            return ()
        self._told.add(kind)
        return (Event(kind, SURE, reading.stamp, share=share, evidence=self._words(reading)),)

    def _share(self, reading: Sensors) -> float:
        """What is left of the hold, as a share of the best that it was."""
        if self.hold.suction:
            self._best = max(self._best, reading.vacuum)
            return reading.vacuum / max(self._best, 1.0)
        return min(reading.force / max(self.hold.force, 1e-9), 1.0)

    def _words(self, reading: Sensors) -> str:
        if self.hold.suction:
            return f"vacuum {reading.vacuum / 1e3:.0f} kPa, was {self._best / 1e3:.0f}"
        return f"fingers {1e3 * reading.gap:.1f} mm apart; pads {reading.force:.0f} N of {self.hold.force:.0f}"
