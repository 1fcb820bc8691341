"""A skill that nobody else knows is planned and executed by its rows in the tables alone."""

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import ClassVar

import numpy as np
import pytest

from benchmarks.support.bench import box_spec
from benchmarks.support.scenes import Solid, box, make_scene
from grasping.skill import Lift, Skill
from grasping.tools import DualTool, Tool
from handpick.outcome import Result
from handpick.picking.contact_sensing import Touch
from handpick.picking.execute import RISE, execute
from handpick.picking.follow import follow
from handpick.picking.grip import Hold
from handpick.picking.stopwatch import Stopwatch
from motion.planner import Planner
from motion.planning.step import Landing, Step
from motion.planning.step import Touch as TouchGuard
from motion.planning.task import Way
from motion.skills.lift import LiftPlanner
from motion.skills.table import PLANNERS
from motion.timing.verify import usage
from perception.watch.intent import Phase
from sim.cell import SimCell
from sim.items.damage_classes import BOXED
from sim.render.renderer import make_renderer
from tests.support.planning import ARM, LAYOUT, ONE, PLANNER, height_map, top_grasp

SIZE = (0.12, 0.10, 0.05)
SPEED = 0.05  # m/s


@dataclass(frozen=True, eq=False)
class Lower(Skill):
    """Stop `height` metres over the item, then go straight down to it, slowly."""

    name: ClassVar[str] = "lower"
    paced: ClassVar[bool] = False

    height: float


class LowerPlanner(LiftPlanner):
    """Plans picks with one more step between approach and grip."""

    def entry_paths(self, grasp, T_last_grasp, lift):
        up = -grasp.skill.height * grasp.T_base_tool.rotation[:, 2]
        return (self.router.line(lift[0], T_last_grasp, up, 0.002)[::-1],)

    def entry(self, task):
        stage, anywhere = self.staging.coming(task), (np.inf, np.inf)
        stage.check(task.entry[0], *anywhere)
        motion, _ = self.staging.timed(Way(stage, task.entry[0], anywhere), (np.inf, 0.0), gently=SPEED)
        return (Step(Phase.GRIP, TouchGuard(), motion),)


SKILLS = {**PLANNERS, Lower: LowerPlanner}


def planner(skills=SKILLS):
    return Planner(ARM, LAYOUT.source, LAYOUT.destination, LAYOUT.obstacles, LAYOUT.cameras, skills=skills)


@pytest.mark.parametrize("height", [0.02, 0.06])
def test_a_new_skill_is_planned_by_its_own_planner(height):
    grasp = replace(top_grasp(ONE, 0, Tool.SUCTION), skill=Lower(height))
    plan = planner().plan(grasp, ONE, PLANNER.rest)
    approach, down, grip, carry, release = plan.steps
    phases = [step.phase for step in plan.steps]
    assert phases == [Phase.APPROACH, Phase.GRIP, Phase.GRIP, Phase.CARRY, Phase.RELEASE]
    assert grip.trajectory is release.trajectory is None and plan.carry is carry
    for before, after in pairwise([approach, down, carry]):
        np.testing.assert_allclose(before.motion.positions[-1], after.motion.positions[0], atol=1e-6)
    tool = np.array([ARM.T_base_tool(q, Tool.SUCTION).position for q in down.motion.positions])
    np.testing.assert_allclose(tool[0] - tool[-1], (0, 0, height), atol=1e-3)
    assert down.motion.duration > height / SPEED
    assert max(usage(ARM, down.motion).values()) <= 1.0
    assert isinstance(carry.guard, Landing) and not carry.paced


def test_the_other_skills_are_planned_as_ever_beside_it():
    grasp = top_grasp(ONE, 0, Tool.SUCTION)
    plans = [asked.plan(grasp, ONE, PLANNER.rest) for asked in (planner(), PLANNER)]
    assert isinstance(grasp.skill, Lift)
    for mine, theirs in zip(*(plan.steps for plan in plans), strict=True):
        assert (mine.phase, mine.guard, mine.commands) == (theirs.phase, theirs.guard, theirs.commands)
        if mine.trajectory is not None:
            np.testing.assert_array_equal(mine.motion.positions, theirs.motion.positions)


def test_a_new_skill_is_executed_as_any_other():
    renderer = make_renderer()
    specs = [box_spec(SIZE, 0.3, fragility=BOXED)]
    cell = SimCell.build(LAYOUT, DualTool(), specs, renderer, np.random.default_rng(0))
    T_tote_box = LAYOUT.source.T_base_tote.inverse() @ cell._world.items[0].pose()
    solid: Solid = replace(box((0, 0, 0), SIZE), T_tote_solid=T_tote_box)
    scene = replace(make_scene([solid], tote=LAYOUT.source), destination=height_map())
    grasp = replace(top_grasp(scene, 0, Tool.SUCTION), skill=Lower(0.05))
    plan, watch = planner().plan(grasp, scene, cell.state().positions), Stopwatch(cell)
    done = execute(cell, plan, grasp, DualTool(), Touch(ARM), Hold(), watch)
    follow(cell, plan.retreat.approach.motion.begun_at(cell.state().positions, RISE))
    truth = cell.truth()
    cell.close()
    renderer.close()
    assert (done.result, done.cause) == (Result.PLACED, None) and done.released is not None
    assert [*watch.stages] == ["approach", "grip", "carry", "release"]
    assert watch.stages["grip"] > plan.steps[1].motion.duration - 0.5  # the cup seals a little before the end
    assert truth.items[0].placed_undamaged, truth.events
