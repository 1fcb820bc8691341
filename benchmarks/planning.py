"""Plan picks in random bins and print what planning and the plans take.

    python -m benchmarks.planning [--bins 6] [--seed 0] [--arm panda]

Each bin is a scene made by hand (boxes, books, cans, bars on the floor of the source tote); for each item the most
promising grasp of each tool is planned from where the last pick let go.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from dataclasses import replace
from functools import cache

import numpy as np

from benchmarks.support.scenes import clutter, make_scene
from grasping.grasp import Grasp
from grasping.propose import propose
from grasping.tools import DualTool, Tool
from handpick.layout import standard_layout
from motion.planner import PlanError, Planner
from motion.robot.arm import Arm
from motion.robot.tool_state import ToolState
from perception.scene import HeightMap, Scene


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bins", type=int, default=6)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--arm", default="panda")
    arguments = parser.parse_args()
    planner = standard_planner(arm=arguments.arm)
    arm = planner.arm
    layout = standard_layout(base_height=arm.description.base_height)
    warm_up = bin_scene(layout, 10_000)
    for grasp in best_grasps(warm_up, arm, 10_000)[:4]:
        attempt(planner, grasp, warm_up, planner.rest)

    milliseconds, rows, causes, estimates = [], [], Counter(), []
    for number in range(arguments.bins):
        seed = arguments.seed + number
        scene, positions, left = bin_scene(layout, seed), planner.rest, None
        for grasp in best_grasps(scene, arm, seed):
            started = time.perf_counter(), time.process_time()
            plan, cause = attempt(planner, grasp, scene, positions, left)
            milliseconds.append(
                [1e3 * (now - then) for now, then in zip((time.perf_counter(), time.process_time()), started)]
            )
            causes[cause] += 1
            if plan is None:
                continue
            seconds = [part.duration for part in (plan.approach.motion, plan.carry.motion)]
            rows.append((grasp.tool, *seconds))
            started = time.perf_counter()
            estimates.append((planner.time(grasp) / sum(seconds), 1e3 * (time.perf_counter() - started)))
            positions, left = plan.carry.motion.positions[-1], plan.ending.released

    print(f"plans        {len(milliseconds)}: " + ", ".join(f"{n} {cause}" for cause, n in causes.most_common()))
    for name, values in zip(("plan ms", "plan CPU ms"), np.array(milliseconds).T):
        print("{:12} p50 {:.0f}, p95 {:.0f}, most {:.0f}".format(name, *np.percentile(values, (50, 95, 100))))
    for tool in Tool:
        seconds = np.array([row[1:] for row in rows if row[0] is tool])
        if len(seconds):
            parts = "approach {:.2f}, carry {:.2f}".format(*np.median(seconds, axis=0))
            print(f"{tool.value:12} {parts}: median {np.median(seconds.sum(axis=1)):.2f} s of motion a pick")
    ratio, cost = np.array(estimates).T
    low, middle, high = np.percentile(ratio, (5, 50, 95))
    print(f"time()       estimate / planned: p5 {low:.2f}, p50 {middle:.2f}, p95 {high:.2f}; {np.median(cost):.2f} ms")


@cache
def standard_planner(tool: DualTool | None = None, arm: str = "panda") -> Planner:
    """For an arm in the standard cell; one for each process, tool and arm, since it takes a second to build."""
    robot = Arm.load(arm, tool)
    layout = standard_layout(base_height=robot.description.base_height)
    return Planner(robot, layout.source, layout.destination, layout.obstacles, layout.cameras)


def bin_scene(layout, seed: int) -> Scene:
    """A random source tote and an empty destination."""
    scene = make_scene(clutter(np.random.default_rng(seed)), tote=layout.source)
    shape = tuple(round(n / 0.01) for n in layout.destination.inner[:2])
    empty = HeightMap(layout.destination, 0.01, np.zeros(shape, np.float32), np.ones(shape, bool))
    return replace(scene, destination=empty)


def best_grasps(scene: Scene, arm: Arm, seed: int) -> list[Grasp]:
    """The most promising grasp of each tool for each item."""
    best: dict[tuple[int, str], Grasp] = {}
    options = propose(scene, arm.tool, frozenset(Tool))
    for grasp in sorted(options, key=lambda grasp: -grasp.odds.placed_undamaged):
        best.setdefault((grasp.item, grasp.tool.value), grasp)
    return [best[key] for key in sorted(best)]


def attempt(planner: Planner, grasp: Grasp, scene: Scene, positions: np.ndarray, left: ToolState | None = None):
    """The plan or None, and how it ended."""
    try:
        return planner.plan(grasp, scene, positions, left), "planned"
    except PlanError as error:
        return None, type(error).__name__


if __name__ == "__main__":
    main()
