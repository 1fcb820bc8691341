"""What is moved promises no less, stays on its item, and opens the same cups."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.support.scenes import clutter, make_scene
from grasping.propose import propose
from grasping.quality.worth import Stakes
from grasping.refine import Refinement
from grasping.tools import DualTool, SuctionCup, Tool

BOTH = frozenset(Tool)
FOUR = DualTool(cup=SuctionCup(places=((-0.03, -0.03), (-0.03, 0.03), (0.03, -0.03), (0.03, 0.03))))


@pytest.fixture(scope="module")
def scene():
    return make_scene(clutter(np.random.default_rng(3)), noise=0.0004)


def best(grasps):
    return max(map(Stakes().gain, grasps))


@pytest.mark.parametrize(("tool", "tools"), [(DualTool(), BOTH), (FOUR, frozenset({Tool.SUCTION}))])
def test_the_best_of_a_scene_promises_no_less(tool, tools, scene):
    plain = propose(scene, tool, tools)
    moved = propose(scene, tool, tools, refinement=Refinement())
    assert best(moved) >= best(plain)
    assert {grasp.item for grasp in moved} == {grasp.item for grasp in plain}


def test_a_coarse_offer_gains_most(scene):
    """Where few sites were tried, moving the best of them makes up for part of it."""
    plain = propose(scene, DualTool(), frozenset({Tool.PINCH}))
    moved = propose(scene, DualTool(), frozenset({Tool.PINCH}), refinement=Refinement(most=8))
    assert best(moved) > best(plain)
    by_item = lambda grasps: {g.item: max(Stakes().gain(o) for o in grasps if o.item == g.item) for g in grasps}
    before, after = by_item(plain), by_item(moved)
    assert all(after[item] >= before[item] - 1e-9 for item in before)


def test_what_is_moved_stays_near_where_it_was(scene):
    steps = (6e-3, 3e-3)
    plain = np.array([g.T_base_tool.position for g in propose(scene, DualTool(), frozenset({Tool.SUCTION}), most=200)])
    moved = propose(scene, DualTool(), frozenset({Tool.SUCTION}), refinement=Refinement(steps=steps))
    for grasp in moved:
        assert np.linalg.norm(plain - grasp.T_base_tool.position, axis=1).min() < 0.03
        item = scene.item(grasp.item)
        assert np.linalg.norm(item.points - grasp.T_base_tool.position, axis=1).min() < 0.01


def test_the_same_scene_is_refined_the_same(scene):
    first, second = (propose(scene, DualTool(), BOTH, refinement=Refinement()) for _ in range(2))
    assert [g.T_base_tool.matrix.tobytes() for g in first] == [g.T_base_tool.matrix.tobytes() for g in second]
