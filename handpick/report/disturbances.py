"""What came of the picks that were disturbed, beside the calm ones of the same run."""

from __future__ import annotations

from handpick.outcome import Result
from handpick.record import BinRecord, Disturbance, Fate, RunRecord

AFTER = 0.5  # s after a pick in which what it did may still break something
CALM = "none"
COLUMNS = ("orders", "placed", "undamaged", "stopped", "collisions")


def disturbance_at(bin_: BinRecord, time: float) -> str:
    """The disturbance of the pick in which something happened; empty if there was none."""
    return next((d.kind for d in bin_.disturbances if d.kind and d.time <= time < judged_until(bin_, d)), "")


def by_disturbance(run: RunRecord) -> dict[str, dict[str, int]]:
    """Picks by what disturbed them: how many, those placed in this pick, those that ended undamaged, stops, and
    collisions of the arm. Empty where nothing was to disturb the run."""
    rows: dict[str, dict[str, int]] = {}
    for bin_ in run.bins:
        stopped = {d.pick for d in bin_.disturbances if d.stopped}
        for d in bin_.disturbances:
            if not d.kind and d.pick - 1 in stopped:
                continue  # what such a pick meets was left to it by the stop
            row = rows.setdefault(d.kind or CALM, dict.fromkeys(COLUMNS, 0))
            row["orders"] += 1
            row["placed"] += any(p.outcome.index == d.pick and p.outcome.result is Result.PLACED for p in bin_.picks)
            row["undamaged"] += ended_undamaged(bin_, d)
            row["stopped"] += d.stopped
            row["collisions"] += sum(d.time <= c.time < d.ended for c in bin_.collisions)
    return dict(sorted(rows.items()))


def judged_until(bin_: BinRecord, d: Disturbance) -> float:
    """A moment after the pick; after a stop, the end of the next one: what was in the hand is in the hand still."""
    following = [p.outcome.ended for p in bin_.picks if p.outcome.index == d.pick + 1]
    return (following[0] if d.stopped and following else d.ended) + AFTER


def ended_undamaged(bin_: BinRecord, d: Disturbance) -> bool:
    """Whether nothing broke meanwhile, and the item came into the destination, be it by a later pick, before
    anything broke it."""
    placings = [p.outcome.ended for p in bin_.picks if p.item == d.item and p.outcome.result is Result.PLACED]
    until = max(placings, default=float("inf")) + AFTER
    breaks = [
        damage
        for damage in bin_.ledger
        if d.time <= damage.time < (until if damage.item == d.item else judged_until(bin_, d))
    ]
    arrived = any(item.item == d.item and item.fate is Fate.PLACED for item in bin_.items)
    return arrived and not breaks
