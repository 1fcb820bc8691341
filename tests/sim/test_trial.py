"""A free-flying tool grips as the cell's does, and tries leave the world as it was, to the bit."""

from dataclasses import replace

import numpy as np
import pybullet as pb
import pytest

from benchmarks.support.bench import box_spec
from benchmarks.support.scenes import box, make_scene
from grasping.propose import propose
from grasping.skill import Lift
from grasping.skills.tip import Tip
from grasping.tools import DualTool, Gripper, Tool
from handpick.layout import standard_layout
from perception.pose import Pose
from sim.damage.ledger import Cause, DamageEvent, Severity
from sim.items.damage_classes import BOXED
from sim.judge import Truth
from sim.trial.attempt import attempt
from sim.trial.bench import Bench
from sim.trial.branch import BranchError, branched
from sim.trial.course import Pace, along, resting, straight
from sim.trial.frozen import Twins, boxes_of, reached
from sim.trial.rays import hit_item
from sim.world import World

LAYOUT, TOOL = standard_layout(), DualTool(Gripper(force=(10.0, 125.0)))
SIZE, MASS = (0.12, 0.09, 0.06), 0.3
DT = 1 / 240
FIRST, SECOND = -0.12, 0.14  # where the boxes stand along the tote, metres


@pytest.fixture
def bench():
    """Two boxes side by side in the source, at rest."""
    world = World(LAYOUT)
    for x in (FIRST, SECOND):
        world.spawn(box_spec(SIZE, MASS, fragility=BOXED), place(x))
    made = Bench(world, TOOL)
    for _ in range(60):
        world.step()
    yield made
    world.close()


def place(x):
    return LAYOUT.source.T_base_tote @ Pose.from_rotation((x, 0, SIZE[2] / 2), np.eye(3))


def best(kind):
    """A scene of the same boxes, and its best plain lift of the first one."""
    scene = make_scene([box((x, 0, SIZE[2] / 2), SIZE, (0, 0, 0)) for x in (FIRST, SECOND)], tote=LAYOUT.source)
    lifts = [g for g in propose(scene, TOOL, frozenset({kind})) if isinstance(g.skill, Lift) and g.item == 0]
    return scene, max(lifts, key=lambda grasp: grasp.odds.placed_undamaged)


def tried(bench, kind, **changes):
    scene, grasp = best(kind)
    return attempt(bench, replace(grasp, **changes), scene, bench.world.items[0], np.random.default_rng(0))


def state(world):
    """Everything that can be asked of the bodies, as bytes."""
    client = world.client
    told = [
        (*pb.getBasePositionAndOrientation(i.bodies[0], client), *pb.getBaseVelocity(i.bodies[0], client))
        for i in world.items
    ]
    return repr(told)


@pytest.mark.parametrize("kind", list(Tool))
def test_a_good_grasp_carries_its_box_to_the_other_tote(bench, kind):
    done = tried(bench, kind)
    assert (done.acquired, done.held, done.returned) == (True, True, False)
    assert bench.world.item_of(done.body) is bench.world.items[0]
    assert not done.strict.own and not done.strict.others
    box = bench.world.items[0].pose().position
    assert box[2] > place(FIRST).position[2] + 0.15
    off = box - place(FIRST).position - (LAYOUT.destination.T_base_tote.position - LAYOUT.source.T_base_tote.position)
    assert np.linalg.norm(off[:2]) < 0.03


def test_a_cup_without_vacuum_acquires_nothing(bench):
    done = tried(bench, Tool.SUCTION, vacuum=1e3)
    assert not done.acquired and not done.held and done.body == -1


def test_a_hard_pinch_is_told_as_damage_to_the_item_alone(bench):
    done = tried(bench, Tool.PINCH, force=125.0)
    assert [cause.value for cause in done.practical.own] == ["squeeze"]
    assert not done.strict.others


def test_a_mark_that_only_an_inspector_minds_is_told_under_the_strict_rules_alone(bench, monkeypatch):
    gone = lambda force: [
        DamageEvent(0.0, 0, "carton", Cause.SQUEEZE, force, 1e5, "Pa", strict, practical)
        for strict, practical in ((None, None), (Severity.MINOR, None))
    ]
    truth = Truth((), (), tuple(gone(1.5e5)))
    monkeypatch.setattr(bench, "truth", lambda: truth)
    done = tried(bench, Tool.SUCTION)
    assert not done.practical.own and done.strict.own == {Cause.SQUEEZE}


@pytest.mark.parametrize(("off", "held"), [(0.0, True), (0.03, False)])
def test_what_stands_at_a_wall_is_tipped_and_held_and_nothing_is_harmed_where_the_cup_misses_it(off, held):
    """Fingers that go down on an item which was not tipped stop there, as those of the arm do."""
    size, half = (0.20, 0.024, 0.15), LAYOUT.source.inner[1] / 2
    middle = (0.02, half - 0.001 - size[1] / 2, size[2] / 2 + 5e-4)
    scene = make_scene([box(middle, size, (0, 0, 0))], tote=LAYOUT.source)
    tips = [g for g in propose(scene, TOOL, frozenset(Tool)) if isinstance(g.skill, Tip)]
    grasp = max(tips, key=lambda grasp: grasp.odds.placed_undamaged)
    away = LAYOUT.source.T_base_tote.rotate((0, -off, 0))
    world = World(LAYOUT)
    world.spawn(
        box_spec(size, MASS, fragility=BOXED), LAYOUT.source.T_base_tote @ Pose.from_rotation(middle, np.eye(3))
    )
    for _ in range(60):
        world.step()
    grasp = replace(grasp, skill=replace(grasp.skill, site=grasp.skill.site + away))
    done = attempt(Bench(world, TOOL), grasp, scene, world.items[0], np.random.default_rng(0))
    world.close()
    assert (done.acquired, done.held) == (held, held) and not done.practical.own


def test_what_is_carried_leaves_the_others_behind(bench):
    assert tried(bench, Tool.SUCTION).held
    assert bench.world.items[1].pose().position[2] < LAYOUT.source.T_base_tote.position[2] - 1
    assert not bench.truth().events


def test_tries_in_branches_leave_the_world_as_it_was_to_the_bit(bench):
    before = state(bench.world)
    first = branched(lambda: tried(bench, Tool.SUCTION))
    branched(lambda: tried(bench, Tool.PINCH, force=125.0))
    again = branched(lambda: tried(bench, Tool.SUCTION))
    assert repr(first) == repr(again)
    assert state(bench.world) == before
    assert repr(tried(bench, Tool.SUCTION)) == repr(first)


def test_what_fails_in_a_branch_is_told(bench):
    with pytest.raises(BranchError, match="ZeroDivisionError"):
        branched(lambda: 1 / 0)


def test_twins_lie_where_items_lay_and_count_no_more(bench):
    world, (first, second) = bench.world, bench.world.items
    (around,) = boxes_of(first)
    assert reached(world, first, around, 0.01) == [first]
    assert reached(world, first, around, 0.1) == [first, second]
    twins, (corners,) = Twins(world), boxes_of(second)
    twins.freeze([second])
    assert world.items == [first]
    over = np.array((*corners.mean(axis=0)[:2], corners[1, 2] + 0.1))
    (hit,) = pb.rayTest(over, over - (0, 0, 0.2), physicsClientId=world.client)
    assert hit[3][2] == pytest.approx(corners[1, 2], abs=2e-3)
    assert tried(bench, Tool.SUCTION).held


def test_rays_tell_which_item_is_meant(bench):
    top = place(SECOND).apply(np.array([(0.0, 0.0, SIZE[2] / 2)]))
    assert hit_item(bench.world, top, np.array([(0.0, 0.0, 1.0)])) is bench.world.items[1]
    assert hit_item(bench.world, top + np.array((0, 0, 0.1)), np.array([(0.0, 0.0, 1.0)])) is None


def test_courses_go_from_rest_to_rest_within_their_pace():
    start, pace = Pose.from_euler((0.4, -0.3, 0.8), (np.pi, 0, 0.3)), Pace(0.5, 3.0)
    course = straight(start, np.array((0.0, 0.0, 0.2)), pace, DT)
    speed, acceleration = (np.linalg.norm(rows[:, :3], axis=1).max() for rows in (course.twist, course.rate))
    assert speed <= 0.5 + 1e-6 and acceleration <= 3.0 * 1.05
    np.testing.assert_allclose(course.T_base_flange[-1, :3, 3], start.position + np.array((0, 0, 0.2)), atol=1e-9)
    turned = along(np.stack([start.matrix, (start @ Pose.from_euler((0, 0, 0), (0, 0, 1.0))).matrix]), pace, DT)
    assert np.abs(turned.twist[:, :3]).max() < 1e-9 and np.abs(turned.twist[:, 3:]).max() > 0.5
    assert len(resting(start, 0.1, DT)) == 24
