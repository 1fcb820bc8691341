"""Made-up records of runs."""

from __future__ import annotations

from grasping.tools import Tool
from handpick.outcome import Cause, PickOutcome, Result
from handpick.record import BinRecord, Damage, Fate, ItemRecord, PickRecord, RunRecord

CONFIG: dict[str, object] = {
    "suite": "mixed",
    "tools": "both",
    "eyes": "closed",
    "seed": 3,
    "declared": {"perceive": 0.3, "plan": 0.3},
}


def pick(bin_: int, index: int, result: Result = Result.PLACED, tool: Tool | None = Tool.PINCH) -> PickRecord:
    start = 4.0 * index
    released = start + 3.5 if result is Result.PLACED else None
    cause = None if result is Result.PLACED else Cause.NO_HOLD
    stages = {"perceive": 0.3, "plan": 0.3, "carry": 1.4}
    hidden = {"perceive": 0.2, "plan": 0.1}
    outcome = PickOutcome(index, result, tool, cause, start, start + 4.0, released, stages, 100.0 + index, 50.0, hidden)
    return PickRecord(bin_, outcome, index, "carton")


def bin_record(index: int, fates: str, orders: int) -> BinRecord:
    """One item a letter: p placed, d placed but damaged, x lost, l left."""
    kinds = {"p": Fate.PLACED, "d": Fate.PLACED, "x": Fate.DROPPED, "l": Fate.LEFT}
    items = tuple(
        ItemRecord(index, i, "carton", 0.3, kinds[f], *(["minor"] * 2 if f == "d" else ["", ""]))
        for i, f in enumerate(fates)
    )
    ledger = tuple(
        Damage(index, 1.0, i, "carton", "drop", 1.9, 1.7, "m/s", "minor", "minor")
        for i, f in enumerate(fates)
        if f == "d"
    )
    picks = tuple(pick(index, i, Result.PLACED if f in "pd" else Result.MISSED) for i, f in enumerate(fates))
    return BinRecord(index, orders, items, picks, ledger, 4.0 * len(fates), 4.0 * len(fates) - 0.5)


def run_record(*bins: BinRecord) -> RunRecord:
    return RunRecord(CONFIG, bins, "moderngl", 12.0)
