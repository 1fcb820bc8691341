"""Putting down what reaches deeper than believed: foreseen, felt, and not pressed on."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.support.bench import box_spec
from benchmarks.support.scenes import box, make_scene
from grasping.candidates.table import FEATURES
from grasping.contact.wrench_limits import moved, pinch_limits, suction_limits
from grasping.grasp import Grasp, Load, Odds
from grasping.tools import DualTool, Tool
from handpick.layout import standard_layout
from handpick.outcome import Result
from handpick.picking.contact_sensing import Touch
from handpick.picking.execute import RISE, execute
from handpick.picking.follow import follow
from handpick.picking.grip import Hold
from handpick.picking.outlook import Placed, View
from handpick.picking.stopwatch import Stopwatch
from motion.planner import Planner
from motion.planning.hidden_extent import MOST, fallen, hidden_depth, hung_down, may_turn
from motion.robot.arm import Arm
from motion.timing.grasp_load import deepened
from motion.trajectory import Trajectory, TrajectoryError
from perception.capsules import Capsules
from perception.pose import Pose
from perception.scene import HeightMap, Space
from sim.cell import SimCell
from sim.items.damage_classes import BOXED
from sim.render.renderer import make_renderer

LAYOUT, TOOL = standard_layout(), DualTool()


def standing(lift, below):
    """A box believed to end `lift` metres over the floor, with `below` in all space that is not the box's."""
    scene = make_scene([box((0, 0, 0.05 + lift), (0.08, 0.06, 0.10))], tote=LAYOUT.source)
    grid = scene.occupancy
    state = np.where(grid.item < 0, below, Space.OCCUPIED).astype(np.uint8)
    return replace(scene, occupancy=replace(grid, state=state))


@settings(max_examples=20, deadline=None)
@given(st.floats(0.008, 0.09))
def test_what_was_not_seen_under_an_item_may_be_its_own(lift):
    hidden, free = (
        hidden_depth(scene, scene.items[0]) for scene in (standing(lift, s) for s in (Space.UNSEEN, Space.FREE))
    )
    assert hidden == pytest.approx(min(lift, MOST), abs=1e-3)
    assert free == 0.0


def test_a_slim_box_may_fall_over_either_side_and_a_flat_one_does_not():
    """It then lies as long as it was high, as high as it was wide, beside its foot and on the same floor."""
    slim = make_scene([box((0.05, 0.02, 0.08), (0.05, 0.12, 0.16), (0, 0, 0.4))]).items[0].points
    lying = fallen(slim)
    assert lying[:, 2].min() == pytest.approx(slim[:, 2].min(), abs=1e-3)
    assert np.ptp(lying[:, 2]) == pytest.approx(0.05, abs=2e-3)
    narrow = slim[:, :2].mean(axis=0) @ (c := np.array((np.cos(0.4), np.sin(0.4))))
    reach = lying[:, :2] @ c - narrow
    assert (reach.min(), reach.max()) == pytest.approx((-0.185, 0.185), abs=3e-3)
    assert len(fallen(make_scene([box((0, 0, 0.03), (0.1, 0.12, 0.06))]).items[0].points)) == 0


@pytest.mark.parametrize("height", [0.03, 0.16])
def test_an_item_that_may_have_fallen_over_is_in_the_way_and_bears_nothing(height):
    """The next place is chosen while it is still carried: nobody has seen yet how it came to lie."""
    scene = make_scene([box((0, 0, height / 2), (0.05, 0.12, height))])
    standing = scene.items[0].points + scene.destination.tote.T_base_tote.position
    standing -= scene.source.T_base_tote.position
    beside = fallen(standing)
    view = View(
        (),
        Capsules(np.zeros((0, 2, 3)), np.zeros(0)),
        np.zeros(7),
        None,
        Placed(standing, len(beside) > 0, beside, scene.destination),
    )
    floor = view.completed(scene).destination
    higher = floor.height > scene.destination.height
    assert higher.sum() > (5 * 12 if height < 0.1 else 3 * 12 * 16 // 2)
    assert floor.known[~higher].all() and (floor.known[higher] == (height < 0.1)).all()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.2, 0.9))
def test_a_motion_begun_beside_its_start_joins_it_smoothly(seed, within):
    rng = np.random.default_rng(seed)
    t, way = np.linspace(0, 1, 1001), rng.uniform(-1, 1, 7)
    u = t[:, None]
    motion = Trajectory(
        t,
        (10 * u**3 - 15 * u**4 + 6 * u**5) * way,
        (30 * u**2 - 60 * u**3 + 30 * u**4) * way,
        (60 * u - 180 * u**2 + 120 * u**3) * way,
    )
    start = motion.positions[0] + rng.uniform(-0.03, 0.03, 7)
    joined = motion.begun_at(start, within)
    np.testing.assert_allclose(joined.positions[0], start, atol=1e-12)
    assert np.abs(joined.velocities[0]).max() < 1e-12
    after = t >= within
    np.testing.assert_allclose(joined.positions[after], motion.positions[after], atol=1e-12)
    np.testing.assert_allclose(np.gradient(joined.positions, 1e-3, axis=0)[2:-2], joined.velocities[2:-2], atol=2e-3)
    np.testing.assert_allclose(np.gradient(joined.velocities, 1e-3, axis=0)[2:-2], joined.accelerations[2:-2], atol=0.1)

    with pytest.raises(TrajectoryError, match="plan from where the arm is"):
        motion.begun_at(start + 0.5, within)


def test_a_box_that_stands_deeper_than_seen_is_put_down_gently():
    """Its lower 25 mm were hidden: the cup must feel it land and press it no harder than its bellows does."""
    short, tall, size = 0.095, 0.120, (0.09, 0.07)
    renderer = make_renderer()
    cell = SimCell.build(
        LAYOUT, TOOL, [box_spec((*size, tall), 0.2, fragility=BOXED)], renderer, np.random.default_rng(0)
    )
    item, floor = cell._world.items[0], LAYOUT.source.T_base_tote
    place = floor.inverse() @ item.pose()
    upright = int(np.argmax(np.abs(place.rotation[2])))
    height = item.spec.size[upright]
    believed = item.spec.size.copy()
    believed[upright] -= tall - short
    top = place.position[2] + height / 2
    solid = replace(
        box((0, 0, 0), believed),
        T_tote_solid=Pose.from_rotation((*place.position[:2], top - believed[upright] / 2), place.rotation),
    )
    scene = make_scene([solid], tote=LAYOUT.source)
    grid = scene.occupancy
    state = np.where(grid.state == Space.FREE, grid.state, np.where(grid.item < 0, Space.UNSEEN, grid.state))
    low = grid.T_base_grid.position[2] + grid.voxel * np.arange(state.shape[2]) < floor.position[2] + tall - short
    state[..., low] = np.where(grid.item[..., low] < 0, Space.UNSEEN, state[..., low])
    shape = tuple(round(n / 0.01) for n in LAYOUT.destination.inner[:2])
    destination = HeightMap(LAYOUT.destination, 0.01, np.zeros(shape, np.float32), np.ones(shape, bool))
    scene = replace(scene, occupancy=replace(grid, state=state.astype(np.uint8)), destination=destination)

    across = np.array((np.cos(0.3), np.sin(0.3), 0))
    down = np.array((0, 0, -1.0))
    T_base_cup = Pose.from_rotation(
        floor.apply((*place.position[:2], top)), np.column_stack([across, np.cross(down, across), down])
    )
    load = Load(0.2, np.array((0, 0, 0.05)), 1e-3 * np.eye(3), (0.1, 0.4))
    limits = suction_limits(30.0, 0.5, TOOL.cup.radius)
    grasp = Grasp(Tool.SUCTION, 0, T_base_cup, TOOL.cup.fingers_open, 0.0, 0.0, Odds(0.9, 0.9, 0.0), limits, load)
    arm = Arm(TOOL)
    planner = Planner(arm, LAYOUT.source, LAYOUT.destination, LAYOUT.obstacles, LAYOUT.cameras)
    plan = planner.plan(grasp, scene, cell.state().positions)
    done = execute(cell, plan, grasp, TOOL, Touch(arm), Hold(), Stopwatch(cell))
    follow(cell, plan.retreat.approach.motion.begun_at(cell.state().positions, RISE))
    truth = cell.truth()
    cell.close()
    renderer.close()
    assert done.result is Result.PLACED
    assert truth.items[0].placed_undamaged, truth.events


def test_what_may_reach_deeper_is_carried_as_the_longer_thing_unless_the_grasp_is_too_weak():
    """A uniform box hanging upright from the cup: mass and centre are those of the box with its hidden foot."""
    down = Pose.from_rotation((0.3, 0.2, 0.1), np.diag((1.0, -1.0, -1.0)))
    load = Load(0.2, np.array((0, 0, 0.04)), 1e-3 * np.eye(3), (0.1, 0.4))
    strong, weak = (suction_limits(force, 0.5, TOOL.cup.radius) for force in (30.0, 3.0))
    grasp = Grasp(Tool.SUCTION, 0, down, 0.04, 0.0, 0.0, Odds(0.9, 0.9, 0.0), strong, load)
    longer = deepened(load, grasp, 0.08, 0.04)
    assert longer.mass == pytest.approx(0.3) and longer.centre == pytest.approx((0, 0, 0.06))
    assert deepened(load, replace(grasp, limits=weak), 0.08, 0.04) is load
    assert deepened(load, grasp, 0.08, 0.0).mass == load.mass


def test_what_hangs_down_around_the_cup_passes_over_the_walls():
    """A shirt 30 cm long: its hem hangs lower than it lay, by a part of its reach from the lip."""
    scene = make_scene([box((0.02, 0, 0.02), (0.30, 0.20, 0.04))], tote=LAYOUT.source)
    shape = tuple(round(n / 0.01) for n in LAYOUT.destination.inner[:2])
    destination = HeightMap(LAYOUT.destination, 0.01, np.zeros(shape, np.float32), np.ones(shape, bool))
    scene, item = replace(scene, destination=destination), scene.items[0]
    down = Pose.from_rotation((*item.T_base_box.position[:2], item.points[:, 2].max()), np.diag((1.0, -1.0, -1.0)))
    load = Load(0.2, np.array((0, 0, 0.02)), 1e-3 * np.eye(3), (0.1, 0.3))
    limits = suction_limits(30.0, 0.5, TOOL.cup.radius)
    stiff = Grasp(Tool.SUCTION, 0, down, TOOL.cup.fingers_open, 0.0, 0.0, Odds(0.9, 0.9, 0.0), limits, load)
    arm = Arm(TOOL)
    planner = Planner(arm, LAYOUT.source, LAYOUT.destination, LAYOUT.obstacles, LAYOUT.cameras)
    held = down.inverse().apply(item.points[::10])
    limp = replace(stiff, limp=True)
    hem = hung_down(limp, held)

    def least_room(grasp, points):
        """Metres between what passes outside both totes and the height of their rims."""
        plan = planner.plan(grasp, scene, planner.rest)
        gaps = []
        for q in plan.carry.motion.positions[::20]:
            at = arm.T_base_tool(q, Tool.SUCTION).apply(points)
            inside = [
                np.abs(t.T_base_tote.inverse().apply(at)[:, :2]) < t.inner[:2] / 2
                for t in (LAYOUT.source, LAYOUT.destination)
            ]
            outside = ~(inside[0].all(axis=1) | inside[1].all(axis=1))
            gaps += list(at[outside, 2])
        rim = LAYOUT.source.T_base_tote.position[2] + LAYOUT.source.inner[2]
        return min(gaps) - rim

    assert hung_down(stiff, held) is None and np.ptp(hem[:, 2]) > np.ptp(held[:, 2]) + 0.04
    assert least_room(stiff, hem) < 0.0 < min(least_room(stiff, held), least_room(limp, held), least_room(limp, hem))


def book_pinched(force=60.0, off=0.06, across=0.0, pitch=0.0):
    """A pinch of a book's narrow sides, whose middle is `off` metres beside the pads along x of the tool."""
    f = np.zeros(1, FEATURES)
    told = {"bookish": 1.0, "flatness": 0.16, "girth": 0.13, "width": 0.13, "across_covers": across}
    for name, value in (told | {"force": force, "patch_x": 0.002, "patch_z": -0.006}).items():
        f[name] = value
    T = Pose.from_euler((0, 0, 0), (np.pi, pitch, 0))
    load = Load(0.4, np.array([off, 0, -0.004]), np.eye(3) * 1e-3, (0.3, 0.5))
    held = pinch_limits(force, 0.45, 0.13, 0.006)
    limits = moved(held, Pose.from_rotation((0.002, 0, -0.006), np.eye(3)))
    return Grasp(Tool.PINCH, 0, T, 0.16, 0.13, force, Odds(1, 1, 0), limits, load, features=f[0])


def test_what_may_turn_between_the_pads_is_minded_until_it_hangs():
    rng = np.random.default_rng(3)
    for pitch in (0.0, 0.3, -0.5):
        grasp = book_pinched(off=float(rng.choice((-1, 1)) * rng.uniform(0.03, 0.08)), pitch=pitch)
        assert may_turn(grasp)
        points = np.vstack([grasp.load.centre, rng.uniform(-0.1, 0.1, (50, 3))])
        found = hung_down(grasp, points).reshape(-1, len(points), 3)
        np.testing.assert_array_equal(found[0], points)
        pads = np.array([0.002, 0.0, -0.006])
        apart = np.linalg.norm(found - pads, axis=2)
        np.testing.assert_allclose(apart, np.broadcast_to(apart[0], apart.shape))  # rigidly about the pads
        np.testing.assert_allclose(found[..., 1], np.broadcast_to(points[:, 1], apart.shape))  # and their axis
        heights = grasp.T_base_tool.apply(found[:, 0])[:, 2]
        assert (np.diff(heights) < 0).all()
        hanging = grasp.T_base_tool.apply(found[-1, 0]) - grasp.T_base_tool.apply(pads)
        assert hanging[2] < 0
        across = np.cross(grasp.T_base_tool.rotation[:, 1], (0.0, 0.0, 1.0))
        assert abs(hanging @ across) < 1e-9  # straight below them


def test_what_pads_hold_firmly_does_not_turn():
    points = np.zeros((1, 3))
    assert hung_down(book_pinched(off=0.06, force=10.0), points) is not None
    assert hung_down(book_pinched(off=0.06, force=10.0, across=1.0), points) is None  # from cover to cover
    assert not may_turn(replace(book_pinched(), features=None))
    light = book_pinched(off=0.0)
    assert not may_turn(replace(light, load=replace(light.load, centre=np.array([0.002, 0.0, -0.006]))))
