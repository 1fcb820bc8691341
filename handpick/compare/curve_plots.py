"""The operating curves of a comparison over prices of damage, as inline SVG."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from handpick.compare.plots import color_of, numbers
from handpick.report.plots import PALE, draw

Json = dict[str, Any]
Figure = Callable[[Json], Json]  # an estimate out of a point's data
SIZE = (5.4, 4.2)  # inches
BESIDE = ((-8, 8), (8, -8), (-8, -8), (8, 8))  # points from a point to its price, so that robots' prices stay apart


def placed_plot(summary: Json, rows: Json) -> str:
    """Damaged share against placed share, and where readings are taken."""
    readings = [row["at_equal_share"][summary["rules"]]["share"]["value"] for row in rows.values() if "cheapest" in row]
    share = lambda point: point["placed_share"]
    return curve_plot(summary, rows, share, 100.0, "placed, of 100 orders", [100 * s for s in readings[:1]])


def speed_plot(summary: Json, rows: Json) -> str:
    """Damaged share against undamaged units an hour."""
    speed = lambda point: point["by_rules"][summary["rules"]]["undamaged_units_per_hour"]
    return curve_plot(summary, rows, speed, 1.0, "placed undamaged, an hour", [])


def curve_plot(summary: Json, rows: Json, across: Figure, scale: float, label: str, lines: list[float]) -> str:
    """Points with intervals, their prices beside them, and a line along each frontier."""
    rules = summary["rules"]

    def paint(axes: Any) -> None:
        for line in lines:
            axes.axvline(line, color=PALE, linestyle=":", linewidth=1.2)
        for place, (key, row) in enumerate(rows.items()):
            color, data = color_of(key, place), [point["by_rules"][rules] for point in row["points"]]
            front = np.array([one["on_frontier"] for one in data])
            x, x_off = spread([across(point) for point in row["points"]], scale)
            y, y_off = spread([one["damage_rate"] for one in data], 100.0)
            axes.errorbar(x, y, y_off, x_off, fmt="none", ecolor=color, elinewidth=0.8, alpha=0.45, capsize=2)
            order = np.argsort([point["placed_share"]["value"] for point in row["points"]], kind="stable")
            along = order[front[order]]
            axes.plot(x[along], y[along], color=color, linewidth=1.8, label=summary["labels"][key])
            axes.scatter(x[front], y[front], 26, color=color, zorder=3)
            axes.scatter(x[~front], y[~front], 26, facecolor="white", edgecolor=color, zorder=3)
            for at, point in enumerate(row["points"]):
                axes.annotate(
                    f"{point['price']:g}",
                    *((x[at], y[at]), BESIDE[place % len(BESIDE)]),
                    textcoords="offset points",
                    ha="center",
                    va="center",
                    fontsize=8,
                    color=color,
                )
        axes.set_xlabel(label)
        axes.set_ylabel("damaged, of 100 orders")
        axes.margins(0.06)
        axes.set_ylim(bottom=min(0.0, -0.03 * axes.get_ylim()[1]))
        axes.legend(frameon=False, ncols=2, loc="lower left", bbox_to_anchor=(0, 1), columnspacing=1.0)

    return draw(*SIZE, paint)


def spread(estimates: list[Json], scale: float) -> tuple[np.ndarray, np.ndarray]:
    """Values, and how far their intervals reach down and up, shape (2, P); NaN draws nothing."""
    value, low, high = (scale * numbers(one[name] for one in estimates) for name in ("value", "low", "high"))
    return value, np.array([value - low, high - value]).clip(0)
