"""A simulated robot behind ROS for a long while: memory and latency over time, and heartbeats that were lost.

Bin after bin is picked, each filled with the same items again. Slopes are least squares over the minutes after a
warm-up, with 95% intervals from resampled blocks of five minutes, since minutes that follow each other are alike. Needs
ROS 2 (for tests: `pip install -c constraints.txt -e '.[ros-ci]'`).
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from benchmarks.support.live_cell import NODES, LiveCell, on_domain
from handpick.outcome import Result
from perception.pose import Array

DOMAIN = "103"
LOST = 0.5  # seconds without a heartbeat, of twenty a second
MINUTE, BLOCK, TIMES = 60.0, 5, 2000
PAGE = 4096


@dataclass
class Soaked:
    """What was measured: by name, rows of seconds since the beginning and a value."""

    memory: defaultdict[str, list[tuple[float, float]]] = field(default_factory=lambda: defaultdict(list))  # MB
    answers: list[tuple[float, float]] = field(default_factory=list)  # ms
    gaps: dict[str, Array] = field(default_factory=dict)  # seconds between heartbeats
    simulated: float = 0.0  # seconds that passed in the cell
    bins: int = 0
    picks: int = 0
    placed: int = 0
    stops: list[str] = field(default_factory=list)


def soak(cell: LiveCell, seconds: float) -> Soaked:
    """Pick bin after bin, looking at memory and asking the supervisor something every other second."""
    found, began, clock = Soaked(), time.monotonic(), clock_of(cell)
    cell.heard.clear()
    running = False
    while (spent := time.monotonic() - began) < seconds:
        measure(cell, found, spent)
        cell.until(lambda: False, 2.0)
        if "stopped" in (cell.state, cell.states["arm"]):
            found.stops.append(f"{spent:.0f} s: {cell.why['supervisor']}")
            cell.call("supervisor/reset")
            running = False
        elif cell.state == "ready":
            if running:
                found.bins += 1
            refill(cell)
            running = cell.call("supervisor/start")[0]
    found.picks, found.placed = len(cell.picks), sum(pick.result is Result.PLACED for pick in cell.picks)
    found.simulated = clock_of(cell) - clock
    found.gaps = {name: np.diff(cell.heard[name]) for name in NODES}
    return found


def clock_of(cell: LiveCell) -> float:
    """The robot's clock, seconds; NaN where it does not answer."""
    return float(cell.truth().get("clock", float("nan")))


def refill(cell: LiveCell) -> None:
    cell.call("refill")
    cell.until(lambda: not cell.truth().get("refilling", True), 60.0)


def measure(cell: LiveCell, found: Soaked, spent: float) -> None:
    for name, process in cell.processes.running.items():
        pages = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1])
        found.memory[name].append((spent, pages * PAGE / 1e6))
    if cell.state == "running":
        asked = time.monotonic()
        cell.call("supervisor/start")  # answered, and refused, while it runs
        found.answers.append((spent, 1e3 * (time.monotonic() - asked)))


def slope(rows: list[tuple[float, float]], warm_up: float) -> tuple[float, float, float]:
    """Growth in an hour with its 95% interval; NaN where there are too few minutes."""
    minutes: defaultdict[int, list[float]] = defaultdict(list)
    for at, value in rows:
        if at >= warm_up:
            minutes[int(at // MINUTE)].append(value)
    x = np.array(sorted(minutes), np.float64)
    y = np.array([np.median(minutes[minute]) for minute in sorted(minutes)])
    if len(x) < 2 * BLOCK:
        return (float("nan"),) * 3
    fitted = np.polyfit(x, y, 1)
    rest, rng = y - np.polyval(fitted, x), np.random.default_rng(0)
    drawn = []
    for _ in range(TIMES):
        starts = rng.integers(0, len(x) - BLOCK + 1, -(-len(x) // BLOCK))
        noise = np.concatenate([rest[start : start + BLOCK] for start in starts])[: len(x)]
        drawn.append(np.polyfit(x, np.polyval(fitted, x) + noise, 1)[0])
    low, high = np.percentile(drawn, (2.5, 97.5))
    return 60 * float(fitted[0]), 60 * float(low), 60 * float(high)


def tell(found: Soaked, warm_up: float) -> None:
    told = f"{found.picks} picks, {found.placed} of them placed, {found.bins} bins done"
    print(f"  {found.simulated:.0f} simulated seconds, {told}, {len(found.stops)} stops")
    for line in found.stops:
        print(f"    {line[:200]}")
    print("  memory                   MB     MB an hour (95%)")
    for name, rows in found.memory.items():
        growth, low, high = slope(rows, warm_up)
        print(f"    {name:14} {rows[-1][1]:10.0f}   {growth:+8.1f} ({low:+.1f} to {high:+.1f})")
    values = np.array([value for at, value in found.answers if at >= warm_up])
    growth, low, high = slope(found.answers, warm_up)
    if len(values):
        p50, p95 = np.percentile(values, (50, 95))
        print(f"  answers of the supervisor: {p50:.0f} ms, {p95:.0f} at p95; {growth:+.1f} ms an hour "
              f"({low:+.1f} to {high:+.1f})")  # fmt: skip
    print(f"  heartbeats            count   p99 ms   most ms   over {1e3 * LOST:.0f} ms")
    for name, gaps in found.gaps.items():
        if len(gaps):
            ms = 1e3 * gaps
            print(f"    {name:14} {len(ms):10} {np.percentile(ms, 99):8.0f} {ms.max():9.0f} {(gaps > LOST).sum():8}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=480.0)
    parser.add_argument("--warm-up", type=float, default=5.0, help="minutes that tell nothing of slopes")
    parser.add_argument("--arm", default="panda")
    parser.add_argument("--suite", default="boxes")
    parser.add_argument("--rate", type=float, default=10.0, help="images of each camera a second")
    options = parser.parse_args()
    on_domain(DOMAIN)
    robot = ["--suite", options.suite, "--camera-rate", str(options.rate)]
    with tempfile.TemporaryDirectory() as name:
        report = f"out:={name}/report"
        with LiveCell(Path(name), options.arm, robot, supervisor=[report]) as cell:
            if not cell.until(lambda: cell.state == "ready", 300.0):
                raise SystemExit(f"the cell does not come up: {cell.states} {cell.why}")
            print(f"{options.arm}, {options.suite}, {options.minutes:g} minutes, cameras at {options.rate:g} Hz")
            tell(soak(cell, 60 * options.minutes), 60 * options.warm_up)


if __name__ == "__main__":
    main()
