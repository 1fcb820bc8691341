"""The plots of the comparison's page, as inline SVG."""

from __future__ import annotations

from typing import Any

import numpy as np

from handpick.compare.figures import ALL
from handpick.report.plots import INK, PALE, STAGE_COLORS, draw

COLORS = {"suction-closed": "#a0aec0", "suction-open": "#63839c", "both-closed": "#dd9b28", "both-open": "#2f855a"}
WIDE = 10.8  # inches
BAR = 0.8  # of a group's width


def grouped_plot(summary: dict[str, Any], name: str, label: str, scale: float = 1.0, ratio: str = "") -> str:
    """Bars of a rate with intervals, grouped by suite; `ratio` is written over them where there is one."""
    suites, labels = summary["suites"], summary["labels"]
    if not any(row[name][part] for rows in suites.values() for row in rows.values() for part in ("value", "high")):
        return ""

    def paint(axes: Any) -> None:
        width = BAR / len(labels)
        for place, (key, text) in enumerate(labels.items()):
            rows = [rows[key] for rows in suites.values()]
            x = np.arange(len(rows)) + (place - (len(labels) - 1) / 2) * width
            value, low, high = (scale * numbers(row[name][part] for row in rows) for part in ("value", "low", "high"))
            axes.bar(x, value, width * 0.92, color=color_of(key, place), label=text)
            errors = np.array([value - low, high - value]).clip(0)  # NaN draws nothing
            axes.errorbar(x, value, errors, fmt="none", ecolor=INK, elinewidth=1, capsize=3)
            for at, row, top in zip(x, rows, np.fmax(np.nan_to_num(value), np.nan_to_num(high))):
                versus = row.get("versus_reference", {}).get(ratio)
                if versus and versus["value"] is not None:
                    axes.annotate(f"×{versus['value']:.2f}", (at, top), (0, 3), textcoords="offset points", ha="center")
        axes.set_xticks(range(len(suites)), ["all suites" if suite == ALL else suite for suite in suites])
        axes.set_ylabel(label)
        axes.margins(y=0.12)
        axes.set_ylim(0, max(axes.get_ylim()[1], 1.0))
        axes.legend(frameon=False, ncols=4, loc="lower left", bbox_to_anchor=(0, 1))

    return draw(WIDE, 3.2, paint)


def color_of(key: str, place: int) -> str:
    """The color of a cell; of a policy, the one of its place."""
    return COLORS.get(key, STAGE_COLORS[place % len(STAGE_COLORS)])


def numbers(values: Any) -> np.ndarray:
    """Null as NaN."""
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


def causes_plot(rows: dict[str, Any], labels: dict[str, str]) -> str:
    """Damage events per 100 orders, by cause."""
    causes = sorted({cause for row in rows.values() for cause in row["damage_by_cause"]}, reverse=True)
    if not causes:
        return ""

    def paint(axes: Any) -> None:
        height = BAR / len(rows)
        for place, (key, row) in enumerate(rows.items()):
            y = np.arange(len(causes)) - (place - (len(rows) - 1) / 2) * height
            shares = [100 * row["damage_by_cause"].get(cause, 0) / max(row["orders"], 1) for cause in causes]
            axes.barh(y, shares, height * 0.92, color=color_of(key, place), label=labels[key])
        axes.set_yticks(range(len(causes)), [cause.replace("_", " ") for cause in causes])
        axes.set_xlabel("damage events per 100 orders")
        axes.set_xlim(left=0)
        axes.legend(frameon=False, ncols=4, loc="lower left", bbox_to_anchor=(0, 1))

    return draw(WIDE, 1.3 + 0.17 * len(causes) * len(rows), paint)


def stages_plot(rows: dict[str, Any], labels: dict[str, str]) -> str:
    """Where the seconds of a placed item go, those of failed picks included."""
    names = list(dict.fromkeys(name for row in rows.values() for name in row["seconds_by_stage"]))
    if not names:
        return ""

    def paint(axes: Any) -> None:
        texts = [labels[key] for key in rows][::-1]
        left = np.zeros(len(rows))
        for i, name in enumerate([*names, None]):
            seconds = np.array([part(row, name) for row in rows.values()])[::-1]
            color = PALE if name is None else STAGE_COLORS[i % len(STAGE_COLORS)]
            axes.barh(texts, seconds, 0.7, left=left, color=color, label=name or "failed picks")
            left += seconds
        for at, total in enumerate(left):
            axes.annotate(f"{total:.2f}", (total, at), (4, 0), textcoords="offset points", va="center")
        axes.margins(x=0.08)
        axes.set_xlim(left=0)
        axes.set_xlabel("seconds per placed item")
        axes.legend(frameon=False, ncols=8, loc="lower left", bbox_to_anchor=(0, 1), columnspacing=1.0)

    return draw(WIDE, 1.2 + 0.3 * len(rows), paint)


def part(row: dict[str, Any], name: str | None) -> float:
    return float(sum(row["seconds_by_cause"].values()) if name is None else row["seconds_by_stage"].get(name, 0.0))
