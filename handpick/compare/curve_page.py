"""compare.html of a comparison over prices of damage: one self-contained page with the curves and their readings."""

from __future__ import annotations

from functools import partial
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader

from handpick.compare.curve_plots import placed_plot, speed_plot
from handpick.compare.curve_table import COLUMNS, curve_notes, point_lines
from handpick.compare.curve_words import HOURLY, PERCENT, TIMES, costs, headlines, minutes, tiles
from handpick.compare.figures import ALL
from handpick.compare.table import notes, span


def curve_page(summary: dict[str, Any]) -> str:
    """The whole page as HTML; the plots are inside it."""
    loaders = [PackageLoader(package, ".") for package in ("handpick.compare", "handpick.report")]
    environment = Environment(loader=ChoiceLoader(loaders), autoescape=True)
    suites = summary["suites"]
    return environment.get_template("curves.html.j2").render(
        summary=summary,
        groups=([(ALL, suites[ALL])] if ALL in suites else []) + [pair for pair in suites.items() if pair[0] != ALL],
        ALL=ALL,
        notes=(*notes(summary), *curve_notes(summary)),
        tiles=partial(tiles, summary),
        headlines=partial(headlines, summary),
        costs=partial(costs, summary),
        placed=partial(placed_plot, summary),
        speed=partial(speed_plot, summary),
        columns=COLUMNS,
        lines=partial(point_lines, summary),
        readings=partial(reading_lines, summary),
    )


READINGS = (
    *("robot", "rules", "both place", "reference damages", "this robot damages", "reference over this"),
    *("undamaged/h, reference", "undamaged/h, this", "this over reference"),
    *("minutes for 100, reference", "minutes for 100, this"),
)


def reading_lines(summary: dict[str, Any], rows: dict[str, Any]) -> list[tuple[str, ...]]:
    """What is read off at equal share placed, by either set of rules; a row of titles first."""
    found: list[tuple[str, ...]] = [READINGS]
    for key, row in rows.items():
        for rules, reading in row.get("at_equal_share", {}).items():
            theirs, ours = reading["reference"], reading["own"]
            none = ours["damage_rate"]["value"] is None
            place = "nowhere as much" if none else span(reading["share"], PERCENT)
            told = [summary["labels"][key], rules, place]
            told += [span(one["damage_rate"], PERCENT) for one in (theirs, ours)]
            told.append(span(reading["damage_ratio"], TIMES))
            told += [span(one["undamaged_units_per_hour"], HOURLY) for one in (theirs, ours)]
            told.append(span(reading["speed_ratio"], TIMES))
            told += [minutes(one["cost"]) for one in (theirs, ours)]
            found.append(tuple(told))
    return found
