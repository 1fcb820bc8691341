"""An item is set aside in the tote that it lies in, and not on what is to be freed."""

import numpy as np
import pytest

from benchmarks.reflexes import sucked
from benchmarks.support.scenes import box, make_scene
from grasping.skills.aside import Aside, asides
from handpick.layout import standard_layout
from motion.planner import Planner
from motion.planning.source_heights import source_heights
from motion.robot.arm import Arm
from motion.skills.aside import kept_free

LAYOUT, ARM = standard_layout(), Arm()


def test_an_item_is_put_down_in_its_tote_and_off_the_items_that_are_to_be_free():
    planner = Planner(ARM, LAYOUT.source, LAYOUT.destination, LAYOUT.obstacles, LAYOUT.cameras)
    solids = [
        box((0.10, 0.02, 0.031), (0.12, 0.08, 0.06), (0, 0, 0.5)),
        box((-0.12, 0.0, 0.021), (0.20, 0.20, 0.04), (0, 0, 0)),
    ]
    scene = make_scene(solids, tote=LAYOUT.source, spacing=0.006)
    grasp = sucked(scene.items[0], ARM)
    move = asides([grasp], free=[scene.items[1].id])[0]
    assert isinstance(move.skill, Aside) and not move.skill.leaves_tote
    plan = planner.plan(move, scene, planner.rest)
    end = plan.ending.T_base_release
    moved = (end @ grasp.T_base_tool.inverse()).apply(scene.items[0].points)
    assert LAYOUT.source.contains(moved).mean() > 0.99
    assert plan.carry.passed is None
    local = LAYOUT.source.T_base_tote.inverse().apply(moved)
    target = LAYOUT.source.T_base_tote.inverse().apply(scene.items[1].points)
    low, high = (np.stack([getattr(some[:, :2], end)(axis=0) for some in (local, target)]) for end in ("min", "max"))
    apart = np.maximum(low[0] - high[1], low[1] - high[0])
    assert apart.max() > -1e-3  # side by side, seen from above


def test_no_room_is_left_over_what_is_to_be_free():
    scene = make_scene([box((0.05, 0.02, 0.031), (0.12, 0.08, 0.06), (0, 0, 0.5))], tote=LAYOUT.source, spacing=0.006)
    floor = source_heights(scene, -1)
    kept = kept_free(floor, scene, (scene.items[0].id,))
    raised = kept.height > floor.height
    assert np.isclose(kept.height[raised], LAYOUT.source.inner[2]).all()
    assert 0.5 < raised.sum() * floor.cell**2 / (0.12 * 0.08) < 1.6


def test_nor_beside_it_where_fingers_are_to_go_down():
    scene = make_scene([box((0.05, 0.02, 0.031), (0.12, 0.08, 0.06), (0, 0, 0.0))], tote=LAYOUT.source, spacing=0.006)
    floor = source_heights(scene, -1)
    over, beside = (kept_free(floor, scene, (scene.items[0].id,), room).height > floor.height for room in (0.0, 0.03))
    assert (beside | ~over).all()
    around = [int(np.ptp(np.nonzero(kept)[axis])) for axis in (0, 1) for kept in (over, beside)]
    assert around[1] - around[0] == around[3] - around[2] == 6  # cells of a centimetre, on both sides
    nothing = kept_free(floor, scene, (), 0.03)
    np.testing.assert_array_equal(nothing.height, floor.height)


def test_where_all_room_is_beside_it_the_item_is_put_down_there(monkeypatch):
    asked = []
    wide = lambda floor, scene, items, beside=0.0: asked.append(beside) or kept_free(floor, scene, items, 10 * beside)
    monkeypatch.setattr("motion.skills.aside.kept_free", wide)
    planner = Planner(ARM, LAYOUT.source, LAYOUT.destination, LAYOUT.obstacles, LAYOUT.cameras)
    long = LAYOUT.source.inner[0] - 0.02
    solids = [
        box((0.0, -0.14, 0.031), (0.12, 0.06, 0.06), (0, 0, 0)),
        box((0.0, 0.065, 0.061), (long, 0.25, 0.12), (0, 0, 0)),
    ]
    scene = make_scene(solids, tote=LAYOUT.source, spacing=0.006)
    grasp = sucked(scene.items[0], ARM)
    move = asides([grasp], free=[scene.items[1].id])[0]
    plan = planner.plan(move, scene, planner.rest)
    moved = (plan.ending.T_base_release @ grasp.T_base_tool.inverse()).apply(scene.items[0].points)
    assert LAYOUT.source.contains(moved).mean() > 0.99
    assert asked == [pytest.approx(0.016), 0.0]
