"""The cell's figures: `python -m benchmarks.cell [--orders N] [--jobs J] [SUITE:SEED ...]`, one line a run."""

from __future__ import annotations

import argparse
import os
from typing import Any

from handpick.report import summarise, timings
from sim.plan import SimPlan
from sim.run import simulate

RUNS = ("boxes:0", "mixed:0", "mixed:1", "mixed:2", "mixed:3", "mixed:4")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", nargs="*", default=RUNS, metavar="SUITE:SEED")
    parser.add_argument("--orders", type=int, default=100)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--tools", default="both")
    options = parser.parse_args()
    print(f"{'run':10s} {'undamaged':>9s} {'placed':>7s} {'damaged':>8s} {'lost':>5s} {'UPH':>5s} {'perceive':>9s}"
          f" {'plan p95':>9s} {'wall s':>7s}  problems")  # fmt: skip
    for name in options.runs:
        suite, seed = name.split(":")
        run = simulate(SimPlan(suite, options.orders, options.tools, int(seed)), options.jobs)
        print(line(name, summarise(run), timings(run)), flush=True)


def line(name: str, s: dict[str, Any], t: dict[str, Any]) -> str:
    """One run's figures."""
    problems = "; ".join(s["stopped"] + [error.splitlines()[-1] for error in s["errors"]]) or "none"
    return (
        f"{name:10s} {s['placed_undamaged'] / s['orders']:9.1%} {s['placed'] / s['orders']:7.1%}"
        f" {s['damage_rate']:8.1%} {s['dropped']:5d} {s['undamaged_units_per_hour']:5.0f}"
        f" {t['perceive_ms']['p95']:6.0f} ms {t['plan_ms']['p95']:6.0f} ms {t['wall_seconds']:7.0f}  {problems}"
    )


if __name__ == "__main__":
    main()
