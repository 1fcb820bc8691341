import logging
from dataclasses import replace

import numpy as np
import pytest

from benchmarks.reflexes import sucked
from benchmarks.support.scenes import box, make_scene
from handpick.layout import standard_layout
from motion.errors import PlanError
from motion.planner import Planner
from motion.planning.source_heights import source_heights
from motion.replanning.reflexes import Reflexes
from motion.replanning.running import Branch, Running
from motion.replanning.set_down import set_down
from motion.robot.arm import Arm
from motion.timing.verify import usage
from perception.events import Event, EventKind
from perception.pose import Pose
from perception.scene import HeightMap
from perception.tote import Box

logging.getLogger("toppra").setLevel(logging.ERROR)
LAYOUT, ARM = standard_layout(), Arm()
PLANNER = Planner(ARM, LAYOUT.source, LAYOUT.destination, LAYOUT.obstacles, LAYOUT.cameras)


def one_box(height=0.0):
    solids = [box((0.05, 0.02, 0.0305), (0.12, 0.08, 0.06), (0, 0, 0.5))]
    shape = tuple(round(n / 0.01) for n in LAYOUT.destination.inner[:2])
    floor = HeightMap(LAYOUT.destination, 0.01, np.full(shape, height, np.float32), np.ones(shape, bool))
    return replace(make_scene(solids, tote=LAYOUT.source, spacing=0.006), destination=floor)


SCENE = one_box()
GRASP = sucked(SCENE.items[0], ARM)
PLAN = PLANNER.plan(GRASP, SCENE, PLANNER.rest)


def stopped(now):
    event = Event(EventKind.CAMERAS_STALE, 0.9, now)
    mended = Reflexes().mend(Running(PLAN.carry.motion, 0.0, PLAN.carry.constraints), now, event)
    assert mended.kind is Branch.BRAKE
    return mended.running


def released(down):
    """Where the grasp's frame is as the item is let go."""
    return Pose(ARM.links(down.end)[-1]) @ down.carry.constraints.stage.T_last_grasp


def test_an_item_is_set_down_from_wherever_the_arm_stopped():
    totes = set()
    for now in np.linspace(PLAN.carry.clear, PLAN.carry.motion.duration - 0.05, 6):
        rest = stopped(now)
        start = rest.trajectory.positions[-1]
        down = set_down(PLANNER.workspace, GRASP, SCENE, rest.setting, start)
        np.testing.assert_allclose(down.carry.motion.positions[0], start, atol=1e-9)
        shares = usage(down.carry.constraints.loaded, down.carry.motion, down.carry.constraints.hold)
        assert max(shares.values()) <= 1 + 1e-6
        held = GRASP.T_base_tool.inverse().apply(SCENE.items[0].points)
        lies = released(down).apply(held)
        inside = [tote for tote in (LAYOUT.source, LAYOUT.destination) if tote.contains(lies).all()]
        assert len(inside) == 1
        assert 0.003 < inside[0].T_base_tote.inverse().apply(lies)[:, 2].min() < 0.06
        totes.add(inside[0].name)
    assert totes == {"source", "destination"}  # the nearer one


def test_what_was_believed_where_the_arm_stands_is_no_larger_than_that_allows():
    rest = stopped(0.7 * PLAN.carry.clear + 0.3 * PLAN.carry.motion.duration)
    start = rest.trajectory.positions[-1]
    tool = rest.setting.stage.tool_positions(start[None])[0]
    aside = np.array((0.12, 0.0, 0.0))
    beside, upon = (Box(Pose.from_rotation(tool + off, np.eye(3)), np.full(3, 0.16)) for off in (aside, 0 * aside))
    setting = rest.setting.blocked(upon).blocked(beside)
    assert setting.met(start[None])[0]
    down = set_down(PLANNER.workspace, GRASP, SCENE, setting, start)
    (left,) = down.carry.constraints.added
    np.testing.assert_array_equal(left.T_base_box.position, beside.T_base_box.position)
    assert 0.04 < left.size[0] < 0.15
    assert not down.carry.constraints.met(down.carry.motion.positions[::10]).any()
    boxes = down.carry.constraints.stage.free.obstacles.boxes
    assert left in boxes and not {beside, upon} & set(boxes)


def test_an_item_is_set_down_beside_and_not_beneath_what_came_into_the_way():
    rest = stopped(0.45 * (PLAN.carry.clear + PLAN.carry.motion.duration))
    start = rest.trajectory.positions[-1]
    first = released(set_down(PLANNER.workspace, GRASP, SCENE, rest.setting, start)).position
    above = Box(Pose.from_rotation(first + np.array((0.03, 0.0, 0.12)), np.eye(3)), np.full(3, 0.06))
    setting = rest.setting.blocked(above)
    assert not setting.met(start[None])[0]
    down = set_down(PLANNER.workspace, GRASP, SCENE, setting, start)
    assert np.linalg.norm((released(down).position - above.T_base_box.position)[:2]) > 0.1
    assert not down.carry.constraints.met(down.carry.motion.positions[::10]).any()


def test_a_full_destination_leaves_the_source():
    rest = stopped(PLAN.carry.motion.duration * 0.6)
    full = one_box(height=0.19)
    down = set_down(PLANNER.workspace, GRASP, full, rest.setting, rest.trajectory.positions[-1])
    assert LAYOUT.source.contains(released(down).position[None]).all()


def test_a_hold_that_is_gone_cannot_set_down():
    rest = stopped(PLAN.carry.motion.duration * 0.6)
    with pytest.raises(PlanError):
        set_down(PLANNER.workspace, GRASP, SCENE, rest.setting.weakened(0.01), rest.trajectory.positions[-1])


def test_source_heights_are_those_of_what_lies_there():
    solids = [box((0.1, 0.0, 0.03), (0.1, 0.1, 0.06)), box((-0.15, 0.05, 0.02), (0.1, 0.06, 0.04))]
    scene = make_scene(solids, tote=LAYOUT.source, spacing=0.006)
    floor = source_heights(scene, 0)
    x, y = ((np.arange(n) + 0.5) * floor.cell - n * floor.cell / 2 for n in floor.height.shape)
    on = (np.abs(x[:, None] + 0.15) < 0.04) & (np.abs(y[None] - 0.05) < 0.02)
    np.testing.assert_allclose(floor.height[on], 0.04, atol=0.008)
    of = (np.abs(x[:, None] - 0.1) < 0.03) & (np.abs(y[None]) < 0.03)
    assert floor.height[of].max() < 0.02
