"""compare.html: one self-contained page with the table and the plots."""

from __future__ import annotations

from functools import partial
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader

from handpick.compare import plots
from handpick.compare.figures import ALL
from handpick.compare.table import POLICY_COLUMNS, notes, policy_line, span


def page(summary: dict[str, Any]) -> str:
    """The whole page as HTML; the plots are inside it."""
    loaders = [PackageLoader(package, ".") for package in ("handpick.compare", "handpick.report")]
    environment = Environment(loader=ChoiceLoader(loaders), autoescape=True)
    suites, labels = summary["suites"], summary["labels"]
    whole: dict[str, Any] = suites.get(ALL) or next(iter(suites.values()), {})
    return environment.get_template("compare.html.j2").render(
        summary=summary,
        whole=whole,
        notes=notes(summary),
        span=span,
        policy_columns=POLICY_COLUMNS,
        policy_line=policy_line,
        ALL=ALL,
        speed=plots.grouped_plot(summary, "undamaged_units_per_hour", "undamaged units per hour", 1.0, "speed_ratio"),
        damage=plots.grouped_plot(summary, "damage_rate", "damaged items per 100 orders", 100.0, "damage_ratio"),
        causes=partial(plots.causes_plot, labels=labels),
        stages=partial(plots.stages_plot, labels=labels),
        failures=failures,
    )


def failures(rows: dict[str, Any]) -> list[str]:
    """Why picks failed, in any cell."""
    return sorted({cause for row in rows.values() for cause in row["failures"]})
