"""The report of a run on a robot: what its own sensors told. Damage is for people to see, and is not counted here."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from handpick.outcome import PickOutcome, Result
from handpick.report.failures import by_cause, by_skill
from handpick.report.files import write_texts

COLUMNS = ("index", "result", "tool", "skill", "cause", "started", "ended", "released", "perceive_ms", "plan_ms")


def counters(picks: Sequence[PickOutcome]) -> dict[str, int]:
    """Picks by result, those that never happened too."""
    counts = Counter(pick.result.value for pick in picks)
    return {result.value: counts[result.value] for result in Result}


def run_report(picks: Sequence[PickOutcome], stops: Sequence[str]) -> dict[str, Any]:
    """Counts, rates, causes and seconds. Units are what the tool let go of over the destination."""
    spent = sum(pick.ended - pick.started for pick in picks)
    begun = min((pick.started for pick in picks), default=0.0)
    last = max((pick.released or 0.0 for pick in picks if pick.result is Result.PLACED), default=begun)
    placed = counters(picks)["placed"]
    return {
        "picks": len(picks),
        **counters(picks),
        "seconds": round(last - begun, 3),
        "units_per_hour": round(3600 * placed / (last - begun), 1) if last > begun else 0.0,
        "failures": by_cause(picks, spent),
        "by_skill": by_skill(picks, spent),
        "stops": list(stops),
    }


def write_run_report(picks: Sequence[PickOutcome], stops: Sequence[str], folder: Path) -> Path:
    """report.json and picks.csv. Raises OutputError: names where they are instead."""
    rows = io.StringIO()
    table = csv.writer(rows, lineterminator="\n")
    table.writerow(COLUMNS)
    table.writerows([_cell(getattr(pick, name)) for name in COLUMNS] for pick in picks)
    report = json.dumps(run_report(picks, stops), indent=2) + "\n"
    return write_texts({"report.json": report, "picks.csv": rows.getvalue()}, folder)


def _cell(value: object) -> object:
    value = getattr(value, "value", value)
    return "" if value is None else f"{value:.3f}" if isinstance(value, float) else value
