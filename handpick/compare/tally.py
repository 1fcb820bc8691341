"""What a comparison keeps of each bin."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from handpick.harm import HEADLINE, RuleSet
from handpick.outcome import Result
from handpick.record import BinRecord, RunRecord
from handpick.report.failures import by_cause, drag_seconds
from handpick.report.summary import bin_counts, events_by_cause


@dataclass(frozen=True)
class BinTally:
    """One bin's counts and seconds.

    Attributes:
        placed, undamaged: orders; damaged: items, ordered or not: by the rules of the headline.
        strictly_undamaged, strictly_damaged: the same by the strict ones.
        seconds: from the first look to the end of the last pick; seconds_to_last: to the last placement.
        causes, strict_causes: damage events by cause.
        failures, lost: picks that placed nothing and their seconds, by cause.
        stages: seconds by stage, summed over the placed picks. dragging: seconds of the picks that dragged items aside.
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
    lost: dict[str, float] = field(default_factory=dict)
    stages: dict[str, float] = field(default_factory=dict)
    dragging: float = 0.0
    strictly_undamaged: int = 0
    strictly_damaged: int = 0
    strict_causes: dict[str, int] = field(default_factory=dict)
    problem: str = ""


def tallies(run: RunRecord) -> list[BinTally]:
    """The bins that were done. A bin that the software failed in counts: its orders are missed."""
    return [tally(bin_) for bin_ in run.bins if not (bin_.cut or (run.interrupted and bin_.error))]


def tally(bin_: BinRecord) -> BinTally:
    """One bin's counts."""
    counts = bin_counts(bin_)
    outcomes = [pick.outcome for pick in bin_.picks]
    failures = by_cause(outcomes, bin_.seconds)
    stages: Counter[str] = Counter()
    for outcome in outcomes:
        if outcome.result is Result.PLACED:
            stages.update(outcome.stages)
    return BinTally(
        bin_.index,
        bin_.orders,
        counts["placed"],
        counts["placed_undamaged"],
        sum(bool(item.harm(HEADLINE)) for item in bin_.items),
        counts["dropped"],
        bin_.seconds,
        bin_.seconds_to_last,
        events_by_cause([event for event in bin_.ledger if event.under(HEADLINE)]),
        {cause: row["picks"] for cause, row in failures.items()},
        {cause: row["seconds"] for cause, row in failures.items()},
        {name: round(seconds, 6) for name, seconds in stages.items()},
        round(drag_seconds(outcomes), 6),
        bin_counts(bin_, RuleSet.STRICT)["placed_undamaged"],
        sum(bool(item.harm(RuleSet.STRICT)) for item in bin_.items),
        events_by_cause([event for event in bin_.ledger if event.under(RuleSet.STRICT)]),
        bin_.stopped or (bin_.error.splitlines()[-1] if bin_.error else ""),
    )
