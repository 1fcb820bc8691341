"""What stands at a wall is lifted up and away from it."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.support.scenes import box, make_scene
from grasping.tools import Tool
from motion.planning.lift_direction import LEAN, NEAR, lift_axis
from motion.planning.probe import RISE
from perception.watch.intent import Phase
from tests.support.planning import ARM, LAYOUT, PLANNER, height_map, top_grasp

TOTE = LAYOUT.source
HALF = TOTE.inner[:2] / 2


def corners(centre, size=(0.10, 0.06, 0.04)):
    """Those of a box that stands at a centre (x, y) of the tote's frame, in the base frame."""
    signs = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (0, 1)])
    return TOTE.T_base_tote.apply(np.array((*centre, 0.0)) + signs * np.array(size) / (2, 2, 1))


def test_the_lift_leans_away_from_every_near_wall_and_only_from_those():
    free = lift_axis(TOTE, corners((0, 0)))
    assert free == pytest.approx((0, 0, 1))
    at_wall = TOTE.T_base_tote.inverse().rotate(lift_axis(TOTE, corners((HALF[0] - 0.05, 0))))
    assert at_wall[:2] / at_wall[2] == pytest.approx((-LEAN, 0))
    in_corner = TOTE.T_base_tote.inverse().rotate(lift_axis(TOTE, corners((HALF[0] - 0.05, 0.03 - HALF[1]))))
    assert in_corner[:2] / in_corner[2] == pytest.approx((-LEAN, LEAN))
    roomy = corners((HALF[0] - 0.05 - 1.1 * NEAR, 0))
    assert lift_axis(TOTE, roomy) == pytest.approx((0, 0, 1))
    above = np.add(corners((HALF[0] - 0.05, 0)), (0, 0, TOTE.inner[2] + 0.01))
    assert lift_axis(TOTE, above) == pytest.approx((0, 0, 1))
    across = corners((0, 0), (0.10, 2 * HALF[1] - 0.01, 0.04))  # there is no way out of between two walls but up
    assert lift_axis(TOTE, across) == pytest.approx((0, 0, 1))


@pytest.mark.parametrize("side", [(1, 0), (-1, 0), (0, 1), (0, -1)])
def test_an_item_at_a_wall_never_moves_towards_it_before_it_is_over_the_rim(side):
    size = np.array((0.10, 0.06, 0.04))
    centre = np.array(side) * (HALF - size[:2] / 2)
    scene = replace(make_scene([box((*centre, size[2] / 2), size)], tote=TOTE, spacing=0.006), destination=height_map())
    grasp = top_grasp(scene, 0, Tool.SUCTION)
    plan = PLANNER.plan(grasp, scene, PLANNER.rest)
    T_base_start = ARM.T_base_tool(plan.carry.motion.positions[0], grasp.tool)
    held = T_base_start.inverse().apply(corners(centre, size))
    gap, lowest = [], []
    for q in plan.carry.motion.positions[::20]:
        points = TOTE.T_base_tote.inverse().apply(ARM.T_base_tool(q, grasp.tool).apply(held))
        lowest.append(points[:, 2].min())
        gap.append((np.array(side) @ HALF) * np.sign(sum(side)) - (points[:, :2] @ np.array(side)).max())
    gap, lowest = np.array(gap), np.array(lowest)
    over = int(np.argmax(lowest > TOTE.inner[2])) if (lowest > TOTE.inner[2]).any() else len(gap)
    assert gap[:over].min() > gap[0] - 1e-3
    assert gap[:over].max() > 0.005


def test_a_probing_lift_leans_away_from_the_wall_too():
    size = np.array((0.10, 0.06, 0.04))
    centre = np.array((1, 0)) * (HALF - size[:2] / 2)
    scene = replace(make_scene([box((*centre, size[2] / 2), size)], tote=TOTE, spacing=0.006), destination=height_map())
    grasp = replace(top_grasp(scene, 0, Tool.SUCTION), probe=True)
    plan = PLANNER.plan(grasp, scene, PLANNER.rest)
    probe = next(step for step in plan.steps if step.phase is Phase.PROBE)
    tool = [ARM.T_base_tool(probe.motion.positions[row], grasp.tool).position for row in (0, -1)]
    way = TOTE.T_base_tote.inverse().rotate(tool[1] - tool[0])
    assert way[2] == pytest.approx(RISE, abs=1e-3) and way[0] == pytest.approx(-LEAN * RISE, abs=1e-3)
    np.testing.assert_allclose(plan.carry.motion.positions[0], probe.motion.positions[-1], atol=1e-9)
    np.testing.assert_allclose(probe.undo.positions[-1], probe.motion.positions[0], atol=1e-9)
