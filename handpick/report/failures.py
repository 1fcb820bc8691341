"""Why picks placed nothing, and where the seconds of the cell go: by cause and by skill."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from handpick.outcome import PickOutcome, Result

DRAG = "drag"
UNTOLD = "untold"


def by_cause(outcomes: Sequence[PickOutcome], spent: float) -> dict[str, dict[str, Any]]:
    """Picks that placed nothing, with their seconds and those as a share of all `spent`; the costliest cause first."""
    rows: dict[str, dict[str, Any]] = {}
    for outcome in outcomes:
        if outcome.result is not Result.PLACED:
            row = rows.setdefault(outcome.cause.value if outcome.cause else UNTOLD, {"picks": 0, "seconds": 0.0})
            row["picks"] += 1
            row["seconds"] += seconds(outcome)
    return shared(rows, spent)


def by_skill(outcomes: Sequence[PickOutcome], spent: float) -> dict[str, dict[str, Any]]:
    """Picks that were executed, those that placed an item, and their seconds; `lost` are those of the other picks."""
    rows: dict[str, dict[str, Any]] = {}
    for outcome in outcomes:
        if outcome.result is not Result.NOT_EXECUTED:
            placed = outcome.result is Result.PLACED
            row = rows.setdefault(skill_of(outcome), {"picks": 0, "placed": 0, "seconds": 0.0, "lost": 0.0})
            row["picks"] += 1
            row["placed"] += placed
            row["seconds"] += seconds(outcome)
            row["lost"] += 0.0 if placed else seconds(outcome)
    return shared(rows, spent)


def drag_seconds(outcomes: Sequence[PickOutcome]) -> float:
    """Seconds that go to dragging items aside, thinking and the way home included."""
    return sum(seconds(outcome) for outcome in outcomes if skill_of(outcome) == DRAG)


def skill_of(outcome: PickOutcome) -> str:
    """The way in which an item was moved."""
    return outcome.skill or (DRAG if outcome.result is Result.MOVED else UNTOLD)


def seconds(outcome: PickOutcome) -> float:
    return outcome.ended - outcome.started


def share(part: float, whole: float) -> float:
    return round(part / whole, 6) if whole > 0 else 0.0


def shared(rows: dict[str, dict[str, Any]], spent: float) -> dict[str, dict[str, Any]]:
    """Rows with their share of all seconds, rounded, in falling order of seconds."""
    for row in rows.values():
        row["share"] = share(row["seconds"], spent)
        row.update({name: round(row[name], 6) for name in ("seconds", "lost") if name in row})
    return dict(sorted(rows.items(), key=lambda row: (-row[1]["seconds"], row[0])))
