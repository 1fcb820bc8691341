"""Plan ways from tote to tote with our RRT-Connect and with OMPL's, on the same scenes, and print the ratio.

    pip install ompl==2.0.1
    python -m benchmarks.peers [--problems 60] [--seed 0]

Each problem goes from low over an item of a random bin to low in the destination tote, past the totes' walls, the
cameras, the table and the bin's items as boxes. OMPL (BSD-3) plans as integrators use it: RRT-Connect with coal on the
robot's exact solids, and its own shortcuts. Ours plans with spheres, shortcuts, and asks coal last. Both answers are
checked by coal at 0.01 rad.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from benchmarks.support.scenes import clutter
from grasping.tools import Tool
from handpick.layout import standard_layout
from motion.collision.distance_field import Field
from motion.collision.exact import ExactChecker
from motion.collision.robot_spheres import body
from motion.collision.spheres import Checker, Obstacles
from motion.errors import PlanError, Unreachable
from motion.paths.rrt_connect import connect, densified
from motion.robot.arm import Arm
from motion.robot.panda_ik import PandaInverse
from perception.pose import Array, Pose
from perception.tote import Box, Tote

OPENING = 0.08  # of the fingers, metres
OVER = 0.03, 0.10  # how far over an item, or over the destination's floor, the fingertips are
GAP = 0.008  # metres that both planners keep, since edges are checked at steps
LONGEST = 2.0  # seconds for OMPL
CHECK = 0.05  # rad between two configurations that a planner checks
READY = np.array((0.0, -0.4, 0.0, -2.2, 0.0, 1.8, 0.8))  # near which the ends are looked for
FINE = 0.01  # rad between two that the judge checks


@dataclass(frozen=True, eq=False)
class Problem:
    """From a joint configuration (J,) to another, among boxes."""

    start: Array
    goal: Array
    boxes: tuple[Box, ...]


@dataclass(frozen=True, eq=False)
class Answer:
    """A polyline (K, J), None where none was found, and what it took in milliseconds."""

    path: Array | None
    milliseconds: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--problems", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    arm, rng = Arm(), np.random.default_rng(arguments.seed)
    problems = [random_problem(arm, rng) for _ in range(arguments.problems)]
    ours(arm, problems[0], rng)  # compiles
    planners: dict[str, Callable[[Arm, Problem, np.random.Generator], Answer]] = {"ours": ours, "OMPL": ompl}
    answers = {name: [plan(arm, problem, rng) for problem in problems] for name, plan in planners.items()}
    print(f"{len(problems)} problems      found  free by coal   ms p50     p95   joint length, rad (median)")
    for name, found in answers.items():
        paths = [answer.path for answer in found]
        free = sum(path is not None and is_free(arm, path, problem.boxes) for path, problem in zip(paths, problems))
        spent = np.percentile([answer.milliseconds for answer in found], (50, 95))
        lengths = [np.linalg.norm(np.diff(path, axis=0), axis=1).sum() for path in paths if path is not None]
        print(f"{name:16} {len(lengths):5d} {free:13d} {spent[0]:8.1f} {spent[1]:7.1f} {np.median(lengths):10.2f}")
    ratios = [o.milliseconds / p.milliseconds for o, p in zip(answers["ours"], answers["OMPL"])]
    print(f"ours / OMPL, time of each problem: median {np.median(ratios):.3f}, p95 {np.percentile(ratios, 95):.3f}")


def random_problem(arm: Arm, rng: np.random.Generator) -> Problem:
    """A solvable pair of ends: both free, reached by inverse kinematics."""
    layout, inverse = standard_layout(), PandaInverse(arm)
    while True:
        items = [solid for solid in clutter(rng) if solid.kind == "box"]
        source = layout.source.T_base_tote
        boxes = (
            *layout.source.boxes(),
            *layout.destination.boxes(),
            *layout.obstacles,
            *(Box(source @ solid.T_tote_solid, np.asarray(solid.size)) for solid in items),
        )
        checker, exact = sphere_checker(arm, boxes), ExactChecker(arm, OPENING, 0.0, boxes, GAP)
        target = items[int(rng.integers(len(items)))].T_tote_solid.position
        ends = []
        for tote, place in ((layout.source, target), (layout.destination, random_place(layout.destination, rng))):
            tip = tote.T_base_tote @ downward(np.add(place, (0, 0, rng.uniform(*OVER))), rng.uniform(-np.pi, np.pi))
            try:
                q = inverse.best(tip @ arm.T_last_tool(Tool.PINCH).inverse(), READY)
            except Unreachable:
                break
            if checker.hit(q) or exact.collision(q) is not None:
                break
            ends.append(q)
        if len(ends) == 2:
            return Problem(ends[0], ends[1], boxes)


def random_place(tote: Tote, rng: np.random.Generator) -> Array:
    return np.array([*rng.uniform(-0.3, 0.3, 2) * tote.inner[:2], 0.02])


def downward(position: Array, yaw: float) -> Pose:
    """A tool that points down, turned by `yaw`."""
    return Pose.from_euler(position, (0, 0, yaw)) @ Pose.from_euler((0, 0, 0), (np.pi, 0, 0))


def sphere_checker(arm: Arm, boxes: tuple[Box, ...]) -> Checker:
    return Checker(arm, body(arm, OPENING, 0.0), Obstacles(boxes, Field.empty(), Field.empty()), (GAP, GAP))


def ours(arm: Arm, problem: Problem, rng: np.random.Generator) -> Answer:
    """RRT-Connect and shortcuts among spheres, then coal's word on the way."""
    began = time.perf_counter()
    checker = sphere_checker(arm, problem.boxes)
    try:
        path = connect(problem.start, problem.goal, arm.limits.lower, arm.limits.upper, checker, rng)
        ExactChecker(arm, OPENING, 0.0, problem.boxes).verify(densified(path, CHECK))
    except PlanError:
        path = None
    return Answer(path, 1e3 * (time.perf_counter() - began))


def ompl(arm: Arm, problem: Problem, rng: np.random.Generator) -> Answer:
    """OMPL's RRT-Connect with coal as validity checker, then its simplification."""
    from ompl import base, geometric, util

    util.noOutputHandler()
    joints = len(problem.start)
    began = time.perf_counter()
    exact = ExactChecker(arm, OPENING, 0.0, problem.boxes, GAP)
    bounds = base.RealVectorBounds(joints)
    for joint in range(joints):
        bounds.setLow(joint, float(arm.limits.lower[joint]))
        bounds.setHigh(joint, float(arm.limits.upper[joint]))
    space = base.RealVectorStateSpace(joints)
    space.setBounds(bounds)
    setup = geometric.SimpleSetup(space)
    values = lambda state: np.array([state[joint] for joint in range(joints)])
    setup.setStateValidityChecker(lambda state: exact.collision(values(state)) is None)
    information = setup.getSpaceInformation()
    information.setStateValidityCheckingResolution(CHECK / space.getMaximumExtent())
    states = []
    for q in (problem.start, problem.goal):
        state = space.allocState()
        for joint in range(joints):
            state[joint] = float(q[joint])
        states.append(state)
    setup.setStartAndGoalStates(*states)
    setup.setPlanner(geometric.RRTConnect(information))
    if setup.solve(LONGEST) and setup.haveExactSolutionPath():
        setup.simplifySolution()
        path = np.array([values(state) for state in setup.getSolutionPath().getStates()])
    else:
        path = None
    return Answer(path, 1e3 * (time.perf_counter() - began))


def is_free(arm: Arm, path: Array, boxes: tuple[Box, ...]) -> bool:
    """Whether a polyline (K, J) is free of boxes at every FINE rad, by coal."""
    exact = ExactChecker(arm, OPENING, 0.0, boxes)
    return all(exact.collision(q) is None for q in densified(path, FINE))


if __name__ == "__main__":
    main()
