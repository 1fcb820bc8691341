"""The judge of planned plans tells a bad one."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.planning import attempt, best_grasps, bin_scene, standard_planner
from benchmarks.verified import Verdict, item_touches, judge
from handpick.layout import standard_layout


@pytest.fixture(scope="module")
def planned():
    planner, scene = standard_planner(), bin_scene(standard_layout(), 1)
    for grasp in best_grasps(scene, planner.arm, 1):
        plan, _ = attempt(planner, grasp, scene, planner.rest)
        if plan is not None:
            return planner, scene, grasp, plan
    raise AssertionError("no grasp of this bin can be planned")


def lowered(carry):
    """The same carry, its shoulder bent by 0.25 rad more halfway: down through the totes' walls."""
    bend = np.array([0, 0.25, 0, 0, 0, 0, 0]) * np.sin(np.pi * carry.times / carry.duration)[:, None]
    return replace(carry, positions=carry.positions + bend)


def test_an_item_that_is_drawn_through_a_wall_is_told(planned):
    planner, scene, grasp, plan = planned
    item = scene.item(grasp.item)
    assert not item_touches(planner.arm, planner.workspace.staging.boxes, item, plan.carry.motion)
    assert item_touches(planner.arm, planner.workspace.staging.boxes, item, lowered(plan.carry.motion))


def test_a_hurried_motion_breaks_limits_and_one_that_begins_elsewhere_steps(planned):
    planner, scene, grasp, plan = planned
    good, bad = Verdict(), Verdict()
    judge(good, planner.arm, planner.workspace.staging.boxes, scene, grasp, plan, planner.rest)
    assert not any(good.broken.values())
    hurried = replace(plan, steps=tuple(s.slowed(1 / 3) if s is plan.carry else s for s in plan.steps))
    judge(bad, planner.arm, planner.workspace.staging.boxes, scene, grasp, hurried, planner.rest + 0.01)
    assert bad.broken["step"] and bad.broken["velocity"] and bad.broken["hold"]
