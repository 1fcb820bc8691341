"""The watch's figures: false alarms of calm picks, what it sees of disturbed ones and how soon, milliseconds a tick.

`python -m benchmarks.watch [--calm N] [--each M] [--seed S] [SUITE ...]`
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from benchmarks.support.watched.acts import (
    block_path,
    drop,
    knock,
    lose_cameras,
    lose_pump,
    nudge_target,
    shift_destination,
    tear_off,
    topple_neighbour,
)
from benchmarks.support.watched.bin import WatchedBin
from benchmarks.support.watched.pick import Act, Disturbance, Pick
from grasping.tools import Tool
from handpick.layout import standard_layout
from perception.errors import HandpickError
from perception.events import EventKind
from perception.watch.intent import Phase
from sim.render.base import Renderer
from sim.render.renderer import make_renderer

LOST = frozenset((EventKind.ITEM_LOST, EventKind.PUMP_LOST, EventKind.GRASP_WEAK))
SHIFTED = frozenset((EventKind.NEIGHBOUR_MOVED, EventKind.TARGET_MOVED))
SUCTION, PINCH, BOTH = frozenset({Tool.SUCTION}), frozenset({Tool.PINCH}), frozenset(Tool)
ALONE = tuple(camera.name for camera in standard_layout().cameras[:4])


@dataclass(frozen=True)
class Taken:
    """A pick out of a bin, and which item was meant."""

    bin: str
    family: str
    pick: Pick


@dataclass(frozen=True)
class Kind:
    """A disturbance: what it is called, when it comes, with which tools, and which events name it rightly."""

    name: str
    phase: Phase
    act: Act
    answers: frozenset[EventKind]
    tools: frozenset[Tool] = BOTH


KINDS = (
    Kind("target nudged", Phase.APPROACH, nudge_target, frozenset({EventKind.TARGET_MOVED})),
    Kind("neighbour toppled", Phase.APPROACH, topple_neighbour, SHIFTED),
    Kind("path blocked (approach)", Phase.APPROACH, block_path, frozenset({EventKind.PATH_BLOCKED})),
    Kind("path blocked (carry)", Phase.CARRY, block_path, frozenset({EventKind.PATH_BLOCKED})),
    Kind("destination shifted", Phase.CARRY, shift_destination, frozenset({EventKind.DESTINATION_MOVED})),
    Kind("item knocked", Phase.CARRY, knock, frozenset({EventKind.ITEM_SLIPPED}) | LOST),
    Kind("item lost (cup)", Phase.CARRY, tear_off, LOST, SUCTION),
    Kind("item lost (fingers)", Phase.CARRY, drop, LOST, PINCH),
    Kind("pump lost", Phase.CARRY, lose_pump, LOST, SUCTION),
    Kind("cameras lost", Phase.APPROACH, lose_cameras(ALONE), frozenset({EventKind.CAMERAS_STALE})),
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("suites", nargs="*", default=("boxes", "books", "bags", "mixed"), metavar="SUITE")
    parser.add_argument("--calm", type=int, default=200, help="calm picks")
    parser.add_argument("--each", type=int, default=20, help="picks disturbed in each way")
    parser.add_argument("--seed", type=int, default=100, help="of the first bin")
    options = parser.parse_args()
    renderer = make_renderer()
    print_calm(take(renderer, options.suites, options.seed, BOTH, options.calm, lambda i: None))
    print(f"{'disturbed':24s} {'picks':>5s} {'told':>6s} {'rightly':>8s} {'delay p50':>10s} {'p95 s':>6s}  others told")
    rng = np.random.default_rng(options.seed)
    for kind in KINDS if options.each else ():
        make = lambda i, kind=kind: Disturbance(kind.phase, float(rng.uniform(0.05, 0.5)), kind.act)
        picks = take(renderer, options.suites, options.seed + 1000, kind.tools, options.each, make)
        print(row(kind, [taken.pick for taken in picks if taken.pick.disturbed is not None]), flush=True)
    renderer.close()


def take(
    renderer: Renderer,
    suites: list[str],
    seed: int,
    tools: frozenset[Tool],
    count: int,
    make: Callable[[int], Disturbance | None],
) -> list[Taken]:
    """`count` executed picks out of one bin after the other, at most five of each."""
    picks: list[Taken] = []
    for name, bin_ in bins(renderer, suites, seed, tools):
        for _ in range(5):
            try:
                pick = bin_.pick(make(len(picks)))
            except HandpickError:
                break
            if pick is None:
                break
            picks.append(Taken(name, bin_.family(pick), pick))
            bin_.restore()
            if len(picks) == count:
                break
        bin_.close()
        if len(picks) >= count:
            break
    return picks


def bins(renderer: Renderer, suites: list[str], seed: int, tools: frozenset[Tool]) -> Iterator[tuple[str, WatchedBin]]:
    """Bin after bin, suite by suite, with what it is called."""
    for index in range(10_000):
        suite = suites[index % len(suites)]
        yield f"{suite} {seed + index}", WatchedBin(suite, seed + index, renderer, tools)


def print_calm(picks: list[Taken]) -> None:
    ticks = [ms for taken in picks for ms in taken.pick.ticks_ms]
    told = [event for taken in picks for event in taken.pick.events]
    alarms = [event for taken in picks for event in taken.pick.false]
    bad = sum(bool(taken.pick.false) for taken in picks)
    print(f"{len(picks)} calm picks, {len(ticks)} ticks: {bad} picks with a false alarm ({bad / len(picks):.2%}), "
          f"{len(told) - len(alarms)} events that were true")  # fmt: skip
    for taken in picks:
        done = taken.pick.outcome
        if taken.pick.false:
            print(
                f"  {taken.bin}, {taken.pick.grasp.tool.value} of {taken.family}: {done and (done.cause or 'placed')}"
            )
        for event in taken.pick.false:
            phase, since = taken.pick.at(event.stamp)
            print(
                f"    {event.kind.value}, {since:.2f} s into the {phase.value}, {event.certainty:.2f}: {event.evidence}"
            )
    p50, p95 = np.percentile(ticks, (50, 95))
    print(f"milliseconds of one core a tick: p50 {p50:.1f}, p95 {p95:.1f} (asked: under 30)")


def row(kind: Kind, picks: list[Pick]) -> str:
    """A disturbance's line of the table."""
    delays, others = [], []
    told = 0
    for pick in picks:
        since = float(pick.disturbed or 0.0)
        after = [event for event in pick.events if event.stamp >= since]
        right = [event for event in after if event.kind in kind.answers]
        told += bool(after)
        delays += [right[0].stamp - since] if right else []
        others += [event.kind.value for event in after if event.kind not in kind.answers]
    p50, p95 = np.percentile(delays, (50, 95)) if delays else (np.nan, np.nan)
    names = ", ".join(f"{name} {others.count(name)}" for name in sorted(set(others)))
    share = len(delays) / max(len(picks), 1)
    return f"{kind.name:24s} {len(picks):5d} {told:6d} {share:8.0%} {p50:10.2f} {p95:6.2f}  {names}"


if __name__ == "__main__":
    main()
