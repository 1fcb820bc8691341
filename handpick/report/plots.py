"""The plots of a run's page, as inline SVG."""

from __future__ import annotations

import io
from typing import Any

import matplotlib

matplotlib.use("Agg")
from matplotlib.figure import Figure

from handpick.outcome import Result
from handpick.record import RunRecord

INK, GOOD, FAIR, BAD, PALE = "#1f2933", "#2f855a", "#dd9b28", "#c53030", "#a0aec0"
STAGE_COLORS = ("#63839c", "#8aa6bb", "#2f6f9f", "#dd9b28", "#2f855a", "#c98a1b", "#7fb39a", "#8d6a9f")
STYLE = {
    "font.size": 9,
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


def draw(width: float, height: float, paint: Any) -> str:
    """Run `paint(axes)` on a fresh figure of the given size in inches and return it as SVG."""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        paint(figure.subplots())
        out = io.StringIO()
        figure.savefig(out, format="svg", transparent=True)
    text = out.getvalue()
    return text[text.index("<svg") :]


def families_plot(summary: dict[str, Any]) -> str:
    """What became of the items, by family."""
    rows = summary["by_family"]

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
            axes.barh(names, values, left=left, color=color, label=label, height=0.7)
            left = [a + b for a, b in zip(left, values)]
        axes.set_xlabel("items")
        axes.legend(frameon=False, ncols=4, loc="lower center", bbox_to_anchor=(0.5, 1.0))

    return draw(7.2, 1.2 + 0.26 * max(len(rows), 2), paint)


def causes_plot(summary: dict[str, Any]) -> str:
    """Damage events and failed picks, by cause."""
    damage, failures = summary["damage_by_cause"], summary["failures"]

    def paint(axes: Any) -> None:
        axes.barh([f"{name} " for name in failures], list(failures.values()), color=PALE, label="failed picks")
        axes.barh(list(damage), list(damage.values()), color=BAD, label="damage events")
        axes.set_xlabel("count")
        if damage or failures:
            axes.legend(frameon=False, ncols=2, loc="lower center", bbox_to_anchor=(0.5, 1.0))

    return draw(5.2, 1.2 + 0.26 * max(len(damage) + len(failures), 2), paint)


def stages_plot(summary: dict[str, Any]) -> str:
    """Where the seconds of a placed pick go, and the thinking that motion hides."""
    stages, hidden = summary["seconds_by_stage"], sum(summary["hidden_by_stage"].values())

    def paint(axes: Any) -> None:
        left = 0.0
        for i, (name, seconds) in enumerate(stages.items()):
            color = STAGE_COLORS[i % len(STAGE_COLORS)]
            axes.barh(["charged"], [seconds], left=left, color=color, label=f"{name} {seconds:.2f}")
            left += seconds
        axes.barh(["hidden"], [hidden], color=PALE, label=f"thinking hidden {hidden:.2f}")
        axes.set_xlabel(f"seconds per placed item (together {left:.2f}); hidden: thinking while the arm moves")
        if stages:
            axes.legend(frameon=False, ncols=4, loc="lower center", bbox_to_anchor=(0.5, 1.0))

    return draw(7.2, 1.7, paint)


def throughput_plot(run: RunRecord) -> str:
    """Items placed against the cell's hours."""

    def paint(axes: Any) -> None:
        elapsed, count = 0.0, 0
        times, counts = [0.0], [0]
        for bin_ in run.bins:
            for pick in bin_.picks:
                if pick.outcome.result is Result.PLACED and pick.outcome.released is not None:
                    count += 1
                    times.append((elapsed + pick.outcome.released) / 60)
                    counts.append(count)
            elapsed += bin_.seconds
            axes.axvline(elapsed / 60, color=PALE, linewidth=0.6)
        axes.step(times, counts, where="post", color=GOOD)
        axes.set_xlabel("simulated minutes (lines: bins)")
        axes.set_ylabel("items placed")

    return draw(5.2, 2.4, paint)


def latency_plot(run: RunRecord, timings: dict[str, Any]) -> str:
    """Measured thinking time against what is declared and charged."""

    def paint(axes: Any) -> None:
        for name, color in (("perceive", "#2f6f9f"), ("plan", FAIR)):
            values = sorted(getattr(pick.outcome, f"{name}_ms") for pick in run.picks)
            axes.plot(values, [(i + 1) / len(values) for i in range(len(values))], color=color, label=name)
            axes.axvline(timings[f"{name}_ms"]["declared"], color=color, linestyle=":", linewidth=1)
        axes.set_xlabel("milliseconds measured (dotted: declared)")
        axes.set_ylabel("share of picks")
        # A process compiles at its first pick: one slow look must not squeeze all others into the axis.
        shown = (timings[f"{name}_ms"][key] for name in ("perceive", "plan") for key in ("p95", "declared"))
        axes.set_xlim(0, 1.3 * max(shown))
        axes.legend(frameon=False)

    return draw(5.2, 2.4, paint)
