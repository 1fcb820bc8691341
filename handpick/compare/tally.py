"""What a comparison keeps of each bin."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from handpick.outcome import Result
from handpick.record import BinRecord, RunRecord
from handpick.report.summary import bin_counts


@dataclass(frozen=True)
class BinTally:
    """One bin's counts and seconds.

    Attributes:
        placed, undamaged: orders; damaged: items, ordered or not.
        seconds: from the first look to the end of the last pick; seconds_to_last: to the last placement.
        causes: damage events by cause. failures: failed picks by cause.
        stages: seconds by stage, summed over the placed picks; wasted: seconds of all other picks.
        problem: why the bin ended early, empty if it did not.
    """

    index: int
    orders: int
    placed: int
    undamaged: int
    damaged: int
    dropped: int
    seconds: float
    seconds_to_last: float
    causes: dict[str, int] = field(default_factory=dict)
    failures: dict[str, int] = field(default_factory=dict)
    stages: dict[str, float] = field(default_factory=dict)
    wasted: float = 0.0
    problem: str = ""


def tallies(run: RunRecord) -> list[BinTally]:
    """The bins that were done. A bin that the software failed in counts: its orders are missed."""
    return [tally(bin_) for bin_ in run.bins if not (bin_.cut or (run.interrupted and bin_.error))]


def tally(bin_: BinRecord) -> BinTally:
    """One bin's counts."""
    counts = bin_counts(bin_)
    stages: Counter[str] = Counter()
    wasted = 0.0
    for outcome in (pick.outcome for pick in bin_.picks):
        if outcome.result is Result.PLACED:
            stages.update(outcome.stages)
        else:
            wasted += outcome.ended - outcome.started
    return BinTally(
        bin_.index,
        bin_.orders,
        counts["placed"],
        counts["placed_undamaged"],
        sum(bool(item.severity) for item in bin_.items),
        counts["dropped"],
        bin_.seconds,
        bin_.seconds_to_last,
        dict(sorted(Counter(damage.cause for damage in bin_.ledger).items())),
        dict(sorted(Counter(p.outcome.cause for p in bin_.picks if p.outcome.cause).items())),
        {name: round(seconds, 6) for name, seconds in stages.items()},
        round(wasted, 6),
        bin_.stopped or (bin_.error.splitlines()[-1] if bin_.error else ""),
    )
