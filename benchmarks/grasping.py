"""How long proposing takes and how the odds compare with outcomes: `python -m benchmarks.grasping [--bins N]`.

Bins are filled, seen by the simulated cameras and perceived; for each, the time of `propose` and `choose` and what they
found. With --picks M every bin is also picked from, and the predicted odds are set against what happened.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from grasping.attempts import Attempts
from grasping.choose import choose
from grasping.propose import propose
from grasping.tools import DualTool, Tool
from handpick.layout import standard_layout
from handpick.loop import Picker
from handpick.outcome import PickOutcome, Result
from handpick.picking.decide import Look
from handpick.picking.stack import Stack
from perception.errors import HandpickError
from perception.scene import Scene
from sim.cell import SimCell
from sim.fill import UnrestError
from sim.plan import generators
from sim.render.renderer import make_renderer
from sim.suites import bin_specs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--suite", default="mixed")
    parser.add_argument("--bins", type=int, default=6)
    parser.add_argument("--picks", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    renderer = make_renderer()
    milliseconds: list[float] = []
    outcomes: list[PickOutcome] = []
    for index in range(options.bins):
        items_rng, world_rng = generators(options.seed, index)
        specs = bin_specs(options.suite, items_rng)
        try:
            cell = SimCell.build(standard_layout(), DualTool(), specs, renderer, world_rng)
        except UnrestError as error:
            print(f"bin {index}: {error}")
            continue
        stack = Stack.build(cell.layout, DualTool(), frozenset(Tool))
        milliseconds += time_scene(index, len(specs), look(cell, stack), stack)
        outcomes += pick(cell, stack, options.picks)
        cell.close()
    renderer.close()
    if milliseconds:
        print(f"propose p50 {np.median(milliseconds):.0f} ms, p95 {np.percentile(milliseconds, 95):.0f} ms")
    calibration(outcomes)


def look(cell: SimCell, stack: Stack) -> Scene:
    state = cell.state()
    robot = stack.arm.capsules(state.positions, state.finger_gap, state.cup_travel)
    return stack.perceiver.perceive(cell.capture(), robot)


def time_scene(index: int, count: int, scene: Scene, stack: Stack) -> list[float]:
    """Milliseconds of three proposals for one scene, after one that compiles."""
    taken = []
    for _ in range(4):
        began = time.perf_counter()
        options = propose(scene, stack.tool, stack.tools, stack.quality)
        taken.append(1e3 * (time.perf_counter() - began))
    ranked = choose(options, stack.planner.time, Attempts())
    by_tool = {tool.value: sum(g.tool is tool for g in options) for tool in Tool}
    print(
        f"bin {index}: {count} items, {len(scene.items)} perceived, {len({g.item for g in options})} with grasps, "
        f"{by_tool}, {len(ranked)} worth trying, {min(taken):.0f} ms"
    )
    return taken[1:]


def pick(cell: SimCell, stack: Stack, count: int) -> list[PickOutcome]:
    """Outcomes of up to `count` passes of the pick loop's body."""
    picker, outcomes = Picker(cell, stack), []
    for index in range(count):
        try:
            outcome, seen = picker.pick(index)
        except HandpickError as error:
            print(f"  ended by {type(error).__name__}: {error}")
            break
        if outcome.result is Result.NOT_EXECUTED:
            break
        report(outcome, seen)
        outcomes.append(outcome)
    return outcomes


def report(outcome: PickOutcome, seen: Look) -> None:
    grasp = outcome.grasp
    assert grasp is not None
    odds = grasp.odds
    print(
        f"  {grasp.tool.value:8s} acquire {odds.acquire:.2f} hold {odds.hold:.2f} damage {odds.damage:.2f} "
        f"{outcome.result.value} {outcome.cause}"
    )


def calibration(outcomes: list[PickOutcome]) -> None:
    """Predicted against observed share of placed items, by tool, with the Brier score."""
    for tool in Tool:
        pairs = [
            (o.grasp.odds.acquire * o.grasp.odds.hold, o.result is Result.PLACED)
            for o in outcomes
            if o.grasp is not None and o.grasp.tool is tool
        ]
        if pairs:
            predicted, placed = np.array(pairs, dtype=np.float64).T
            print(
                f"{tool.value}: {len(pairs)} picks, predicted {predicted.mean():.2f}, placed {placed.mean():.2f}, "
                f"Brier {np.mean((predicted - placed) ** 2):.3f}"
            )


if __name__ == "__main__":
    main()
