"""A comparison over prices of damage as the terminal shows it."""

from __future__ import annotations

from typing import Any

from handpick.compare.curve_words import HOURLY, PERCENT, costs, headlines, minutes
from handpick.compare.figures import ALL
from handpick.compare.table import aligned, notes, span
from handpick.harm import RuleSet

COLUMNS = (
    *("robot", "damage costs", "placed", "damaged", "undamaged/h", "strictly damaged", "strictly undamaged/h"),
    "minutes for 100 orders",
)


def curve_table(summary: dict[str, Any]) -> str:
    """For each suite the points of every robot, and what is read off at equal share placed."""
    lines = []
    for suite, rows in summary["suites"].items():
        lines += ["", "all suites" if suite == ALL else suite, *aligned([COLUMNS, *point_lines(summary, rows)]), ""]
        lines += [f"  {sentence}" for sentence in (*headlines(summary, rows), *costs(summary, rows))]
    lines += ["", *(f"  {note}" for note in (*notes(summary), *curve_notes(summary)))]
    return "\n".join(lines)


def point_lines(summary: dict[str, Any], rows: dict[str, Any]) -> list[tuple[str, ...]]:
    """The figures of every robot at every price, by column."""
    labels, rules = summary["labels"], summary["rules"]
    return [point_line(labels[key], point, rules) for key, row in rows.items() for point in row["points"]]


def point_line(label: str, point: dict[str, Any], rules: str) -> tuple[str, ...]:
    """The figures of one robot at one price; a star at damage on its frontier."""
    told = [label, f"{point['price']:g}", span(point["placed_share"], PERCENT)]
    for one in (point["by_rules"][rules], point["by_rules"][RuleSet.STRICT.value]):
        damaged = span(one["damage_rate"], PERCENT)
        told.append(damaged.replace("%", "%*", 1) if one["on_frontier"] else damaged)
        told.append(span(one["undamaged_units_per_hour"], HOURLY))
    return (*told, minutes(point["cost"]))


def curve_notes(summary: dict[str, Any]) -> list[str]:
    """How curves are read."""
    return [
        "*: on the robot's frontier: no other price places as much and damages no more. Between two of its "
        "points a robot takes some bins at one price and the rest at the other; beyond its ends nothing is read off.",
        f"Minutes: the robot's time, and {summary['person_seconds']:g} s of a person's for each order not placed.",
    ]
