"""The plots of a comparison's page, as inline SVG."""

from __future__ import annotations

from typing import Any

import numpy as np

from handpick.report.plots import BAD, BAR, GOOD, HEAD, INK, LEGEND, PALE, draw, legend_above
from training.release.text import named

WIDE = 10.8  # inches


def differences_plot(groups: list[dict[str, Any]]) -> str:
    """New less old by group, with intervals; those that are worse beyond chance in red."""

    def paint(axes: Any) -> None:
        for place, group in enumerate(reversed(groups)):
            value, low, high = (100 * x for x in (group["new"] - group["old"], group["low"], group["high"]))
            color = BAD if group["regresses"] else PALE if group["p"] is None else INK
            axes.plot([low, high], [place, place], color=color, linewidth=2, solid_capstyle="round")
            axes.plot([value], [place], "o", color=color, markersize=6)
        axes.axvline(0, color=PALE, linewidth=1)
        axes.set_yticks(range(len(groups)), [label(group) for group in reversed(groups)])
        axes.set_xlabel("placed undamaged, new less old, points of a hundred (95% over bins)")
        axes.margins(y=0.03)

    return draw(WIDE, HEAD + 0.8 * BAR * len(groups), paint)


def flips_plot(groups: list[dict[str, Any]]) -> str:
    """Looks lost and won by group."""

    def paint(axes: Any) -> None:
        y = np.arange(len(groups))[::-1]
        lost, won = (np.array([100 * group[name] for group in groups]) for name in ("negative", "positive"))
        axes.barh(y, -lost, 0.62, color=BAD, label="undamaged before, not any more")
        axes.barh(y, won, 0.62, color=GOOD, label="not before, undamaged now")
        for at, less, more in zip(y, lost, won):
            axes.annotate(f"{less:.1f}", (-less, at), (-4, 0), textcoords="offset points", va="center", ha="right")
            axes.annotate(f"{more:.1f}", (more, at), (4, 0), textcoords="offset points", va="center")
        reach = 1.25 * max(*lost, *won, 1.0)
        axes.axvline(0, color=INK, linewidth=1)
        axes.set_xlim(-reach, reach)
        axes.xaxis.set_major_formatter(lambda value, _: f"{abs(value):g}")
        axes.set_yticks(y, [label(group) for group in groups])
        axes.set_xlabel("looks of a hundred")
        axes.margins(y=0.03)
        legend_above(axes, 2)

    return draw(WIDE, HEAD + LEGEND + 0.8 * BAR * len(groups), paint)


def label(group: dict[str, Any]) -> str:
    return f"{named(group['name'])} ({group['looks']})"
