"""The combined hold: what stands flush at a wall is tipped by the cup, and pinched."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pybullet as pb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.support.bench import Bench, box_spec
from benchmarks.support.scenes import box, make_scene
from grasping.grasp import in_grasp
from grasping.propose import propose
from grasping.skills.tip import Tip, tips
from grasping.tools import DualTool, Tool
from handpick.loop import run_bin
from handpick.picking.contact_sensing import Touch
from handpick.picking.follow import follow
from handpick.picking.grip import Hold
from handpick.picking.guards import Hand, Yielding
from handpick.picking.stack import Stack
from motion.collision.exact import ExactChecker
from motion.planning.step import RodYields, Step
from motion.skills.tip import entry_poses
from motion.timing.verify import usage
from perception.pose import Pose
from perception.watch.intent import Phase
from sim.cell import SimCell
from sim.items.catalog import make_item
from sim.judge import Place
from sim.render.renderer import make_renderer
from sim.world import World
from tests.support.clock import Clock, motion_to
from tests.support.planning import ARM, BOXES, LAYOUT, ONE, PLANNER, height_map, top_grasp

TOOL = DualTool()
HALF = LAYOUT.source.inner[:2] / 2
BOOK = (0.20, 0.024, 0.15)  # along the wall, off it, up


def scene_of(gap=0.001, lean=0.0, size=BOOK, others=()):
    """A book that leans by `lean` rad against the source's outer wall, `gap` metres from it."""
    _, thick, high = size
    height = thick * np.sin(lean) / 2 + high * np.cos(lean) / 2
    y = HALF[1] - gap - (thick * np.cos(lean) + high * np.sin(lean)) / 2
    book = box((0.02, y, height + 0.0005), size, (-lean, 0, 0))
    return replace(make_scene([book, *others], tote=LAYOUT.source), destination=height_map())


def combined(scene, tools=frozenset(Tool)):
    return [g for g in propose(scene, TOOL, tools) if isinstance(g.skill, Tip)]


def corners(item):
    signs = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)])
    return item.T_base_box.apply(signs * item.size / 2)


@settings(max_examples=25, deadline=None)
@given(lean=st.floats(0.0, 0.3), thick=st.floats(0.012, 0.04), high=st.floats(0.11, 0.19))
def test_an_item_turns_on_the_floor_away_from_the_wall(lean, thick, high):
    scene = scene_of(lean=lean, size=(0.20, thick, high))
    item = scene.items[0]
    tip = next(tips(scene, item, TOOL))
    floor = corners(item)[:, 2].min()
    T_tote_base = LAYOUT.source.T_base_tote.inverse()
    before = T_tote_base.apply(corners(item))
    for angle in np.linspace(0, tip.angle, 7):
        after = T_tote_base.apply(tip.turned(angle).apply(corners(item)))
        assert after[:, 2].min() == pytest.approx(T_tote_base.apply((0, 0, floor))[2], abs=1e-6)
        assert after[:, 1].max() < before[:, 1].max() + 1e-6
    upward = tip.before_grip.rotation @ item.T_base_box.rotation[:, int(np.argmax(np.abs(item.T_base_box.rotation[2])))]
    assert tip.upright == pytest.approx(lean, abs=1e-6)
    assert np.arccos(abs(upward[2])) == pytest.approx(tip.angle - lean, abs=1e-6)


def test_only_what_stands_at_something_is_tipped_and_only_with_both_tools():
    flush = scene_of()
    assert combined(flush)
    assert not combined(flush, frozenset({Tool.PINCH})) and not combined(flush, frozenset({Tool.SUCTION}))
    assert not [g for g in propose(flush, TOOL, frozenset({Tool.PINCH})) if g.opening < 0.08]
    assert not combined(scene_of(gap=0.08))
    in_front = box((0.02, HALF[1] - 0.055, 0.06), (0.20, 0.05, 0.12))
    assert not [grasp for grasp in combined(scene_of(others=[in_front])) if grasp.item == 0]


@pytest.mark.parametrize(("high", "tipped"), [(0.10, False), (0.05, True)])
def test_what_a_neighbour_props_is_not_tipped(high, tipped):
    """A post no wider than a thumb is enough, where it reaches above the middle: the cup would slip off the top."""
    face = HALF[1] - 0.001 - BOOK[1]
    post = box((0.10, face - 0.003 - 0.010, high / 2), (0.016, 0.020, high))
    assert bool([grasp for grasp in combined(scene_of(others=[post])) if grasp.item == 0]) == tipped


@pytest.mark.parametrize(("thick", "high", "tipped"), [(0.008, 0.19, False), (0.024, 0.19, True), (0.008, 0.15, False)])
def test_a_top_at_a_wall_that_is_too_thin_for_the_cup_s_middle_is_not_tipped(thick, high, tipped):
    """The lip has to pass the rim, which is little higher than the first two, and the wall: it would slide off."""
    assert bool(combined(scene_of(size=(0.20, thick, high)))) == tipped


@pytest.mark.parametrize("lean", [0.0, 0.15])
@pytest.mark.parametrize("high", [0.12, 0.15, 0.19])
def test_the_lip_keeps_clear_of_the_wall(lean, high):
    """On a wall it would catch, tilt and slide off the top."""
    angle, found = np.linspace(0, 2 * np.pi, 60), combined(scene_of(lean=lean, size=(0.20, 0.024, high)))
    ring = TOOL.cup.radius * np.column_stack([np.cos(angle), np.sin(angle), 0 * angle])
    assert found
    for grasp in found:
        first = Pose(entry_poses(grasp, grasp.skill, TOOL.cup)[0][0])
        lip = first.apply(ring + np.array((0, 0, TOOL.cup.extension - TOOL.cup.press)))
        assert LAYOUT.source.T_base_tote.inverse().apply(lip)[:, 1].max() < HALF[1] - 1e-3


def test_what_stands_flush_behind_a_neighbour_is_tipped_away_from_it():
    thick = 0.05
    neighbour = box((0.02, HALF[1] - thick / 2, 0.08), (0.24, thick, 0.16))
    found = combined(scene_of(gap=thick + 0.002, others=[neighbour]))
    away = LAYOUT.source.T_base_tote.rotate((0, -1, 0))
    assert found
    for grasp in found:
        item = scene_of(gap=thick + 0.002).items[0]
        assert (grasp.skill.before_grip.apply(item.T_base_box.position) - item.T_base_box.position) @ away > 0.005


@pytest.mark.parametrize("lean", [0.0, 0.15])
def test_the_cup_stays_on_the_top_and_the_fingers_go_down_beside_the_tipped_item(lean):
    scene = scene_of(lean=lean)
    item = scene.items[0]
    for grasp in combined(scene):
        tip = grasp.skill
        tipping, down = entry_poses(grasp, tip, TOOL.cup)
        lip = (0, 0, TOOL.cup.extension - TOOL.cup.press)
        for share, T in zip(np.linspace(0, 1, len(tipping)), tipping):
            site = tip.turned(share * tip.angle).apply(tip.site)
            np.testing.assert_allclose(Pose(T).apply(lip), site, atol=1e-9)
        np.testing.assert_allclose(down[0], tipping[-1], atol=1e-12)
        np.testing.assert_allclose(down[-1], grasp.T_base_tool.matrix, atol=1e-6)
        after = grasp.T_base_tool.inverse().apply(in_grasp(scene, grasp).points)
        beside = after[(after[:, 2] > -0.10) & (np.abs(after[:, 0]) < TOOL.gripper.pad_width / 2)]
        assert np.abs(beside[:, 1]).max() < grasp.opening / 2
        assert np.abs(grasp.T_base_tool.rotation[:, 1] @ tip.before_grip.rotate(item.T_base_box.rotation)).max() > 0.99


def test_the_motions_lead_into_each_other_within_limits_and_clear_of_the_walls():
    scene = scene_of()
    grasp = combined(scene)[0]
    plan = PLANNER.plan(grasp, scene, PLANNER.rest)
    entry = next(step for step in plan.steps if isinstance(step.guard, RodYields))
    spread = entry.guard.spread
    parts = plan.approach.motion, entry.motion, plan.carry.motion
    for before, after in pairwise(parts):
        np.testing.assert_allclose(before.positions[-1], after.positions[0], atol=1e-6)
    for part in parts[:2]:
        assert max(usage(ARM, part).values()) <= 1.0
    rows = entry.motion.positions[::10]
    tipped = int(spread / entry.motion.duration * len(rows))
    assert np.abs(entry.motion.sample(spread)[1]).max() < 1e-6
    ExactChecker(ARM, grasp.skill.narrow, 1.0, BOXES).verify(rows[:tipped])
    ExactChecker(ARM, grasp.opening, 0.6, BOXES).verify(rows[tipped:])
    reached = ARM.T_base_tool(plan.carry.motion.positions[0], Tool.PINCH)
    np.testing.assert_allclose(reached.position, grasp.T_base_tool.position, atol=1e-6)
    placed = plan.ending.T_base_release.apply(grasp.T_base_tool.inverse().apply(in_grasp(scene, grasp).points))
    assert LAYOUT.destination.contains(placed).all()


def test_a_rod_gives_way_to_more_than_it_pushes_with_and_does_not_wind_up():
    bench = Bench()
    bench.put(box_spec((0.08, 0.08, 0.08), 0.5), "cup", Pose.from_rotation((0, 0, -0.01), np.eye(3)))
    weight = 0.5 * 9.81
    pressed = []

    def press():
        contacts = bench.world.contacts()
        on_arm = (contacts.bodies == bench.arm.body).any(axis=1)
        pressed.append(float(contacts.force[on_arm].sum()))
        return False

    bench.slide.go(True, push=9.0)
    bench.step(1.0)
    bench.step(0.5, until=press)
    assert 0.8 < bench.slide.travel < 0.95
    assert 9.0 - weight < np.mean(pressed) < 9.0 + weight
    pressed.clear()
    bench.slide.go(False)
    bench.step(0.4, until=press)
    assert max(pressed) < 15.0 and bench.slide.travel < 0.01
    bench.close()


def test_a_book_that_stands_flush_at_a_wall_is_placed_undamaged():
    """The loop as it runs."""
    rng = np.random.default_rng(11)
    book = make_item("hardcover", rng)
    world = World(LAYOUT)
    upright = np.column_stack([(0, 0, 1.0), (1.0, 0, 0), (0, 1.0, 0)])  # fore-edge up, cover at the wall
    place = (0.03, HALF[1] - book.size[2] / 2 - 0.001, book.size[0] / 2 + 0.001)
    world.spawn(book, LAYOUT.source.T_base_tote @ Pose.from_rotation(place, upright))
    for _ in range(120):
        world.step()
    renderer = make_renderer()
    cell = SimCell(world, TOOL, renderer, rng)
    cell.start_judging()
    outcomes = run_bin(cell, Stack.build(LAYOUT, TOOL, frozenset(Tool)), 1)
    truth = cell.truth()
    cell.close()
    renderer.close()
    assert outcomes[-1].hold == "combined"
    assert truth.items[0].place is Place.DESTINATION and not truth.items[0].dropped
    assert not [event for event in truth.events if event.practical]


@pytest.mark.parametrize(("first", "readings", "enters"), [(5.0, 2, True), (25.0, 2, True), (5.0, 3, False)])
def test_a_jolt_is_not_taken_for_the_book(first, readings, enters):
    """The rod jerks as it gives way; the fingers jolt the wrist as they reach their opening."""
    pushes = iter([first] * 18 + [5.0] * 4 + [25.0] * readings)

    class Jolted(Touch):
        """Feels what it is told."""

        def push(self, *reading):
            return next(pushes, 5.0)

    step = Step(Phase.GRIP, RodYields(0.1, 9.0), motion_to(0.0, 0.0))
    cell = Clock()
    yielding = Yielding(step, Hand(cell, top_grasp(ONE, 0, Tool.PINCH), ARM.tool, Jolted(ARM), Hold()))
    assert follow(cell, step.motion, yielding.fine, poll=0.005, doubts=yielding.doubts) is enters


@pytest.mark.parametrize("beyond", [0.0, 1e-6, -1e-6])
def test_a_rod_at_rest_is_held_by_no_more_than_its_push(beyond, monkeypatch):
    bench = Bench()
    bench.slide.go(True, push=9.0)
    bench.step(1.0)
    arm, forces = bench.arm, []
    place = arm.where("cup_slide")[0] + beyond
    pb.resetJointState(arm.body, arm.joint["cup_slide"], place, physicsClientId=arm.client)
    arm.read()
    monkeypatch.setattr(pb, "setJointMotorControl2", lambda *args, **options: forces.append(options["force"]))
    bench.slide.actuate(bench.world.dt)
    assert forces == [9.0]
    bench.close()
