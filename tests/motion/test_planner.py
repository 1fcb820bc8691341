from contextlib import suppress
from dataclasses import replace

import numpy as np
import pytest

from benchmarks.support.scenes import box, clutter
from grasping.grasp import WrenchLimits
from grasping.tools import DualTool, Gripper, Tool
from motion.collision.exact import ExactChecker
from motion.errors import GraspTooWeak, InCollision, LimitsExceeded, NoPlace, PlanError, Unreachable, Wedged
from motion.paths.arches import Router
from motion.planner import Planner
from motion.planning.delivery import Delivery
from motion.planning.placing import Placing, places
from motion.planning.planning_scene import COARSE, Leg, Stage
from motion.planning.reach import REACHES
from motion.planning.rest_pose import top_down
from motion.planning.tool_change import Change
from motion.robot.arm import Arm
from motion.robot.joint_check import HAIR, JointStateError
from motion.robot.link_shapes import surface_points
from motion.robot.panda_ik import PandaInverse
from motion.robot.tool_state import ToolState
from motion.timing.grasp_load import believed_load, hold_of
from motion.timing.verify import usage
from perception.fusion.height_map import raised
from perception.pose import Pose
from perception.scene import HeightMap, Space
from perception.tote import Box
from tests.support.planning import ARM, BOXES, FIRM, LAYOUT, ONE, PLANNER, height_map, scene_of, top_grasp


def check(plan, grasp, positions, left=None):
    """Everything that a pick promises, by other means than the planner's own."""
    for trajectory in (plan.approach.motion, plan.carry.motion, plan.retreat.approach.motion):
        assert np.abs(trajectory.velocities[[0, -1]]).max() < 1e-6
        assert np.diff(trajectory.times).max() < 1.0001e-3
    np.testing.assert_allclose(plan.approach.motion.positions[0], positions, atol=1e-9)
    np.testing.assert_allclose(plan.carry.motion.positions[0], plan.approach.motion.positions[-1], atol=1e-9)
    np.testing.assert_allclose(plan.retreat.approach.motion.positions[0], plan.carry.motion.positions[-1], atol=1e-9)
    np.testing.assert_allclose(plan.retreat.approach.motion.positions[-1][:6], PLANNER.rest[:6], atol=1e-9)
    reached = ARM.T_base_tool(plan.approach.motion.positions[-1], grasp.tool)
    press = ARM.tool.cup.press if grasp.tool is Tool.SUCTION else 0.0
    np.testing.assert_allclose(reached.position, grasp.T_base_tool.apply((0, 0, press)), atol=1e-6)
    np.testing.assert_allclose(reached.rotation[:, 2], grasp.T_base_tool.rotation[:, 2], atol=1e-6)
    assert abs(reached.rotation[:, 1] @ grasp.T_base_tool.rotation[:, 1]) > 1 - 1e-6
    assert 0 < plan.carry.clear < plan.carry.motion.duration
    assert 0 <= plan.approach.clear < plan.approach.motion.duration and (left is not None or plan.approach.clear == 0)
    if plan.carry.passed is not None:
        held = plan.ending.held.moved(Pose(ARM.links(plan.carry.motion.sample(plan.carry.passed)[0])[-1]))
        assert 0 < plan.carry.passed < plan.carry.motion.duration and PLANNER.workspace.sight.free(held)
    turned = reached.rotation.T @ grasp.T_base_tool.rotation
    T_last_grasp = ARM.T_last_tool(grasp.tool) @ Pose.from_rotation((0, 0, 0), turned)
    load = believed_load(grasp)
    loaded = ARM.carrying(load, T_last_grasp)
    hold = hold_of(ARM, load, grasp.limits, T_last_grasp)
    assert max(usage(loaded, plan.carry.motion, hold).values()) <= 1.0
    assert max(usage(ARM, plan.approach.motion).values()) <= 1.0
    travel = 1.0 if grasp.tool is Tool.SUCTION else 0.0
    exact = ExactChecker(ARM, grasp.width if travel == 0 else grasp.opening, travel, BOXES)
    exact.verify(plan.carry.motion.positions[::17])
    released = Pose(ARM.links(plan.carry.motion.positions[-1])[-1]) @ T_last_grasp
    np.testing.assert_allclose(released.matrix, plan.ending.T_base_release.matrix, atol=1e-6)


@pytest.mark.parametrize("tool", list(Tool))
@pytest.mark.parametrize("seed", range(3))
def test_random_bins_are_picked_without_violation(seed, tool):
    scene = scene_of(clutter(np.random.default_rng(seed)))
    planned, positions = 0, PLANNER.rest
    for item in scene.items[:7]:
        if tool is Tool.PINCH and item.size[:2].min() > 0.115:
            continue
        grasp = top_grasp(scene, item.id, tool)
        try:
            plan = PLANNER.plan(grasp, scene, positions)
        except (InCollision, Unreachable):
            continue
        check(plan, grasp, positions)
        carried = plan.ending.T_base_release.apply(grasp.T_base_tool.inverse().apply(item.points))
        assert LAYOUT.destination.contains(carried).all()
        bottom = LAYOUT.destination.T_base_tote.inverse().apply(carried)[:, 2].min()
        assert 0.003 < bottom < 0.06
        positions = plan.retreat.approach.motion.positions[-1]
        planned += 1
    assert planned >= (2 if tool is Tool.PINCH else 4)  # the palm is wider than the room beside many items


@pytest.mark.parametrize("seed", range(2))
def test_picks_follow_on_each_other_without_a_stop_in_between(seed):
    """From each release straight to the next grasp; the tool changes where it is clear, and in time."""
    scene = scene_of(clutter(np.random.default_rng(seed)))
    positions, left, planned, top = PLANNER.rest, None, 0, -np.inf
    for item in scene.items[:6]:
        tool = Tool.SUCTION if planned % 2 else Tool.PINCH
        if tool is Tool.PINCH and item.size[:2].min() > 0.115:
            continue
        grasp = top_grasp(scene, item.id, tool)
        try:
            plan = PLANNER.plan(grasp, scene, positions, left)
        except (InCollision, Unreachable):
            continue
        check(plan, grasp, positions, left)
        assert plan.carry.passed is not None
        if left is not None:
            ready = ToolState(grasp.opening, 1.0 if tool is Tool.SUCTION else 0.0)
            clear = plan.approach.motion.duration - plan.approach.clear
            assert clear > left.until(ready, ARM.tool)
            if left.travel < ready.travel:  # the cup comes out over what was just put down
                cup = ARM.T_base_tool(plan.approach.motion.sample(plan.approach.clear)[0], Tool.SUCTION)
                assert cup.position[2] > top + 0.005
        carried = plan.ending.T_base_release.apply(grasp.T_base_tool.inverse().apply(item.points))
        scene, top = replace(scene, destination=raised(scene.destination, carried)), carried[:, 2].max()
        positions, left, planned = plan.carry.motion.positions[-1], plan.ending.released, planned + 1
    assert planned >= 3


def test_the_tool_changes_only_where_it_is_free_either_way():
    narrow, wide = ToolState(0.02, 0.0), ToolState(0.14, 1.0)
    assert narrow.until(wide, ARM.tool) >= 0.12 / ARM.tool.gripper.opening_speed
    assert narrow.until(narrow, ARM.tool) < 0.05


@pytest.mark.parametrize("speed", [0.1, 0.06, 0.03])
def test_fingers_that_were_closed_are_open_before_they_come_to_the_item(speed):
    """However slow they are, m/s: where there is no time, the arm goes slower."""
    arm = Arm(DualTool(Gripper(speed=speed)))
    grasp, closed, top = top_grasp(ONE, 0, Tool.PINCH), ToolState(0.0, 0.0), ONE.items[0].points[:, 2].max()
    planner = Planner(arm, LAYOUT.source, LAYOUT.destination, LAYOUT.obstacles, LAYOUT.cameras)
    approach = planner.plan(grasp, ONE, planner.rest, closed).approach
    opened = approach.clear + closed.until(ToolState(grasp.opening, 0.0), arm.tool)
    height = lambda time: arm.T_base_tool(approach.motion.sample(time)[0], Tool.PINCH).position[2]
    assert min(height(time) for time in np.arange(approach.clear, opened, 0.01)) > top


def test_a_motion_is_slowed_where_the_tool_has_no_time_to_change(monkeypatch):
    motion = PLANNER.plan(top_grasp(ONE, 0, Tool.PINCH), ONE, PLANNER.rest).approach.motion
    rows = len(motion.positions[:: round(COARSE / 1e-3)])
    monkeypatch.setattr(Change, "_window", lambda *_, **__: (rows // 4, rows // 2))
    for seconds, changes in ((0.01, False), (0.4 * motion.duration, True)):
        change = object.__new__(Change)
        change.seconds = seconds
        calm = change.unhurried(motion, 0.0, 0.0)
        assert (calm is not motion) is changes
        assert calm.duration / 4 >= seconds - COARSE and np.diff(calm.times).max() < 1.0001e-3
        np.testing.assert_allclose(calm.positions[[0, -1]], motion.positions[[0, -1]], atol=1e-12)


def test_same_question_same_answer():
    grasp = top_grasp(ONE, 0, Tool.PINCH)
    plans = [PLANNER.plan(grasp, ONE, PLANNER.rest) for _ in range(2)]
    parts = ((m.approach.motion, m.carry.motion, m.retreat.approach.motion) for m in plans)
    for pair in zip(*parts):
        np.testing.assert_array_equal(*(part.positions for part in pair))


def test_an_obstacle_in_the_way_is_gone_around():
    post = np.array((0.04, 0.04, 0.9))
    pillar = replace(LAYOUT.obstacles[0], T_base_box=Pose.from_rotation((0.52, 0.0, 0.3), np.eye(3)), size=post)
    planner = Planner(ARM, LAYOUT.source, LAYOUT.destination, (*LAYOUT.obstacles, pillar), ())
    plan = planner.plan(top_grasp(ONE, 0, Tool.SUCTION), ONE, PLANNER.rest)
    direct = PLANNER.plan(top_grasp(ONE, 0, Tool.SUCTION), ONE, PLANNER.rest)
    ExactChecker(ARM, 0.05, 1.0, (pillar,)).verify(plan.carry.motion.positions[::10])
    assert plan.carry.motion.duration > direct.carry.motion.duration


def test_contradictions_are_named():
    grasp = top_grasp(ONE, 0, Tool.SUCTION)
    far = replace(grasp, T_base_tool=Pose.from_rotation((1.2, 0, 0), grasp.T_base_tool.rotation))
    with pytest.raises(Unreachable):
        PLANNER.plan(far, ONE, PLANNER.rest)
    wall = LAYOUT.source.T_base_tote.apply((0, LAYOUT.source.inner[1] / 2, 0.05))
    with pytest.raises(InCollision):
        PLANNER.plan(
            replace(grasp, T_base_tool=Pose.from_rotation(wall, grasp.T_base_tool.rotation)), ONE, PLANNER.rest
        )
    weak = WrenchLimits(np.vstack([np.eye(6), -np.eye(6)]), np.full(12, 0.05))
    with pytest.raises(GraspTooWeak):
        PLANNER.plan(replace(grasp, limits=weak), ONE, PLANNER.rest)
    with pytest.raises(JointStateError, match="finite position of every joint"):
        PLANNER.plan(grasp, ONE, np.full(7, np.nan))
    with pytest.raises(NoPlace, match="has no room"):
        long = scene_of([box((0, 0, 0.02), (0.5, 0.05, 0.04), (0, 0, 0))])
        narrow = replace(long, destination=replace_tote(long, np.array((0.4, 0.3, 0.2))))
        PLANNER.plan(top_grasp(long, 0, Tool.SUCTION), narrow, PLANNER.rest)


def test_a_joint_a_hair_out_of_its_limits_is_let_back_in():
    beyond = PLANNER.rest.copy()
    beyond[6] = PLANNER.arm.limits.upper[6] + HAIR / 2
    way = PLANNER.home(beyond, None).approach.motion
    assert way.positions.max(axis=0)[6] <= PLANNER.arm.limits.upper[6] + 1e-9
    beyond[6] += 2 * HAIR
    with pytest.raises(LimitsExceeded, match=r"panda_joint7 at 2\.9"):
        PLANNER.home(beyond, None)


def test_no_way_is_planned_for_what_has_no_place(monkeypatch):
    long = scene_of([box((0, 0, 0.02), (0.5, 0.05, 0.04), (0, 0, 0))])
    narrow = replace(long, destination=replace_tote(long, np.array((0.4, 0.3, 0.2))))
    ways = []
    monkeypatch.setattr(Stage, "way", lambda *_: ways.append(1))
    with pytest.raises(NoPlace):
        PLANNER.plan(top_grasp(long, 0, Tool.SUCTION), narrow, PLANNER.rest)
    assert not ways


def replace_tote(scene, inner):
    tote = replace(scene.destination.tote, inner=inner)
    shape = tuple(round(n / 0.01) for n in inner[:2])
    return HeightMap(tote, 0.01, np.zeros(shape, np.float32), np.ones(shape, bool))


def test_a_neighbour_over_the_item_is_a_collision():
    solids = [box((0.0, 0.0, 0.02), (0.2, 0.12, 0.04)), box((0.0, 0.0, 0.13), (0.15, 0.12, 0.04))]
    scene = scene_of(solids)
    with pytest.raises(InCollision):
        PLANNER.plan(top_grasp(scene, 0, Tool.SUCTION), scene, PLANNER.rest)


def test_what_its_neighbour_wedges_in_is_found_out_before_any_way_is_sought(monkeypatch):
    solids = [box((0.0, 0.0, 0.04), (0.05, 0.05, 0.08)), box((0.05, 0.0, 0.03), (0.11, 0.12, 0.06))]
    scene, ways = scene_of(solids), []
    monkeypatch.setattr(Stage, "way", lambda *_: ways.append(1))
    with pytest.raises(InCollision):
        PLANNER.plan(top_grasp(scene, 0, Tool.PINCH), scene, PLANNER.rest)
    assert not ways


def test_no_room_at_the_grasp_is_found_out_before_anything_is_carried(monkeypatch):
    """One finger would be in the wall that the item stands at."""
    beside = LAYOUT.source.inner[1] / 2 - 0.026
    scene = scene_of([box((0.0, beside, 0.04), (0.12, 0.05, 0.08))])
    monkeypatch.setattr(Delivery, "lifting", lambda *_: pytest.fail("carried"))
    with pytest.raises(InCollision):
        PLANNER.plan(top_grasp(scene, 0, Tool.PINCH), scene, PLANNER.rest)


def test_a_straight_way_out_through_a_neighbour_is_told_before_any_arch_is_made(monkeypatch):
    """The fingertips beside the cup, drawn askew through the box that stands next to the item."""
    scene = scene_of([box((0.0, 0.0, 0.03), (0.12, 0.12, 0.06)), box((0.17, 0.0, 0.06), (0.1, 0.2, 0.12))])
    stages, way = [], Stage.way

    def noted(stage, start, *rest):
        stages.append((stage, start))
        return way(stage, start, *rest)

    monkeypatch.setattr(Stage, "way", noted)
    PLANNER.plan(top_grasp(scene, 0, Tool.SUCTION), scene, PLANNER.rest)
    stage, start = next((stage, start) for stage, start in stages if stage.hold is not None)
    aside = scene.items[1].T_base_box.position - scene.items[0].T_base_box.position
    aside = np.array((*aside[:2], 0.3 * np.linalg.norm(aside[:2])))
    askew = Leg(aside / np.linalg.norm(aside), 0.25, 0.6)
    stage.clearing(start, askew)
    monkeypatch.setattr(Router, "arch", lambda *_: pytest.fail("an arch was made"))
    with pytest.raises(Wedged):
        way(stage, start, PLANNER.rest, 0.2, askew, None)


def test_how_far_an_item_must_go_up_is_asked_once_for_all_places(monkeypatch):
    """Held down as by a lid: wherever it is to go, it does not come clear."""
    asked, clearing = [], Stage.clearing

    def held_down(stage, q, leg, checked=False):
        if stage.hold is None or leg is None or leg.clear is not None:
            return clearing(stage, q, leg, checked)
        asked.append(q)
        raise InCollision("held down")

    monkeypatch.setattr(Stage, "clearing", held_down)
    monkeypatch.setattr(Delivery, "carry", lambda *_: pytest.fail("a place was tried"))
    grasp = top_grasp(ONE, 0, Tool.SUCTION)
    with pytest.raises(InCollision, match="held down"):
        PLANNER.plan(grasp, ONE, PLANNER.rest)
    assert 1 <= len(asked) <= REACHES


def test_a_leg_that_is_cleared_is_not_asked_about_again(monkeypatch):
    stages, cleared = [], Stage.cleared
    monkeypatch.setattr(Stage, "cleared", lambda stage, *leg: stages.append((stage, *leg)) or cleared(stage, *leg))
    PLANNER.plan(top_grasp(ONE, 0, Tool.SUCTION), ONE, PLANNER.rest)
    stage, start, leg = stages[0]
    known = cleared(stage, start, leg)
    assert known.clear == stage.clearing(start, leg, checked=True)
    monkeypatch.setattr(Router, "line", lambda *_: pytest.fail("it was gone again"))
    assert stage.clearing(start, known, checked=True) == known.clear


def test_what_catches_on_its_neighbour_is_not_carried_to_place_after_place(monkeypatch):
    sought, way = [], Stage.way

    def catching(stage, start, end, apex, out, into, around=True):
        if out is None:
            return way(stage, start, end, apex, out, into, around)
        sought.append(1)
        raise Wedged("caught")

    monkeypatch.setattr(Stage, "way", catching)
    with pytest.raises(Wedged):
        PLANNER.plan(top_grasp(ONE, 0, Tool.SUCTION), ONE, PLANNER.rest)
    assert 1 <= len(sought) <= 2 * REACHES


@pytest.mark.parametrize("seed", [3, 4, 9, 11, 14, 17, 18, 19, 21, 23])
def test_ways_that_are_free_stay_free_once_timed(seed, monkeypatch):
    verified = Stage.verify

    def verify(stage, *motion):
        try:
            return verified(stage, *motion)
        except InCollision as error:
            pytest.fail(f"seed {seed}: {error}")

    monkeypatch.setattr(Stage, "verify", verify)
    scene = scene_of(clutter(np.random.default_rng(seed)))
    for item in scene.items[:6]:
        for tool in Tool:
            if tool is Tool.SUCTION or item.size[:2].min() < 0.115:
                with suppress(PlanError):
                    PLANNER.plan(top_grasp(scene, item.id, tool), scene, PLANNER.rest)


def test_unseen_space_is_not_entered_on_the_way():
    blocked = ONE.occupancy.state.copy()
    blocked[:, :, 45:] = Space.UNSEEN  # from above the contact zone to beyond the rim
    scene = replace(ONE, occupancy=replace(ONE.occupancy, state=blocked))
    with pytest.raises(PlanError):
        PLANNER.plan(top_grasp(scene, 0, Tool.SUCTION), scene, PLANNER.rest)


@pytest.mark.parametrize("tool", [None, ToolState(0.03, 0.0)])
def test_home_from_beside_a_wall_whatever_the_fingers(tool):
    inverse, tote = PandaInverse(ARM), LAYOUT.source
    turned, downward = Pose.from_euler((0.174, -0.144, 0.108), (0, 0, -0.6)), Pose.from_euler((0, 0, 0), (3.23, 0, 0))
    place = tote.T_base_tote @ turned @ downward
    start = inverse.best(place @ ARM.T_last_tool(Tool.PINCH).inverse(), PLANNER.rest)
    motion = PLANNER.home(start, None, tool).approach.motion
    np.testing.assert_allclose(motion.positions[-1][:6], PLANNER.rest[:6], atol=1e-9)


def test_home_from_a_tilt_that_no_arch_leads_out_of():
    turned, downward = Pose.from_euler((-0.065, 0.079, 0.213), (0, 0, -0.19)), Pose.from_euler((0, 0, 0), (3.68, 0, 0))
    place = LAYOUT.source.T_base_tote @ turned @ downward
    start = PandaInverse(ARM).best(place @ ARM.T_last_tool(Tool.PINCH).inverse(), PLANNER.rest)
    motion = PLANNER.home(start, None).approach.motion
    assert max(usage(ARM, motion).values()) <= 1.0


def test_home_from_under_something_held_near():
    """Barely room on the way: what is found there must be free between the places that were looked at, too."""
    start = np.array((-0.8306, 0.1198, 0.0, -2.2134, -0.0045, 2.343, 0.5828))
    near = Box(Pose.from_rotation((0.3425, -0.3338, 0.1548), np.eye(3)), np.array((0.081, 0.081, 0.075)))
    for opening in (0.04, 0.06):
        motion = PLANNER.home(start, None, ToolState(opening, 1.0), [*BOXES, near]).approach.motion
        np.testing.assert_allclose(motion.positions[-1][:6], PLANNER.rest[:6], atol=1e-9)
        ExactChecker(ARM, opening, 1.0, [*BOXES, near], 0.0).verify(motion.positions[::5])


def test_home_from_astride_something():
    """Between the open fingers, where closed ones would be."""
    start = np.array((-0.3815, 0.1931, -0.0028, -2.161, 0.0031, 2.3551, 1.7543))
    astride = Box(Pose.from_rotation((0.522, -0.234, 0.078), np.eye(3)), np.array((0.072, 0.093, 0.072)))
    tool = ToolState(0.14, 0.0)
    motion = PLANNER.home(start, None, tool, [*BOXES, astride]).approach.motion
    np.testing.assert_allclose(motion.positions[-1][:6], PLANNER.rest[:6], atol=1e-9)
    ExactChecker(ARM, tool.opening, tool.travel, [*BOXES, astride], 0.0).verify(motion.positions[::5])


@pytest.mark.parametrize("tool", list(Tool))
def test_home_from_anywhere_in_and_over_the_totes(tool):
    inverse = PandaInverse(ARM)
    for tote in (LAYOUT.source, LAYOUT.destination):
        for x, y, z in ((0, 0, 0.01), (0.15, -0.05, 0.03), (-0.22, 0.1, 0.12), (-0.1, 0.08, 0.25)):
            radius, azimuth, height = to_cylinder(tote.T_base_tote.apply((x, y, z)))
            pose = top_down(radius, azimuth, height, azimuth + 0.3) @ ARM.T_last_tool(tool).inverse()
            start = inverse.best(pose, np.array((azimuth, -0.3, 0, -2.2, 0, 1.9, 0)))
            motion = PLANNER.home(start, None).approach.motion
            assert max(usage(ARM, motion).values()) <= 1.0
            np.testing.assert_allclose(motion.positions[-1][:6], PLANNER.rest[:6], atol=1e-9)
    for off in (0.0, 2e-4, 5e-3):  # the arm never rests quite where it was sent
        assert PLANNER.home(PLANNER.rest + off, ONE).approach.motion.duration < 0.01


def to_cylinder(point):
    return float(np.hypot(*point[:2])), float(np.arctan2(point[1], point[0])), float(point[2])


@pytest.mark.parametrize("tool", list(Tool))
def test_every_corner_is_within_reach(tool):
    """Top down at both totes' inner floor corners, and above them as far as the wall must be cleared."""
    inverse = PandaInverse(ARM)
    for tote in (LAYOUT.source, LAYOUT.destination):
        length, width, depth = tote.inner / 2 - 0.02
        for x in (-length, length):
            for y in (-width, width):
                for z in (0.01, 2 * depth + 0.05):
                    radius, azimuth, height = to_cylinder(tote.T_base_tote.apply((x, y, z)))
                    for yaw in (0.0, np.pi / 4, np.pi / 2):
                        last = top_down(radius, azimuth, height, azimuth + yaw) @ ARM.T_last_tool(tool).inverse()
                        assert len(inverse.all(last)) > 0


def test_estimate_is_near_the_plan_and_slower_for_weak_grasps():
    grasp = top_grasp(ONE, 0, Tool.SUCTION, mass=0.5)
    plan = PLANNER.plan(grasp, ONE, PLANNER.rest)
    after = PLANNER.plan(grasp, ONE, plan.carry.motion.positions[-1], plan.ending.released)
    moving, gripping = after.approach.motion.duration + after.carry.motion.duration, 0.1
    assert PLANNER.time(grasp) == pytest.approx(moving + gripping, rel=0.25)
    weak = replace(grasp, limits=WrenchLimits(FIRM.rows, FIRM.bounds * 0.32))
    slow = PLANNER.plan(weak, ONE, PLANNER.rest)
    assert slow.carry.motion.duration > plan.carry.motion.duration and PLANNER.time(weak) > PLANNER.time(grasp)


def find_places(item_scene, floor, tool_points=None, style=None):
    grasp = top_grasp(item_scene, 0, Tool.SUCTION)
    offset = ARM.tool.T_flange_cup.inverse()
    points = offset.apply(surface_points(ARM.tool, 0.05, 1.0)) if tool_points is None else tool_points
    item = item_scene.item(0)
    found = places(floor, item, grasp.T_base_tool, points, LAYOUT.source.T_base_tote.position, style)
    local = grasp.T_base_tool.inverse().apply(item.points)
    tote = floor.tote.T_base_tote.inverse()
    return [(place, tote.apply(place.T_base_grasp.apply(local))) for place in found]


def test_places_lie_inside_just_above_what_carries_them():
    for height in (0.0, 0.07):
        for _, points in find_places(ONE, height_map(height)):
            assert (np.abs(points[:, :2]) <= LAYOUT.destination.inner[:2] / 2 - 0.005).all()
            assert height + 0.004 < points[:, 2].min() < height + 0.012


def test_places_avoid_heaps_until_nothing_else_is_left():
    floor = height_map()
    heap = floor.height.copy()
    heap[:, :20] = 0.08
    _, points = find_places(ONE, HeightMap(floor.tote, 0.01, heap, floor.known))[0]
    assert points[:, 2].min() < 0.02 and (points[:, 1] > 0.0).all()
    heap[:] = 0.08
    stacked = find_places(ONE, HeightMap(floor.tote, 0.01, heap, floor.known))[0][1]
    assert 0.083 < stacked[:, 2].min() < 0.10


def test_rough_ground_is_taken_where_there_is_no_other():
    floor = height_map()
    rough = floor.height.copy()
    rough[::3] = 0.02
    partly = rough.copy()
    partly[:, 20:] = 0.0
    even, needy = Placing(gap=0.008), Placing(gap=0.008, gap_at_need=0.03)
    alike = [find_places(ONE, HeightMap(floor.tote, 0.01, partly, floor.known), style=style) for style in (even, needy)]
    for before, after in zip(*alike, strict=True):
        assert before[0].gap <= 0.008 and (before[0].T_base_grasp.matrix == after[0].T_base_grasp.matrix).all()
    with pytest.raises(NoPlace):
        find_places(ONE, HeightMap(floor.tote, 0.01, rough, floor.known), style=even)
    found = find_places(ONE, HeightMap(floor.tote, 0.01, rough, floor.known), style=needy)
    assert found and all(0.008 < place.gap <= 0.03 for place, _ in found)


def test_unknown_ground_is_trusted_less():
    floor = height_map()
    known = floor.known.copy()
    known[:28] = False
    _, points = find_places(ONE, HeightMap(floor.tote, 0.01, floor.height, known))[0]
    assert (points[:, 0] > -0.005).all()


def test_what_must_rest_on_something_rests_on_nothing_that_is_only_surmised():
    """As a book that is laid down: its fore-edge in the air, it opens. The last item may have fallen over to there."""
    floor, even = height_map(), Placing(gap=0.008, gap_at_need=0.03)
    known = floor.known.copy()
    known[:, 20:] = False
    for _, points in find_places(ONE, HeightMap(floor.tote, 0.01, floor.height, known), style=even):
        lowest = points[points[:, 2] < points[:, 2].min() + 0.005]
        assert (lowest[:, 1] < 0.005).all()
    known[:] = False
    with pytest.raises(NoPlace):
        find_places(ONE, HeightMap(floor.tote, 0.01, floor.height, known), style=even)
    assert find_places(ONE, HeightMap(floor.tote, 0.01, floor.height, known))
