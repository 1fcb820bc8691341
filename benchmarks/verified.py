"""Plan picks in random bins and judge every motion at 1 kHz by means that the planner does not use.

    python -m benchmarks.verified [--plans 200] [--seed 0] [--jobs 2] [--arm panda]

Velocities, accelerations and jerks are differences of the sent positions; torques come from them by Pinocchio; the
exact solids of arm and tool meet totes, table and cameras by coal every 2 ms, and the item in hand, exact too, meets
them from where it was lifted to where it is lowered. Prints the greatest share of each limit, how many plans break
one, and the seeds of the bins in which any does. Interrupted, it prints what it has.
"""

from __future__ import annotations

import argparse
import multiprocessing
from dataclasses import dataclass, field
from functools import partial

import coal
import numpy as np
from scipy.interpolate import CubicHermiteSpline
from scipy.spatial import ConvexHull

from benchmarks.durations import in_hand
from benchmarks.planning import attempt, best_grasps, bin_scene, standard_planner
from grasping.grasp import Grasp
from grasping.tools import Tool
from handpick.layout import standard_layout
from motion.collision.exact import ExactChecker
from motion.errors import InCollision
from motion.plan import Plan
from motion.planning.step import RodYields
from motion.planning.task import ready
from motion.robot.arm import Arm
from motion.robot.tool_state import ToolState
from motion.trajectory import Trajectory, joined
from perception.pose import Array, Pose
from perception.scene import ItemShape, Scene
from perception.tote import Box
from perception.watch.intent import Phase

RATE = 1e-3  # seconds
CONTACTS = 2  # of those between two tests for contact
LIFTED = 0.05  # metres from its ends within which the item may touch what it lies on
LIMITS = "position", "velocity", "acceleration", "jerk", "torque", "hold"


@dataclass
class Verdict:
    """What the plans of one bin or more came to."""

    planned: int = 0
    refused: int = 0
    seconds: float = 0.0
    greatest: dict[str, float] = field(default_factory=lambda: dict.fromkeys(LIMITS, 0.0))
    broken: dict[str, int] = field(default_factory=lambda: dict.fromkeys((*LIMITS, "step", "arm", "item"), 0))
    seeds: list[int] = field(default_factory=list)

    def add(self, other: Verdict) -> None:
        self.planned += other.planned
        self.refused += other.refused
        self.seconds += other.seconds
        for name, share in other.greatest.items():
            self.greatest[name] = max(self.greatest[name], share)
        for name, count in other.broken.items():
            self.broken[name] += count
        self.seeds += other.seeds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plans", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--arm", default="panda", help="panda, ur5e or an arm's folder")
    arguments = parser.parse_args()
    total = Verdict()
    seeds = range(arguments.seed, arguments.seed + arguments.plans)  # more than enough: a bin gives several plans
    with multiprocessing.get_context("spawn").Pool(arguments.jobs) as pool:
        try:
            for verdict in pool.imap(partial(judge_bin, arm=arguments.arm), seeds):
                total.add(verdict)
                print(f"\r{total.planned} of {arguments.plans} plans", end="", flush=True)
                if total.planned >= arguments.plans:
                    break
        except KeyboardInterrupt:
            pass
    print(f"\r{total.planned} picks, {total.seconds:.0f} s at 1 kHz; {total.refused} refused by name")
    for name in LIMITS:
        share, broken = total.greatest[name], total.broken[name]
        print(f"{name:14} greatest share of its limit {share:.3f}, broken by {broken} plans")
    print(f"steps between plans {total.broken['step']}")
    print(f"contacts of arm or tool {total.broken['arm']}, of the item in hand {total.broken['item']}")
    if total.seeds:
        print(f"bins in which something was broken: {total.seeds}")


def judge_bin(seed: int, arm: str = "panda") -> Verdict:
    """Plan every item of a random bin, and judge the plans."""
    planner = standard_planner(arm=arm)
    robot, layout = planner.arm, standard_layout(base_height=planner.arm.description.base_height)
    scene, verdict, positions = bin_scene(layout, seed), Verdict(), planner.rest
    for grasp in best_grasps(scene, robot, seed):
        plan, _ = attempt(planner, grasp, scene, positions)
        if plan is None:
            verdict.refused += 1
            continue
        verdict.planned += 1
        judge(verdict, robot, planner.workspace.staging.boxes, scene, grasp, plan, positions)
        positions = plan.retreat.end
    verdict.seeds = [seed] if any(verdict.broken.values()) else []
    return verdict


def judge(
    verdict: Verdict, arm: Arm, boxes: tuple[Box, ...], scene: Scene, grasp: Grasp, plan: Plan, start: Array
) -> None:
    """Add the findings on one pick; start: joints (J,) before it.

    Where the tool changes meanwhile, arm and tool touch something if they would in either state.
    """
    lifting = [step.motion for step in plan.steps if step.phase in (Phase.PROBE, Phase.CARRY)]
    loaded, hold = in_hand(arm, grasp, plan.gripping)
    travel = float(grasp.tool is Tool.SUCTION)
    coming, held = ready(grasp), ToolState(grasp.opening if travel else grasp.width, travel)
    sinking = (coming, ToolState(grasp.opening, 0.0))  # the cup, out at first, sinks in as the fingers go down
    parts = [
        (plan.approach.motion, (coming,), arm),
        *((step.motion, sinking, arm) for step in plan.steps if isinstance(step.guard, RodYields)),
        *((motion, (held,), loaded) for motion in lifting),
        (plan.retreat.approach.motion, (plan.ending.released,), arm),
    ]
    for part, states, bearer in parts:
        q, v, a, jerk = differences(part)
        limits = arm.limits
        middle, half = (limits.upper + limits.lower) / 2, (limits.upper - limits.lower) / 2
        shares = {
            "position": np.abs((q - middle) / half),
            "velocity": np.abs(v) / limits.velocity,
            "acceleration": np.abs(a) / limits.acceleration,
            "jerk": np.abs(jerk) / limits.jerk,
            "torque": np.abs(bearer.torques(q, v, a)) / limits.torque,
        }
        if bearer is loaded:
            shares["hold"] = hold.wrenches(q, v, a) @ grasp.limits.rows.T / grasp.limits.bounds
        for name, share in shares.items():
            verdict.greatest[name] = max(verdict.greatest[name], float(share.max()))
            verdict.broken[name] += int(share.max() > 1)
        verdict.broken["step"] += int(np.abs(part.positions[0] - start).max() > 1e-6)
        checkers = [ExactChecker(arm, state.opening, state.travel, boxes) for state in states]
        verdict.broken["arm"] += int(any(touches(checker, q[::CONTACTS]) for checker in checkers))
        verdict.seconds += part.duration
        start = part.positions[-1]
    verdict.broken["item"] += int(item_touches(arm, boxes, scene.item(grasp.item), joined(lifting)))


def differences(motion: Trajectory) -> tuple[Array, Array, Array, Array]:
    """Positions as sent at RATE, and their differences: velocity, acceleration (N, J) and jerk (N - 1, J)."""
    count = int(motion.duration / RATE)
    sent = CubicHermiteSpline(motion.times, motion.positions, motion.velocities)  # as `Trajectory.sample` gives them
    q = sent(np.minimum(RATE * np.arange(count + 1), motion.duration))
    padded = np.vstack([q[:1], q, q[-1:]])  # at rest before and after
    v = (padded[2:] - padded[:-2]) / (2 * RATE)
    a = (padded[2:] - 2 * padded[1:-1] + padded[:-2]) / RATE**2
    return q, v, a, np.diff(a, axis=0) / RATE


def touches(checker: ExactChecker, path: Array) -> bool:
    """Whether arm or tool touch something somewhere at configurations (N, J)."""
    try:
        checker.verify(path)
    except InCollision:
        return True
    return False


def item_touches(arm: Arm, boxes: tuple[Box, ...], item: ItemShape, carry: Trajectory) -> bool:
    """Whether the item's convex hull, shrunk by a millimetre, meets anything but near the ends of its way."""
    last = np.array([arm.links(q)[-1] for q in carry.positions[::CONTACTS]])
    T_last_item = Pose(last[0]).inverse() @ item.T_base_box
    places = last @ T_last_item.matrix
    way = places[:, :3, 3]
    away = (np.linalg.norm(way - way[0], axis=1) > LIFTED) & (np.linalg.norm(way - way[-1], axis=1) > LIFTED)
    body = convex(item.T_base_box.inverse().apply(item.vertices) * (1 - 0.001 / item.size))
    request, result = coal.CollisionRequest(), coal.CollisionResult()
    solids = [(coal.Box(*box.size), transform(box.T_base_box.matrix)) for box in boxes]
    for place in places[away]:
        T_base_item = transform(place)
        for solid, T_base_solid in solids:
            result.clear()
            if coal.collide(body, T_base_item, solid, T_base_solid, request, result):
                return True
    return False


def convex(points: Array) -> coal.Convex:
    """The convex hull of points (N, 3)."""
    hull = ConvexHull(points)
    number = {int(vertex): i for i, vertex in enumerate(hull.vertices)}
    corners, faces = coal.StdVec_Vec3s(), coal.StdVec_Triangle()
    for vertex in hull.vertices:
        corners.append(points[vertex])
    for face in hull.simplices:
        faces.append(coal.Triangle(*(number[int(vertex)] for vertex in face)))
    return coal.Convex(corners, faces)


def transform(matrix: Array) -> coal.Transform3s:
    return coal.Transform3s(np.ascontiguousarray(matrix[:3, :3]), np.ascontiguousarray(matrix[:3, 3]))


if __name__ == "__main__":
    main()
