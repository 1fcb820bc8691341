"""Books are swung up by their spines, and stay closed."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.support.scenes import box, make_scene
from grasping.beliefs.load import DensityPrior, in_tool, load
from grasping.contact.wrench_limits import suction_limits
from grasping.grasp import Grasp, Odds, WrenchLimits
from grasping.propose import propose
from grasping.quality.contact_quality import ContactQuality
from grasping.quality.rates import SWUNG_HARMED
from grasping.quality.worth import Stakes
from grasping.skill import Lift
from grasping.skills.swing import UNSURE, Swing, spine
from grasping.tools import DualTool, Tool
from handpick.loop import run_bin
from handpick.picking.stack import Stack
from motion.collision.exact import ExactChecker
from motion.errors import GraspTooWeak, NoPlace, PlanError
from motion.paths.arches import Router
from motion.planning.placing import LEANING_GAP
from motion.skills.swing import SwingPlanner
from motion.skills.swing_course import COURSES, LEANING, attitudes, hanging, levelled, swing
from motion.skills.swing_course import lying as laid
from motion.skills.swing_placing import EVEN
from motion.timing.verify import usage
from perception.pose import Pose
from sim.cell import SimCell
from sim.items.catalog import make_item
from sim.judge import Place
from sim.render.renderer import make_renderer
from sim.world import World
from tests.support.planning import ARM, BOXES, LAYOUT, PLANNER, height_map

TOOL = DualTool()
RED, PAPER = (180, 30, 40), (215, 208, 190)


def unafraid(scene, candidates):
    """Odds by contact mechanics of who knows that a book's covers are boards, which no cup beside the spine creases."""
    odds = ContactQuality(TOOL)(scene, candidates)
    swung = candidates.features["spine_at"] != 0
    odds[swung, 2] = (odds[swung, 2] - SWUNG_HARMED).clip(0.0)
    return odds


def lying(width, thickness, tilt=0.0):
    """A cup on a book whose fore-edge points along the base's x, and its swing."""
    T_base_spine = Pose.from_euler((0.4, 0.1, 0.2), (0, tilt, 0))
    T_spine_tool = Pose.from_rotation((0.023, 0, 0), np.diag((1.0, -1, -1)))
    return T_base_spine @ T_spine_tool, Swing(T_spine_tool.inverse(), width, thickness)


def pages(height, width, thickness):
    """Angle of a block of pages whose spine has risen so far over its lower fore-edge: level 0, hanging upright."""
    upright = np.arctan2(width, thickness)
    share = np.clip(height / np.hypot(width, thickness), 0, 1)
    return np.minimum(np.arcsin(share) - np.arctan2(thickness, width), upright)


@pytest.mark.parametrize(("drag", "twist"), COURSES)
@pytest.mark.parametrize("narrower", [0.0, 0.012])
def test_the_cover_stays_close_to_the_pages_all_along_the_swing(drag, twist, narrower):
    rng = np.random.default_rng(3)
    for _ in range(20):
        width, thickness = rng.uniform(0.12, 0.21), rng.uniform(0.01, 0.04)
        T_base_grasp, book = lying(width, thickness)
        poses = swing(T_base_grasp, book, drag, twist) @ book.T_tool_spine.matrix
        tilt = np.arctan2(-poses[:, 2, 0], poses[:, 2, 2])
        opening = pages(poses[:, 2, 3] - 0.2 + thickness, width - narrower, thickness) - tilt
        assert np.rad2deg(opening).max() < 28
        assert np.rad2deg(opening[tilt < np.deg2rad(60)]).min() > -8  # beyond, the pages lean on the cover
        assert (np.diff(poses[:, 2, 3]) > -1e-4).all()


@pytest.mark.parametrize("gap", [0.0, 0.015, 0.03])
def test_the_cover_stays_close_to_the_pages_as_the_book_is_laid_over_a_hole(gap):
    rng = np.random.default_rng(4)
    for _ in range(20):
        width, thickness = rng.uniform(0.12, 0.21), rng.uniform(0.01, 0.04)
        T_base_grasp, book = lying(width + UNSURE, thickness)
        poses = swing(T_base_grasp, laid(book), gap=gap) @ book.T_tool_spine.matrix
        tilt = np.arctan2(-poses[:, 2, 0], poses[:, 2, 2])
        opening = pages(poses[:, 2, 3] - 0.2 + thickness + gap, width, thickness) - tilt
        assert np.rad2deg(opening).max() < 17
        assert poses[0, 2, 3] == pytest.approx(0.2, abs=1e-6)
        assert (np.diff(poses[:, 2, 3]) > -1e-4).all()


@pytest.mark.parametrize("twist", np.deg2rad((45, -90)))
def test_a_twist_turns_the_book_about_its_standing_fore_edge(twist):
    T_base_grasp, book = lying(0.16, 0.03)
    poses = swing(T_base_grasp, book, twist=twist) @ book.T_tool_spine.matrix
    heading = np.arctan2(poses[:, 1, 1], poses[:, 0, 1]) - np.pi / 2  # of the spine
    assert heading[0] == pytest.approx(0, abs=1e-9) and heading[-1] == pytest.approx(twist)
    tilt = np.arctan2(-poses[:, 2, 0], poses[:, 2, 2])
    closed = tilt < np.deg2rad(45)  # the cover has not begun to lag behind the pages
    fore = poses[closed] @ np.array((0.16, 0, -0.03, 1))
    assert np.ptp(fore[:, :3], axis=0).max() < 0.012  # a spline cuts corners


@pytest.mark.parametrize("tilt", [-0.15, 0.0, 0.2])
def test_a_swing_begins_where_the_book_lies_and_ends_where_it_hangs(tilt):
    T_base_grasp, book = lying(0.16, 0.03, tilt)
    poses = swing(T_base_grasp, book)
    np.testing.assert_allclose(poses[0], T_base_grasp.matrix, atol=1e-9)
    T_base_spine = Pose(poses[-1]) @ book.T_tool_spine
    assert np.arccos(T_base_spine.rotation[2, 2]) == pytest.approx(book.tilt)
    fore = book.T_tool_spine.apply((book.width, 0, -book.thickness))
    hung_fore = Pose(poses[-1]).apply(hanging(fore[None], book))[0]
    np.testing.assert_allclose(hung_fore[:2], T_base_spine.position[:2], atol=1e-9)  # straight beneath the spine
    assert hung_fore[2] > T_base_grasp.apply(fore)[2] + 0.04  # clear of the ground


def test_a_book_that_lies_askew_is_laid_level():
    scene = book_scene(0.4)
    askew = Pose.from_euler((0.02, -0.01, 0.1), (0.15, -0.1, 0.3))
    item = replace(scene.items[0], points=askew.apply(scene.items[0].points))
    even, T_base_grasp = levelled(item, askew @ spine_grasp(scene).T_base_tool)
    np.testing.assert_allclose(T_base_grasp.rotation[:, 2], (0, 0, -1), atol=1e-9)
    assert np.ptp(even.points[:, 2]) == pytest.approx(0.03, abs=1e-3)


def test_a_book_hangs_upright_where_there_is_room_and_leans_where_there_is_none():
    grasp = spine_grasp(book_scene(0.0))
    upright, leaning = attitudes(grasp)
    assert upright is grasp and leaning.skill.tilt < upright.skill.tilt
    flat = replace(grasp, skill=Lift())
    assert PLANNER.skills[Lift].attitudes(flat) == (flat,)


def book_scene(angle, size=(0.16, 0.23, 0.03), height=0.06, colored=True, tilt=0.0):
    """A scene with a book, flat or its fore-edge up by `tilt` rad, spine at -x of its own frame, printed red, its pages
    pale.
    """
    middle = (0.0, 0.0, height + size[2] / 2)
    scene = make_scene([box(middle, size, (0, -tilt, angle), RED)], tote=LAYOUT.source, spacing=0.004)
    item = scene.items[0]
    local = (LAYOUT.source.T_base_tote @ Pose.from_euler(middle, (0, -tilt, angle))).inverse()
    paper = (np.abs(local.rotate(item.normals)[:, 2]) < 0.5) & (local.rotate(item.normals)[:, 0] > -0.5)
    colors = item.colors.copy()
    if colored:
        colors[paper] = PAPER
    item = replace(item, colors=colors, seen=item.normals[:, 2] > -0.5)
    return replace(scene, items=(item,), destination=height_map())


@pytest.mark.parametrize("angle", [0.3, 1.9, -2.5])
def test_the_spine_is_the_printed_side_between_pages(angle):
    found = spine(book_scene(angle).items[0])
    outward = LAYOUT.source.T_base_tote.rotation @ (-np.cos(angle), -np.sin(angle), 0)
    assert found.belief > 0.9
    np.testing.assert_allclose(-found.T_base_book.rotation[:, 0], outward, atol=0.02)
    assert spine(book_scene(angle, colored=False).items[0]).belief < 0.6  # no side differs


def test_a_flat_book_is_best_sucked_beside_its_spine():
    scene = book_scene(0.3)
    options = propose(scene, TOOL, frozenset({Tool.SUCTION}), unafraid)
    best = max(options, key=Stakes().gain)
    assert isinstance(best.skill, Swing) and best.odds.damage < 0.3
    assert max(o.odds.placed_undamaged for o in options if not isinstance(o.skill, Swing)) < 0.4
    edge = (best.T_base_tool @ best.skill.T_tool_spine).position
    local = Pose.from_euler((0, 0, 0), (0, 0, -0.3)).apply(LAYOUT.source.T_base_tote.inverse().apply(edge))
    assert local[0] == pytest.approx(-0.08, abs=0.004)
    assert best.skill.width == pytest.approx(0.166, abs=0.01)
    plain = propose(book_scene(0.3, colored=False), TOOL, frozenset(Tool))
    assert not any(isinstance(option.skill, Swing) for option in plain)


def test_a_book_that_lies_askew_is_less_surely_swung_up_closed():
    level, askew = (
        min(option.odds.damage for option in options if isinstance(option.skill, Swing))
        for options in (propose(book_scene(0.3, tilt=tilt), TOOL, frozenset({Tool.SUCTION})) for tilt in (0.0, 0.4))
    )
    assert level + 0.05 < askew


def spine_grasp(scene, mass=0.6):
    """By the cup, close to the spine of the scene's only item."""
    item = scene.items[0]
    found = spine(item)
    T_base_spine = found.T_base_book @ Pose.from_rotation((-found.size[0] / 2, 0, found.size[2] / 2), np.eye(3))
    T_base_tool = T_base_spine @ Pose.from_rotation((0.023, 0, 0), np.diag((1.0, -1, -1)))
    book = Swing(T_base_tool.inverse() @ T_base_spine, float(found.size[0]), float(found.size[2]))
    borne = replace(
        in_tool(load(item, DensityPrior(), DensityPrior().of(item)), T_base_tool.matrix),
        mass=mass,
        mass_range=(0.4, 0.8),
    )
    limits = suction_limits(37.0, 0.5, 0.015)
    return Grasp(
        Tool.SUCTION, 0, T_base_tool, 0.04, 0.0, 0.0, Odds(0.9, 0.9, 0.1), limits, book.carried(borne), skill=book
    )


def test_books_are_turned_hung_carried_and_stood_up_at_a_wall_or_laid_down():
    planned = 0
    exact = ExactChecker(ARM, 0.04, 1.0, BOXES)
    for angle in np.arange(-np.pi, np.pi, np.pi / 4):
        scene = book_scene(angle)
        grasp = spine_grasp(scene)
        try:
            plan = PLANNER.plan(grasp, scene, PLANNER.rest)
        except PlanError:
            continue
        planned += 1
        assert max(usage(ARM, plan.carry.motion).values()) <= 1.0
        exact.verify(plan.carry.motion.positions[::25])
        T_last_grasp = Pose(ARM.links(plan.carry.motion.positions[-1])[-1]).inverse() @ plan.ending.T_base_release
        T = [Pose(ARM.links(q)[-1]) @ T_last_grasp for q in plan.carry.motion.positions[::50]]
        tilt = np.arccos(np.clip([-t.rotation[2, 2] for t in T], -1, 1))  # turned by rounding alone
        highest = int(np.argmax([t.position[2] for t in T]))
        assert tilt[0] == pytest.approx(0.0, abs=5e-3) and tilt[highest] > LEANING - np.deg2rad(3)
        held, standing = grasp.T_base_tool.inverse().apply(scene.items[0].points), tilt[-1] > np.deg2rad(45)
        if standing:
            held = hanging(held, replace(grasp.skill, tilt=float(tilt[-1])))
        else:
            assert tilt[-1] == pytest.approx(0.0, abs=5e-3)
        local = LAYOUT.destination.T_base_tote.inverse().apply(plan.ending.T_base_release.apply(held))
        room = LAYOUT.destination.inner[:2] / 2 - np.abs(local[:, :2])
        assert (room >= 0).all() and 0 < local[:, 2].min() < EVEN + 1e-3
        assert not standing or room.min() < LEANING_GAP + 0.02  # it falls back against the wall, not over
    assert planned >= 2  # the tool cannot point back at the arm, nor lean over every wall


def test_a_hold_that_would_let_a_hanging_book_go_is_told_before_the_arm_is_put_to_it(monkeypatch):
    scene = book_scene(np.pi / 2)
    grasp = spine_grasp(scene)
    PLANNER.plan(grasp, scene, PLANNER.rest)
    sought = []
    monkeypatch.setattr(Router, "through", lambda *_: sought.append(1))
    sideways = np.eye(6)[[0, 0]] * ((1,), (-1,))  # what bears a hanging book, and nothing while it lies
    limits = WrenchLimits(np.vstack([grasp.limits.rows, sideways]), np.append(grasp.limits.bounds, (1.0, 1.0)))
    with pytest.raises(GraspTooWeak, match="gravity takes"):
        PLANNER.plan(replace(grasp, limits=limits), scene, PLANNER.rest)
    assert not sought


def test_a_book_that_no_tote_has_room_for_is_told_before_any_swing_is_sought(monkeypatch):
    scene = book_scene(0.0)
    floor, sought = scene.destination, []
    heap = np.random.default_rng(0).uniform(0, floor.tote.inner[2], floor.height.shape).astype(np.float32)
    monkeypatch.setattr(SwingPlanner, "ways", lambda *_: sought.append(1) or ())
    with pytest.raises(NoPlace):
        PLANNER.plan(spine_grasp(scene), replace(scene, destination=replace(floor, height=heap)), PLANNER.rest)
    assert not sought


def test_a_book_may_be_swung_up_where_it_would_be_dragged_to():
    for angle in np.arange(-np.pi, np.pi, np.pi / 4):
        scene = book_scene(angle)
        grasp = spine_grasp(scene)
        here = PLANNER.possible(grasp, np.zeros(3), scene, PLANNER.rest)
        try:
            PLANNER.plan(grasp, scene, PLANNER.rest)
            assert here
        except PlanError:
            pass
        assert not PLANNER.possible(grasp, np.array((0.4, 0.0, 0.0)), scene, PLANNER.rest)  # through the wall


def test_a_flat_book_alone_is_placed_unopened():
    """The loop as it runs, on a book that is wider than the fingers open."""
    rng = np.random.default_rng(13)
    book = make_item("hardcover", rng)
    tool = DualTool(replace(TOOL.gripper, opening=(0.0, 0.140)))
    assert book.size[0] > tool.gripper.opening[1]
    world = World(LAYOUT)
    world.spawn(book, LAYOUT.source.T_base_tote @ Pose.from_euler((0.05, -0.02, 0.012), (0, 0, 3.0)))
    for _ in range(120):
        world.step()
    renderer = make_renderer()
    cell = SimCell(world, tool, renderer, rng)
    cell.start_judging()
    run_bin(cell, replace(Stack.build(LAYOUT, tool, frozenset(Tool)), quality=unafraid), 1)
    truth = cell.truth()
    cell.close()
    renderer.close()
    assert truth.events == ()  # its covers have nowhere opened by 30 degrees
    assert truth.items[0].place is Place.DESTINATION and not truth.items[0].dropped
