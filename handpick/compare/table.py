"""The comparison as the terminal shows it."""

from __future__ import annotations

from typing import Any

from handpick.compare.figures import ALL

FEW = 10  # bins

HEADER = (
    f"  {'cell':24s}{'orders':>7s}{'bins':>6s}{'undamaged/h':>20s}{'x reference':>20s}"
    f"{'damaged':>24s}{'x reference':>20s}{'undamaged orders':>24s}"
)


def table(summary: dict[str, Any]) -> str:
    """A block of lines for each suite: rates with 95% intervals."""
    lines = []
    for suite, rows in summary["suites"].items():
        lines += ["", f"{'all suites' if suite == ALL else suite}", HEADER]
        lines += [line(summary["labels"][key], row) for key, row in rows.items()]
    lines += ["", *(f"  {note}" for note in notes(summary))]
    return "\n".join(lines)


def line(label: str, row: dict[str, Any]) -> str:
    """One cell's figures."""
    versus = row.get("versus_reference", {})
    return (
        f"  {label:24s}{row['orders']:7d}{row['bins']:6d}{span(row['undamaged_units_per_hour'], '{:.0f}'):>20s}"
        f"{span(versus.get('speed_ratio'), '{:.2f}'):>20s}{span(row['damage_rate'], '{:.1%}'):>24s}"
        f"{span(versus.get('damage_ratio'), '{:.2f}'):>20s}{span(row['success_rate'], '{:.1%}'):>24s}"
    )


def span(e: dict[str, float | None] | None, form: str) -> str:
    """A figure and its interval; a dash for what is undefined."""
    if e is None:
        return "1" if form == "{:.2f}" else "-"
    value, low, high = (form.format(e[name]) if e[name] is not None else "-" for name in ("value", "low", "high"))
    return value if value == "-" else f"{value} ({low} to {high})"


def notes(summary: dict[str, Any]) -> list[str]:
    """What a reader must know beside the figures."""
    found = ["Intervals: 95%, from whole bins drawn anew, the same ones for every cell."]
    if any(row["bins"] < FEW for rows in summary["suites"].values() for row in rows.values()):
        found.append(f"Intervals of fewer than {FEW} bins are too narrow to be trusted.")
    if summary["interrupted"]:
        found.append("Interrupted: the figures are of the bins that were done; the same command goes on from there.")
    if summary["not_run"]:
        found.append(f"Not run: {'; '.join(summary['not_run'])}: this loop cannot watch the cameras while it moves.")
    if summary["unpaired_bins"]:
        found.append(f"{summary['unpaired_bins']} bins were done by some cells only and are left out.")
    if summary["problems"]:
        found.append(f"{len(summary['problems'])} bins ended early; what was left in them counts as missed.")
    return found
