"""The comparison as the terminal shows it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from handpick.compare.figures import ALL

FEW = 10  # bins

COLUMNS = (
    *("cell", "orders", "bins", "undamaged/h", "x reference", "damaged", "x reference", "undamaged"),
    *("strictly damaged", "strictly undamaged/h", "dragging"),
)
POLICY_COLUMNS = (
    *("policy", "orders", "bins", "placed undamaged", "more", "damaged", "more", "units/h", "more"),
    *("undamaged/h", "more", "dragging", "more"),
)
SHARE, SPEED = ("{:.1%}", "{:+.1%}"), ("{:.0f}", "{:+.0f}")  # how a figure and a difference are written
COMPARED = (
    ("success_rate", "success_difference", SHARE),
    ("damage_rate", "damage_difference", SHARE),
    ("units_per_hour", "speed_difference", SPEED),
    ("undamaged_units_per_hour", "undamaged_speed_difference", SPEED),
    ("drag_share", "drag_difference", SHARE),
)


def table(summary: dict[str, Any]) -> str:
    """A block of lines for each suite: rates with 95% intervals."""
    columns, line = (POLICY_COLUMNS, policy_line) if summary["compared"] == "policies" else (COLUMNS, cell_line)
    lines = []
    for suite, rows in summary["suites"].items():
        cells = [columns, *(line(summary["labels"][key], row) for key, row in rows.items())]
        lines += ["", "all suites" if suite == ALL else suite, *aligned(cells)]
    lines += ["", *(f"  {note}" for note in notes(summary))]
    return "\n".join(lines)


def cell_line(label: str, row: dict[str, Any]) -> tuple[str, ...]:
    """One cell's figures, by column."""
    versus = row.get("versus_reference", {})
    return (
        *(label, str(row["orders"]), str(row["bins"])),
        *(span(row["undamaged_units_per_hour"], "{:.0f}"), span(versus.get("speed_ratio"), "{:.2f}")),
        *(span(row["damage_rate"], "{:.1%}"), span(versus.get("damage_ratio"), "{:.2f}")),
        *(span(row["success_rate"], "{:.1%}"), span(row["strict_damage_rate"], "{:.1%}")),
        *(span(row["strictly_undamaged_units_per_hour"], "{:.0f}"), span(row["drag_share"], "{:.1%}")),
    )


def policy_line(label: str, row: dict[str, Any]) -> tuple[str, ...]:
    """One policy's figures, and by how much each is more than the reference's on the same bins, by column."""
    versus = row.get("versus_reference")
    told = [label, str(row["orders"]), str(row["bins"])]
    for rate, difference, (figure, more) in COMPARED:
        told += [span(row[rate], figure), span(versus[difference], more) if versus else ""]
    return tuple(told)


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines of columns as wide as what stands in them, the first to the left, two spaces apart."""
    widths = [max(map(len, column)) for column in zip(*rows)]
    return ["  " + "  ".join([r[0].ljust(widths[0]), *map(str.rjust, r[1:], widths[1:])]) for r in rows]


def span(e: dict[str, float | None] | None, form: str) -> str:
    """A figure and its interval, where it has one; a dash for what is undefined, 1 for the reference's own ratio."""
    if e is None:
        return "1"
    value, low, high = ("-" if e[name] is None else form.format(e[name]) for name in ("value", "low", "high"))
    return value if low == high == "-" else f"{value} ({low.rstrip('%')} to {high.rstrip('%')})"


def notes(summary: dict[str, Any]) -> list[str]:
    """What a reader must know beside the figures."""
    bins = [row["bins"] for name, rows in summary["suites"].items() for row in rows.values() if name != ALL]
    found = [f"Damage is counted by the {summary['rules']} rules; `strictly`: by the strict ones (docs/harm.md)."]
    if max(bins, default=0) > 1:
        found.append("Intervals: 95%, from whole bins drawn anew, the same ones in every line.")
    if 1 in bins:
        found.append("No intervals where a suite has one bin only: that says nothing of how bins differ.")
    if any(1 < count < FEW for count in bins):
        found.append(f"Intervals of fewer than {FEW} bins are too narrow to be trusted.")
    if summary["interrupted"]:
        found.append("Interrupted: the figures are of the bins that were done; the same command goes on from there.")
    if summary["not_run"]:
        found.append(f"Not run: {'; '.join(summary['not_run'])}.")
    if summary["unpaired_bins"]:
        found.append(f"{summary['unpaired_bins']} bins were not done in every line and are left out.")
    if summary["problems"]:
        found.append(f"{len(summary['problems'])} bins ended early; what was left in them counts as missed.")
    return found
