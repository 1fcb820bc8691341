"""Carry items in the physics in ever weaker grasps, and print how weak each must be before it really lets go.

    python -m benchmarks.holds [--cases 40] [--seed 0] [--jobs 2]

A solid box (0.1 to 0.9 kg, known to the planner as it is) is picked from the floor of the source tote by a random
grasp, and carried by the motion planned for that. The model says how strong the grasp must be for that motion: so
many pascals of vacuum, or so much friction at that force of the fingers. The same motion is then carried out in the
physics with 1.5 times that strength (as planned), with just that, and with more or less, to find the least at which the
box neither shifts in the tool nor is lost. A ratio below 1 means that it stays in a grasp of which the model says that
it fails.
"""

from __future__ import annotations

import argparse
import gc
import multiprocessing
from bisect import bisect_left
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.random import Generator
from scipy.spatial.transform import Rotation

from benchmarks.durations import in_hand
from benchmarks.planning import standard_planner
from benchmarks.support.bench import box_spec
from benchmarks.support.scenes import box, make_scene
from grasping.contact.wrench_limits import MOTION_SAFETY, WEAK, rest_share
from grasping.grasp import Grasp, Load
from grasping.propose import propose
from grasping.skill import Lift
from grasping.tools import DualTool, Tool
from handpick.layout import standard_layout
from handpick.picking.contact_sensing import Touch
from handpick.picking.execute import run
from handpick.picking.follow import follow
from handpick.picking.grip import Hold
from handpick.picking.guards import Hand, sentry_of
from handpick.picking.monitor import CLOSED
from motion.errors import PlanError
from motion.plan import Plan
from motion.planning.step import Step
from motion.robot.arm import Arm
from perception.pose import Pose
from sim.cell import SimCell
from sim.render.base import Renderer
from sim.render.renderer import make_renderer
from sim.world import World

TOOL = DualTool()
LESS, MORE = np.arange(0.1, 0.95, 0.1), np.arange(1.1, MOTION_SAFETY + 0.05, 0.1)  # of what the model asks for
SHIFTED, TURNED = 0.015, np.deg2rad(20)  # metres and radians in the tool from which a box has not been held
SETTLING = 120  # steps


@dataclass(frozen=True)
class Case:
    """A box on the floor, how it is picked, and the share of the grasp's raw strength that the model asks for."""

    size: tuple[float, float, float]
    T_base_box: Pose
    grasp: Grasp
    plan: Plan
    asked: float


@dataclass(frozen=True)
class Finding:
    """Whether a box was held by its grasp as planned, and the least strength that held it; inf where none did."""

    tool: Tool
    planned: bool
    least: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=40, help="of each tool")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    tasks = [(tool, arguments.seed + number) for number in range(arguments.cases) for tool in Tool]
    found: list[Finding] = []
    with multiprocessing.get_context("spawn").Pool(arguments.jobs) as pool:
        try:
            for finding in pool.imap(judge, tasks):
                found.append(finding)
                print(f"\r{len(found)} of {len(tasks)} grasps", end="", flush=True)
        except KeyboardInterrupt:
            pass
    print("\rgrasps that hold, and the least strength that does, over what the model asks for")
    columns = "grasps", f"at {MOTION_SAFETY}, as planned", "at 1.0", "p5", "p50", "p95", "most"
    print(" " * 10 + "{:>8}{:>22}{:>9}{:>8}{:>6}{:>6}{:>6}".format(*columns))
    for tool in Tool:
        of_tool = [finding for finding in found if finding.tool is tool]
        if of_tool:
            least = np.array([finding.least for finding in of_tool])
            held = f"{sum(finding.planned for finding in of_tool):22}{(least < 1.05).sum():9}"
            spread = "{:8.1f}{:6.1f}{:6.1f}{:6.1f}".format(*np.percentile(least, (5, 50, 95, 100), method="higher"))
            print(f"{tool.value:10}{len(of_tool):8}{held}{spread}")


def judge(task: tuple[Tool, int]) -> Finding:
    """Weaken one grasp until it lets go."""
    tool, seed = task
    gc.collect()  # cells are rings of references, 10 MB each, which would be left for long
    case = random_case(tool, np.random.default_rng(seed))
    return Finding(tool, stays(case, MOTION_SAFETY), least_strength(case))


def least_strength(case: Case) -> float:
    """The least of the strengths, in steps of a tenth, at which a box stays: by halving, as more holds better."""
    strengths, otherwise = (LESS, 1.0) if stays(case, 1.0) else (MORE, np.inf)
    first = bisect_left(strengths, True, key=lambda strength: stays(case, float(strength)))
    return float((*strengths, otherwise)[first])


def random_case(tool: Tool, rng: Generator) -> Case:
    """A random box and one of the grasps that are proposed for it, whose pick is planned for the box as it is."""
    layout, planner = standard_layout(), standard_planner()
    while True:
        size = tuple(float(edge) for edge in rng.uniform((0.06, 0.05, 0.04), (0.16, 0.12, 0.10)))
        middle = (*rng.uniform(-0.08, 0.08, 2), size[2] / 2)
        yaw, mass = rng.uniform(-np.pi, np.pi), rng.uniform(0.1, 0.9)
        scene = make_scene([box(middle, size, (0, 0, yaw))], tote=layout.source)
        options = propose(scene, TOOL, frozenset({tool}))
        plain = [grasp for grasp in options if isinstance(grasp.skill, Lift)]
        if not plain:
            continue
        grasp = plain[int(rng.integers(len(plain)))]
        T_base_box = layout.source.T_base_tote @ Pose.from_euler(middle, (0, 0, yaw))
        grasp = replace(grasp, load=true_load(size, mass, grasp.T_base_tool.inverse() @ T_base_box))
        if rest_share(grasp.load, grasp.limits, grasp.T_base_tool) > WEAK:
            continue
        try:
            plan = planner.plan(grasp, scene, planner.rest)
        except PlanError:
            continue
        return Case(size, T_base_box, grasp, plan, asked(grasp, plan))


def true_load(size: tuple[float, ...], mass: float, T_tool_box: Pose) -> Load:
    """A solid box of `size` metres as the load of a grasp; nothing about it is uncertain."""
    squares, R = np.square(size), T_tool_box.rotation
    inertia = R @ np.diag(mass / 12 * (squares.sum() - squares)) @ R.T
    return Load(mass, T_tool_box.position, inertia, (mass, mass))


def asked(grasp: Grasp, plan: Plan) -> float:
    """The greatest share of the grasp's raw strength that its carry takes, by the model."""
    carry = plan.carry.motion
    _, hold = in_hand(standard_planner().arm, grasp, plan.gripping)
    return float(hold.shares(carry.positions, carry.velocities, carry.accelerations).max()) / MOTION_SAFETY


def stays(case: Case, strength: float) -> bool:
    """Whether the physics' box stays in the tool where the grasp has `strength` times what the model asks for."""
    cup, gripper, share = TOOL.cup, TOOL.gripper, strength * case.asked
    suction = case.grasp.tool is Tool.SUCTION
    friction = cup.friction if suction else share * gripper.friction
    world = World(standard_layout())
    item = world.spawn(box_spec(case.size, case.grasp.load.mass, friction), case.T_base_box)
    for _ in range(SETTLING):
        world.step()
    rest = tuple(float(angle) for angle in standard_planner().rest)
    cell = SimCell(world, TOOL, renderer(), np.random.default_rng(0), start=rest)
    cell.start_judging()
    try:
        grasp = case.grasp
        touch, hold = Touch(standard_planner().arm), Hold()
        hand, carried = Hand(cell, grasp, TOOL, touch, hold), case.plan.steps.index(case.plan.carry)
        steps = [pumped(step, share) if suction else step for step in case.plan.steps[:carried]]
        if any(run(step, sentry_of(step, hand), lambda: None, CLOSED) for step in steps):
            return False
        before = in_tool(cell, touch.arm, grasp.tool, item.pose())
        carry = case.plan.carry.motion.begun_at(cell.state().positions)
        if not follow(cell, carry, lambda state, way: hold.there(grasp, state)):
            return False
        moved = before.inverse() @ in_tool(cell, touch.arm, grasp.tool, item.pose())
        turned = Rotation.from_matrix(moved.rotation).magnitude()
        return bool(np.linalg.norm(moved.position) < SHIFTED and turned < TURNED)
    finally:
        cell.close()


def pumped(step: Step, share: float) -> Step:
    """A step in which the pump reaches so much less vacuum."""
    told = (replace(at, command=replace(at.command, vacuum=share * at.command.vacuum)) for at in step.commands)
    return replace(step, commands=tuple(told))


def in_tool(cell: SimCell, arm: Arm, tool: Tool, T_base_item: Pose) -> Pose:
    """Where an item is in the tool's frame."""
    return arm.T_base_tool(cell.state().positions, tool).inverse() @ T_base_item


@cache
def renderer() -> Renderer:
    """One for each process; a cell asks for one, though nothing looks here."""
    return make_renderer()


if __name__ == "__main__":
    main()
