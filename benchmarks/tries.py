"""The same grasps tried by the free-flying tool and by the arm, from the same state: do their outcomes agree?

python -m benchmarks tries --bins 8 --each 2
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from grasping.grasp import Grasp
from grasping.quality.contact_quality import ContactQuality
from grasping.tools import DualTool
from handpick.cell import CellStopped
from handpick.harm import HEADLINE
from handpick.loop import Picker
from handpick.outcome import Result
from handpick.picking.contact_sensing import Touch
from handpick.picking.execute import execute
from handpick.picking.outlook import View, calm_view
from handpick.picking.stack import Stack
from handpick.picking.stopwatch import Stopwatch
from motion.errors import PlanError
from motion.plan import Plan
from perception.perceiver import Perceiver
from perception.scene import Scene
from sim.bullet import pb
from sim.cell import SimCell
from sim.judge import Truth
from sim.plan import STEP, SimPlan, generators
from sim.render.renderer import make_renderer
from sim.suites import bin_specs
from sim.trial.attempt import attempt, flyable
from sim.trial.bench import Bench
from sim.trial.branch import branched
from sim.trial.rays import item_under
from training.options import draw, strata

MORE = 4  # candidates that are drawn for each that is tried: many have no plan
EVENTS = ("acquired", "held", "damaged before the release", "damaged")


@dataclass(frozen=True)
class Came:
    """What came of a grasp. early: damage before the tool let go; harm: all of it; fastest: of the carry, m/s^2."""

    acquired: bool
    held: bool
    early: tuple[str, ...]
    harm: tuple[str, ...]
    fastest: float

    def events(self) -> tuple[bool, ...]:
        return self.acquired, self.held, bool(self.early), bool(self.harm)


def by_arm(cell: SimCell, stack: Stack, grasp: Grasp, plan: Plan) -> Came:
    """The whole pick, as the pick loop runs it. The cell is spoiled afterwards."""
    before, began = len(cell.truth().events), cell.clock()
    released, held = np.inf, False
    try:
        done = execute(cell, plan, grasp, stack.tool, Touch(stack.arm), stack.hold, Stopwatch(cell))
        held = done.result is Result.PLACED
        released = np.inf if done.released is None else done.released
        cell.wait(0.5)
    except CellStopped:
        pass
    truth = cell.truth()
    early, harm = (told(truth, before, end) for end in (released, np.inf))
    return Came(bool(truth.moved(began, cell.clock())), held, early, harm, fastest(stack, plan))


def fastest(stack: Stack, plan: Plan) -> float:
    """The greatest acceleration of the last link as an item is carried, m/s^2."""
    motion = plan.carry.motion
    time = np.arange(0.0, motion.times[-1], 0.02)
    joints = np.column_stack([np.interp(time, motion.times, joint) for joint in motion.positions.T])
    places = np.array([stack.arm.links(q)[-1][:3, 3] for q in joints])
    if len(places) < 3:
        return 0.0
    return float(np.linalg.norm(np.diff(places, 2, axis=0), axis=1).max() / 0.02**2)


def by_flight(cell: SimCell, tool: DualTool, grasp: Grasp, scene: Scene, seed: int) -> Came:
    """The same by the free-flying tool, with the arm out of the way. The cell is spoiled afterwards."""
    world = cell._world
    bench = Bench(world, tool)  # first: PyBullet mistakes a body for a removed one of the same number
    pb.removeBody(cell._arm.body, physicsClientId=world.client)
    came = attempt(bench, grasp, scene, item_under(world, scene.item(grasp.item)), np.random.default_rng(seed))
    harm = told(bench.truth(), 0, np.inf)
    return Came(came.acquired, came.held, harm, harm, came.acceleration)


def told(truth: Truth, first: int, end: float) -> tuple[str, ...]:
    """What was damaged, and by what, from an event on and until a time."""
    found = [e for e in truth.events[first:] if e.under(HEADLINE) is not None and e.time <= end]
    return tuple(f"{e.family} {e.cause.value} {e.figure:.3g}/{e.threshold:.3g} {e.unit}" for e in found)


def pairs(suite: str, number: int, seed: int, each: int, most: int, stack: Stack) -> Iterator[tuple[Grasp, Came, Came]]:
    """Grasps of one bin, from full to empty, and what came of each by the arm and by flight."""
    plan = SimPlan(suite=suite, seed=seed)
    items, rng = generators(seed, number)
    renderer = make_renderer()
    cell = SimCell.build(plan.layout, plan.tool, bin_specs(suite, items), renderer, rng, STEP)
    stack = replace(stack, perceiver=Perceiver(plan.layout.source, plan.layout.destination, plan.layout.cameras))
    picker, chance = Picker(cell, stack), np.random.default_rng([seed, number])
    try:
        for state in range(most):
            view = calm_view(cell, stack.arm)
            scene = view.completed(stack.perceiver.perceive(view.frames, view.robot))
            for grasp, way in planned(stack, scene, view, each, chance):
                yield (
                    grasp,
                    branched(lambda: by_arm(cell, stack, grasp, way)),  # noqa: B023
                    branched(lambda: by_flight(cell, plan.tool, grasp, scene, state)),  # noqa: B023
                )
            picker.pick(state, last=True)
    except CellStopped:
        pass
    finally:
        cell.close()
        renderer.close()


def planned(
    stack: Stack, scene: Scene, view: View, each: int, rng: np.random.Generator
) -> Iterator[tuple[Grasp, Plan]]:
    """Up to `each` grasps that are drawn as outcomes are, and that the arm has a plan for."""
    left = each
    offers = strata(scene, stack.tool, ContactQuality(stack.tool)) if scene.items else []
    for one in rng.permutation(np.array(draw(offers, MORE * each, stack.tool, rng), object)):
        if not left:
            return
        if flyable(one.grasp, scene):
            try:
                yield one.grasp, stack.planner.plan(one.grasp, scene, view.positions, None)
                left -= 1
            except PlanError:
                continue


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--suites", default="mixed,boxes,books,bags")
    parser.add_argument("--bins", type=int, default=4)
    parser.add_argument("--each", type=int, default=2, help="grasps of a state")
    parser.add_argument("--states", type=int, default=8)
    parser.add_argument("--seed", type=int, default=77)
    options = parser.parse_args()
    suites, found = options.suites.split(","), []
    layout = SimPlan().layout
    stack = Stack.build(layout, DualTool(), SimPlan().allowed)
    for number in range(options.bins):
        suite = suites[number % len(suites)]
        for grasp, arm, flight in pairs(suite, number, options.seed, options.each, options.states, stack):
            found.append((arm.events(), flight.events()))
            names = f"{suite:6} {grasp.tool.value:8} {grasp.skill.name:6} {'probed' if grasp.probe else '':6}"
            print(f"{names} arm {mark(arm)} {arm.harm}, flight {mark(flight)} {flight.harm}", flush=True)
    report(np.array(found, bool))


def mark(came: Came) -> str:
    return f"{'acquired' if came.acquired else 'missed'} {'held' if came.held else ''} {came.fastest:.1f} m/s^2"


def report(found: np.ndarray) -> None:
    """Shares by arm and by flight, (N, 2, events), and the paired difference with its 95% interval."""
    print(f"{len(found)} grasps")
    for event, name in enumerate(EVENTS):
        arm, flight = found[:, 0, event].astype(float), found[:, 1, event].astype(float)
        off = flight - arm
        half = 1.96 * off.std() / np.sqrt(len(off))
        print(f"{name:28} arm {arm.mean():.2f} flight {flight.mean():.2f} difference {off.mean():+.2f} +- {half:.2f}")


if __name__ == "__main__":
    main()
