"""What came of the picks that were disturbed, beside the calm ones of the same run."""

from __future__ import annotations

from handpick.harm import HEADLINE
from handpick.outcome import Result
from handpick.record import BinRecord, Damage, Disturbance, Fate, RunRecord

AFTER = 0.5  # s after a pick in which what it did may still break something
REACTION = 0.3  # s: sooner nothing that sees at 10 Hz has seen it, answered, and brought the arm to rest
CALM = "none"
COLUMNS = ("orders", "placed", "undamaged", "recoverable", "recovered", "stopped", "collisions")


def disturbance_at(bin_: BinRecord, time: float) -> str:
    """The disturbance of the pick in which something happened; empty if there was none."""
    return next((d.kind for d in bin_.disturbances if d.kind and answers_at(d, time)), "")


def by_disturbance(run: RunRecord) -> dict[str, dict[str, int]]:
    """Picks by what disturbed them, those in which no item was at stake yet left out: how many, those placed in this
    pick, those that ended undamaged, those that could be recovered and were, stops, and collisions of the arm.

    A pick could be recovered where nothing was lost or broken within REACTION of the disturbance. Empty where nothing
    was to disturb the run.
    """
    rows: dict[str, dict[str, int]] = {}
    for bin_ in run.bins:
        for d in bin_.disturbances:
            row = rows.setdefault(d.kind or CALM, dict.fromkeys(COLUMNS, 0))
            row["stopped"] += d.stopped
            row["collisions"] += sum(d.time <= c.time < d.ended for c in bin_.collisions)
            if d.item is None:
                continue
            breaks = [damage.time for damage in broken(bin_, d)]
            harms = breaks if d.lost is None else [*breaks, d.lost]
            well, in_time = arrived(bin_, d) and not breaks, min(harms, default=float("inf")) >= d.time + REACTION
            row["orders"] += 1
            row["placed"] += any(p.outcome.index == d.pick and p.outcome.result is Result.PLACED for p in bin_.picks)
            row["undamaged"] += well
            row["recoverable"] += in_time
            row["recovered"] += well and in_time
    return dict(sorted(rows.items()))


def answers_at(d: Disturbance, time: float) -> bool:
    """Whether the pick has to answer for whatever breaks at a moment."""
    return d.time <= time < d.ended + AFTER


def arrived(bin_: BinRecord, d: Disturbance) -> bool:
    """Whether the item came into the destination, be it by a later pick; one that is disturbed anew answers then."""
    anew = any(later.item == d.item for later in later_ones(bin_, d))
    return anew or any(item.item == d.item and item.fate is Fate.PLACED for item in bin_.items)


def broken(bin_: BinRecord, d: Disturbance) -> list[Damage]:
    """What broke while the pick had to answer for it; the item itself until it was placed."""
    placings = [p.outcome.ended for p in bin_.picks if p.item == d.item and p.outcome.result is Result.PLACED]
    placed = max(placings, default=float("inf")) + AFTER
    others = later_ones(bin_, d)
    own = lambda damage: damage.item == d.item and d.time <= damage.time < placed
    anew = lambda damage: any(answers_at(other, damage.time) for other in others)
    return [e for e in bin_.ledger if e.under(HEADLINE) and (answers_at(d, e.time) or (own(e) and not anew(e)))]


def later_ones(bin_: BinRecord, d: Disturbance) -> list[Disturbance]:
    """What was disturbed after it."""
    return [other for other in bin_.disturbances if other.kind and other.pick > d.pick]
