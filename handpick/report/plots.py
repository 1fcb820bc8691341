"""The plots of a run's page, as inline SVG; where there is nothing to plot, nothing."""

from __future__ import annotations

import io
from typing import Any

import matplotlib

matplotlib.use("Agg")
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from handpick.outcome import Result
from handpick.record import RunRecord

INK, GOOD, FAIR, BAD, PALE = "#1f2933", "#2f855a", "#dd9b28", "#c53030", "#a0aec0"
STAGE_COLORS = ("#63839c", "#8aa6bb", "#2f6f9f", "#dd9b28", "#2f855a", "#c98a1b", "#7fb39a", "#8d6a9f")
STYLE = {
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": PALE,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "svg.fonttype": "none",
    "font.family": "sans-serif",
}
WIDTH = 5.2  # inches: on a narrow screen the page scales it down to what can still be read
BAR, HEAD = 0.3, 0.75  # inches: a row of bars; axis and label under them
LEGEND = 0.24  # inches: a row of the legend over them


def draw(width: float, height: float, paint: Any) -> str:
    """Run `paint(axes)` on a fresh figure of the given size in inches and return it as SVG."""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        paint(figure.subplots())
        out = io.StringIO()
        figure.savefig(out, format="svg", transparent=True)
    text = out.getvalue()
    return text[text.index("<svg") :]


def whole(axis: Any) -> None:
    """Ticks at whole numbers only, and room for one where all are zero."""
    axis.set_major_locator(MaxNLocator(nbins=6, integer=True, min_n_ticks=1))
    axis.set_view_interval(0, max(*axis.get_view_interval(), 1.0), ignore=True)


def legend_above(axes: Any, columns: int) -> None:
    axes.legend(frameon=False, ncols=columns, loc="lower center", bbox_to_anchor=(0.5, 1.0), columnspacing=1.2)


def families_plot(summary: dict[str, Any]) -> str:
    """What became of the items, by family."""
    rows = summary["by_family"]
    if not rows:
        return ""

    def paint(axes: Any) -> None:
        names = list(rows)[::-1]
        left = [0] * len(names)
        parts = (
            ("placed undamaged", GOOD, lambda r: r["placed_undamaged"]),
            ("placed, damaged", FAIR, lambda r: r["placed"] - r["placed_undamaged"]),
            ("lost", BAD, lambda r: r["dropped"]),
            ("left in the bin", PALE, lambda r: r["left"]),
        )
        for label, color, count in parts:
            values = [count(rows[name]) for name in names]
            axes.barh([name.replace("_", " ") for name in names], values, left=left, color=color, label=label)
            left = [a + b for a, b in zip(left, values)]
        axes.set_xlabel("items")
        whole(axes.xaxis)
        legend_above(axes, 2)

    return draw(WIDTH, HEAD + 2 * LEGEND + BAR * len(rows), paint)


def failures_plot(summary: dict[str, Any]) -> str:
    """Seconds that went into picks that placed nothing, by cause, with their number at the bars' ends."""
    rows = dict(reversed(summary["failures"].items()))
    if not rows:
        return ""

    def paint(axes: Any) -> None:
        bars = axes.barh(list(rows), [row["seconds"] for row in rows.values()], color=PALE)
        axes.bar_label(bars, [f"{row['picks']}×" for row in rows.values()], padding=3)
        axes.set_xlabel("seconds (number of picks at the end of each bar)")
        axes.margins(x=0.1)
        axes.set_xlim(left=0)

    return draw(WIDTH, HEAD + BAR * len(rows), paint)


def damage_plot(summary: dict[str, Any]) -> str:
    """Damage events by cause."""
    causes = summary["damage_by_cause"]
    if not causes:
        return ""

    def paint(axes: Any) -> None:
        axes.barh([cause.replace("_", " ") for cause in causes], list(causes.values()), color=BAD)
        axes.set_xlabel("damage events")
        whole(axes.xaxis)

    return draw(WIDTH, HEAD + BAR * len(causes), paint)


def stages_plot(summary: dict[str, Any]) -> str:
    """Where the seconds of a placed pick go, and the thinking that motion hides."""
    stages, hidden = summary["seconds_by_stage"], sum(summary["hidden_by_stage"].values())
    if not stages:
        return ""

    def paint(axes: Any) -> None:
        left = 0.0
        for i, (name, seconds) in enumerate(stages.items()):
            color = STAGE_COLORS[i % len(STAGE_COLORS)]
            axes.barh(["charged"], [seconds], left=left, color=color, label=f"{name} {seconds:.2f}")
            left += seconds
        axes.barh(["hidden"], [hidden], color=PALE, label=f"hidden {hidden:.2f}")
        axes.set_xlabel(f"seconds per placed item, {left:.2f} in all")
        axes.set_xlim(left=0)
        legend_above(axes, 3)

    return draw(WIDTH, HEAD + 2 * BAR + LEGEND * -(-(len(stages) + 1) // 3), paint)


def throughput_plot(run: RunRecord) -> str:
    """Items placed against the cell's time."""
    unit, word = (60.0, "minutes") if sum(bin_.seconds for bin_ in run.bins) > 120 else (1.0, "seconds")
    elapsed, times, ends = 0.0, [0.0], []
    for bin_ in run.bins:
        for outcome in (pick.outcome for pick in bin_.picks):
            if outcome.result is Result.PLACED and outcome.released is not None:
                times.append((elapsed + outcome.released) / unit)
        elapsed += bin_.seconds
        ends.append(elapsed / unit)
    if len(times) == 1:
        return ""

    def paint(axes: Any) -> None:
        for end in ends[:-1]:
            axes.axvline(end, color=PALE, linewidth=0.6)
        axes.step([*times, max(ends[-1], times[-1])], [*range(len(times)), len(times) - 1], where="post", color=GOOD)
        axes.set_xlabel(f"simulated {word}" + (" (lines: from bin to bin)" if len(ends) > 1 else ""))
        axes.set_ylabel("items placed")
        axes.set_xlim(left=0)
        whole(axes.yaxis)

    return draw(WIDTH, 2.4, paint)


def latency_plot(run: RunRecord, timings: dict[str, Any]) -> str:
    """Measured thinking time against what is declared and charged."""
    if not run.picks:
        return ""

    def paint(axes: Any) -> None:
        for name, color in (("perceive", "#2f6f9f"), ("plan", FAIR)):
            values = sorted(getattr(pick.outcome, f"{name}_ms") for pick in run.picks)
            steps = [0.0, *((i + 1) / len(values) for i in range(len(values)))]
            axes.step([values[0], *values], steps, where="post", color=color, label=name)
            axes.axvline(timings[f"{name}_ms"]["declared"], color=color, linestyle=":", linewidth=1)
        axes.set_xlabel("milliseconds measured (dotted: declared)")
        axes.set_ylabel("share of picks")
        # A process compiles at its first pick: one slow look must not squeeze all others into the axis.
        shown = (timings[f"{name}_ms"][key] for name in ("perceive", "plan") for key in ("p95", "declared"))
        axes.set_xlim(0, 1.3 * max(shown))
        axes.set_ylim(0, 1.02)
        axes.legend(frameon=False, loc="lower right")

    return draw(WIDTH, 2.4, paint)
