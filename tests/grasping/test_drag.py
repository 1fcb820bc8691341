"""Dragging aside what covers others: the ways that are offered, and the motions."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.support.scenes import box, make_scene
from grasping.beliefs.overlap import Tops
from grasping.propose import propose
from grasping.skills.drag import Drag, drags, slides
from grasping.tools import Tool
from motion.errors import PlanError
from motion.skills.drag import RISE
from motion.timing.verify import usage
from tests.support.planning import ARM, LAYOUT, PLANNER

PILE = [box((x, y, 0.025), (0.12, 0.10, 0.05)) for x in (-0.20, -0.07, 0.06, 0.19) for y in (-0.06, 0.06)]
BOOK = box((-0.1, 0.0, 0.065), (0.16, 0.23, 0.03))


def scene_of(solids):
    return make_scene(solids, tote=LAYOUT.source)


def ways(solids, item=0, normal=(0.0, 0.0, 1.0)):
    scene = scene_of(solids)
    return list(slides(scene, Tops.of(scene.occupancy), scene.item(item), np.array(normal)))


def options(scene):
    return propose(scene, ARM.tool, frozenset({Tool.SUCTION}))


def test_a_book_on_a_pile_may_be_dragged_along_it_and_uncovers_what_it_leaves():
    found = ways([BOOK, *PILE])
    assert found
    T_tote_base = LAYOUT.source.T_base_tote.inverse()
    for way, uncovered in found:
        ahead = T_tote_base.apply(scene_of([BOOK]).item(0).points + way)
        assert (np.abs(ahead[:, :2]) < LAYOUT.source.inner[:2] / 2).all()
        far = np.linalg.norm(way[:2])
        assert 0.15 * far < uncovered < 0.25 * far * 1.5


def test_nothing_higher_is_pushed_along():
    beside = [box((-0.1 + side * 0.11, 0.0, 0.07), (0.04, 0.30, 0.14)) for side in (-1, 1)]
    beside += [box((-0.1, side * 0.145, 0.07), (0.16, 0.04, 0.14)) for side in (-1, 1)]
    assert not ways([BOOK, *beside])


def test_a_book_is_not_dragged_to_where_nothing_bears_it():
    alone = [BOOK, box((-0.1, 0.0, 0.025), (0.15, 0.22, 0.05))]
    assert not [way for way, _ in ways(alone) if np.linalg.norm(way) > 0.07]


def test_a_book_at_a_wall_is_dragged_away_from_it_though_noise_puts_its_edges_beneath_the_floor():
    scene = scene_of([box((0.0, LAYOUT.source.inner[1] / 2 - 0.07, 0.0145), (0.20, 0.13, 0.026), (0.03, 0, 0))])
    item = replace(scene.items[0], size=scene.items[0].size + np.array((0, 0, 0.003)))  # as it was seen
    found = slides(scene, Tops.of(scene.occupancy), item, np.array((0.0, 0.0, 1.0)))
    inward = LAYOUT.source.T_base_tote.rotate((0.0, -1.0, 0.0))
    assert max((way @ inward for way, _ in found), default=0.0) > 0.08


def test_a_book_is_not_dragged_down_into_the_floor():
    down = np.array((0.0, -np.sin(0.3), np.cos(0.3)))
    found = ways([box((0.0, 0.05, 0.04), (0.20, 0.13, 0.02), (0.3, 0, 0))], normal=down)
    inward = LAYOUT.source.T_base_tote.rotate((0.0, -1.0, 0.0))
    assert max((way @ inward for way, _ in found), default=0.0) < 0.08


def test_a_book_that_lies_askew_slides_along_its_cover():
    tilt = 0.4
    up = np.array((np.sin(tilt), 0, np.cos(tilt)))
    rotated = lambda position, size: box(position, size, (0, tilt, 0))
    ramp = rotated(np.array((0.05, 0, 0.06)), (0.24, 0.26, 0.04))
    book = rotated(np.array((0.05, 0, 0.06)) + 0.036 * up - 0.06 * np.array((up[2], 0, -up[0])), (0.13, 0.20, 0.03))
    scene = scene_of([book, ramp])
    normal = LAYOUT.source.T_base_tote.rotate(up)
    found = ways([book, ramp], normal=normal)
    assert found and all(abs(way @ normal) < 1e-9 for way, _ in found)
    assert min(way[2] for way, _ in found) < -0.01
    drag = drags(scene, options(scene))[0]
    plan = PLANNER.plan(drag, scene, PLANNER.rest)
    start, end = (ARM.T_base_tool(plan.carry.motion.positions[row], Tool.SUCTION).position for row in (0, -1))
    np.testing.assert_allclose(end - start, drag.skill.way + np.array((0, 0, RISE)), atol=1e-3)


def test_drags_use_an_upright_cup_near_the_middle_and_the_greatest_area_comes_first():
    scene = scene_of([BOOK, *PILE])
    found = drags(scene, options(scene))
    assert found[0].skill.uncovered == max(drag.skill.uncovered for drag in found)
    for drag in found:
        off = drag.T_base_tool.position - scene.item(drag.item).T_base_box.position
        assert drag.tool is Tool.SUCTION and np.linalg.norm(off[:2]) < 0.06


def test_the_motions_keep_the_limits_and_drag_as_far_as_asked():
    scene = scene_of([BOOK, *PILE])
    drag = drags(scene, options(scene))[0]
    plan = PLANNER.plan(drag, scene, PLANNER.rest)
    for part in (plan.approach.motion, plan.carry.motion):
        assert max(usage(ARM, part).values()) <= 1.0
    np.testing.assert_allclose(plan.approach.motion.positions[-1], plan.carry.motion.positions[0], atol=1e-6)
    start, end = (ARM.T_base_tool(plan.carry.motion.positions[row], Tool.SUCTION).position for row in (0, -1))
    np.testing.assert_allclose(end - start, drag.skill.way + np.array((0, 0, RISE)), atol=1e-3)


def test_a_way_out_of_reach_is_refused():
    scene = scene_of([BOOK, *PILE])
    drag = drags(scene, options(scene))[0]
    with pytest.raises(PlanError):
        PLANNER.plan(replace(drag, skill=Drag(np.array((2.0, 0.0, 0.0)), 0.01)), scene, PLANNER.rest)
