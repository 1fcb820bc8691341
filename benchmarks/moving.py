"""Grasps that a moving camera finds again: `python -m benchmarks.moving [--scenes 8] [--looks 15] [--no-poses]`.

A camera flies over a table of items in steps of 2 to 3 cm and degrees; a tracker plans at each look. Found again:
share of the five best grasps of a look that the next look has among all of its own within 20 mm and 30 degrees, and
among its ten best; beside the same without memory. Without poses the tracker registers the looks itself.
"""

from __future__ import annotations

import argparse

import numpy as np

from grasping.tools import Tool
from handpick.grasp_plan.plan import plan
from handpick.grasp_plan.result import GraspPlan
from handpick.grasp_plan.tracker import Tracker
from perception.depth_image import DepthImage
from perception.pose import Pose
from sim.suites import SUITES
from sim.table_scenes import grained
from sim.tables import Table, UnrestError, camera_at, draw_specs, eye_at, packed, pile, table

TOP, AMONG = 5, 10
NEAR, ALIKE = 0.020, np.cos(np.deg2rad(30))
Placed = tuple[Tool, Pose]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenes", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--looks", type=int, default=15)
    parser.add_argument("--no-poses", action="store_true", help="the tracker is not told where the camera is")
    options = parser.parse_args()
    shares: dict[str, list[float]] = {name: [] for name in ("tracker", "tracker, ten best", "no memory")}
    for number in range(options.scenes):
        rng = np.random.default_rng([options.seed, number])
        with table(grained(rng)) as made:
            try:
                (pile if number % 2 else packed)(made, draw_specs(dict(SUITES["mixed"]), 6, rng, False), rng, 0.45)
            except UnrestError:
                continue
            fly(made, rng, options.looks, not options.no_poses, shares)
        done = ", ".join(f"{name} {np.mean(values):.2f}" for name, values in shares.items() if values)
        print(f"\r{number + 1} of {options.scenes} scenes: {done}", end="", flush=True)
    print()


def fly(made: Table, rng: np.random.Generator, looks: int, posed: bool, shares: dict[str, list[float]]) -> None:
    """One flight over one table."""
    tracker, before, alone, first = Tracker(), list[Placed](), list[Placed](), Pose.identity()
    start, turn = rng.uniform(-np.pi, np.pi), rng.uniform(0.035, 0.055)
    for look in range(looks):
        around, plumb = start + turn * look, 0.6 + 0.15 * np.sin(0.5 * look)
        camera = camera_at(eye_at(around, plumb, 0.75), np.array((0, 0, 0.03)), 600.0)
        image = made.photo(camera, rng)
        first = first if look or posed else camera.T_base_camera
        shown = image if posed else DepthImage(image.depth, image.k, color=image.color, name=image.name)
        tracked, once = tracker.plan([shown]), plan([image])
        new, new_alone = poses(tracked, first), poses(once, Pose.identity())
        if look and before and alone:
            shares["tracker"].append(found_again(before[:TOP], new))
            shares["tracker, ten best"].append(found_again(before[:TOP], new[:AMONG]))
            shares["no memory"].append(found_again(alone[:TOP], new_alone))
        before, alone = new, new_alone


def poses(found: GraspPlan, move: Pose) -> list[Placed]:
    return [(grasp.tool, move @ found.T_base_tool(grasp)) for grasp in found.grasps]


def found_again(old: list[Placed], new: list[Placed]) -> float:
    return float(np.mean([any(_same(a, b) for b in new) for a in old]))


def _same(a: Placed, b: Placed) -> bool:
    cosine = ((a[1].rotation * b[1].rotation).sum() - 1) / 2
    return bool(a[0] is b[0] and np.linalg.norm(a[1].position - b[1].position) < NEAR and cosine > ALIKE)


if __name__ == "__main__":
    main()
