"""The watch on exact pictures of boxes, with noise: each disturbance is told in two ticks, calm is silent."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perception.camera import CameraFrame
from perception.capsules import Capsules
from perception.events import EventKind
from perception.perceiver import Perceiver
from perception.pose import Pose
from perception.tote import Box, Tote
from perception.watch.alignment import Shape, align
from perception.watch.evidence import MOST, SURE, Evidence, Ledger, beyond_ratio, count_ratio, share_ratio
from perception.watch.hold_sensing import Feeling
from perception.watch.intent import Hold, Intent, Phase, Posture, Sensors
from perception.watch.obstacles import LEAST
from perception.watch.watch import Watch, WatchError
from tests.support.pictures import CAMERAS, DESTINATION, NO_ROBOT, SOURCE, World

RED, BLUE = (200, 40, 40), (40, 60, 200)
TICK = 0.1
DOWN = np.diag((1.0, -1.0, -1.0))
ASIDE = Pose.from_rotation((0.0, 0.0, 0.8), DOWN)


def bin_of(target=(-0.08, 0, 0.03), neighbour=(0.08, 0.01, 0.04), yaw=0.0):
    world = World()
    world.put(target, (0.12, 0.10, 0.06), RED, yaw)
    world.put(neighbour, (0.10, 0.12, 0.08), BLUE)
    return world


def noisy(frames, rng, stamp):
    """Exact frames with the noise of a stereo camera, of standard deviation 0.002 z^2 metres."""
    noise = lambda depth: (0.002 * depth**2 * rng.standard_normal(depth.shape, np.float32)).astype(np.float32)
    return [CameraFrame(f.camera, stamp, f.depth + noise(f.depth), f.color) for f in frames]


CALM = bin_of().frames()


class Bench:
    """A watch that has looked at a bin, and the clock."""

    def __init__(self, seed=0):
        self.rng = np.random.default_rng(seed)
        frames = noisy(CALM, self.rng, 0.0)
        self.scene = Perceiver(SOURCE, DESTINATION, CAMERAS).perceive(frames, NO_ROBOT)
        middle = SOURCE.T_base_tote.apply((-0.08, 0, 0.03))
        self.target = min(self.scene.items, key=lambda item: np.linalg.norm(item.T_base_box.position - middle))
        self.neighbour = max(self.scene.items, key=lambda item: np.linalg.norm(item.T_base_box.position - middle))
        top = self.target.T_base_box.position + np.array((0, 0, 0.03))
        self.grasp = Pose.from_rotation(top, DOWN)
        self.watch = Watch(SOURCE, DESTINATION)
        self.watch.look(frames, NO_ROBOT, self.scene)
        self.time = 0.0

    def begin(self, stage=Phase.APPROACH, swept=NO_ROBOT, may_open=False, grasp=None, duration=3.0, hold=None):
        tools = np.tile((grasp or self.grasp).matrix, (2, 1, 1))
        contact = duration if stage is Phase.APPROACH else 0.0
        self.watch.begin(
            Intent(
                stage,
                self.time,
                np.array((0.0, duration)),
                (swept, swept),
                tools,
                self.target.id,
                grasp or self.grasp,
                contact,
                hold=hold,
                may_open=may_open,
            )
        )

    def tick(self, frames, robot=NO_ROBOT, tool=ASIDE):
        """The events of the next tick, by kind, of exact frames that get noise and its stamp."""
        self.time += TICK
        return self.see(noisy(frames, self.rng, self.time), robot, tool)

    def see(self, frames, robot=NO_ROBOT, tool=ASIDE):
        events = self.watch.tick(frames, Posture(self.time, robot, tool))
        return {event.kind: event for event in events}


def told(bench, world, ticks=3, **how):
    """The events of some ticks at an unchanging world, by kind, and in which tick each came."""
    frames = world.frames() if world is not None else CALM
    events = {}
    for number in range(ticks):
        for kind, event in bench.tick(frames, **how).items():
            events[kind] = (event, number + 1)
    return events


def upward(start):
    """A capsule of 5 cm radius, 30 cm upward."""
    return Capsules(np.array([[start, start + np.array((0, 0, 0.3))]]), np.array([0.05]))


@pytest.mark.parametrize("stage", [Phase.APPROACH, Phase.CARRY, Phase.DRAG, Phase.RETREAT])
def test_calm_is_silent(stage):
    bench = Bench()
    bench.begin(stage, swept=upward(bench.grasp.position))
    world = bin_of()
    if stage is not Phase.APPROACH:
        world = World(world.boxes[1:], world.colors[1:])
    if stage in (Phase.CARRY, Phase.DRAG):
        world = in_hand(bench, in_view())
    assert told(bench, world, 25, tool=in_view()) == {}


def test_a_target_that_moved_is_found_again():
    bench = Bench()
    bench.begin()
    assert told(bench, None) == {}
    event, tick = told(bench, bin_of(target=(-0.11, 0.02, 0.03)))[EventKind.TARGET_MOVED]
    assert tick == 2 and event.certainty > SURE and event.item == bench.target.id
    middle = bench.target.T_base_box.position
    way = SOURCE.T_base_tote.rotation.T @ (event.shift.apply(middle) - middle)
    np.testing.assert_allclose(way, (-0.03, 0.02, 0.0), atol=0.008)


def test_a_neighbour_that_moved_is_not_the_target():
    bench = Bench()
    bench.begin()
    events = told(bench, bin_of(neighbour=(0.11, -0.02, 0.04)))
    assert set(events) == {EventKind.NEIGHBOUR_MOVED}
    assert events[EventKind.NEIGHBOUR_MOVED][0].item == bench.neighbour.id


def test_after_contact_nobody_is_told_what_the_robot_moves():
    bench = Bench()
    bench.begin(duration=0.05)
    assert told(bench, bin_of(target=(-0.11, 0.02, 0.03))) == {}


@pytest.mark.parametrize("aside", [0.0, 0.14])
def test_only_what_is_on_the_way_blocks_it(aside):
    bench = Bench()
    start = SOURCE.T_base_tote.apply((-0.08, 0, 0.12))
    bench.begin(swept=upward(start))
    world = bin_of()
    obstacle = world.put((-0.08 + aside, 0.0, 0.17), (0.05, 0.05, 0.05), BLUE)
    events = told(bench, world)
    assert set(events) == ({EventKind.PATH_BLOCKED} if aside == 0 else set())
    if events:
        event, tick = events[EventKind.PATH_BLOCKED]
        assert tick == 2
        assert np.linalg.norm(event.box.T_base_box.position - obstacle.T_base_box.position) < 0.03
        assert (event.box.size < 0.12).all()


def test_what_is_in_the_way_may_be_larger_than_what_is_seen_of_it_and_is_told_again_as_more_is():
    bench = Bench()
    bench.begin(swept=upward(SOURCE.T_base_tote.apply((-0.08, 0, 0.12))))
    assert not bench.watch.uneasy
    corner, whole = bin_of(), bin_of()
    seen = corner.put((-0.08, 0.0, 0.17), (0.02, 0.02, 0.02), BLUE)
    whole.put((-0.13, 0.0, 0.17), (0.12, 0.02, 0.02), BLUE)
    assert bench.tick(corner.frames()) == {} and bench.watch.uneasy
    first = bench.tick(corner.frames())[EventKind.PATH_BLOCKED].box
    assert not bench.watch.uneasy
    np.testing.assert_allclose(first.size, LEAST)
    np.testing.assert_allclose(first.T_base_box.position[:2], seen.T_base_box.position[:2], atol=0.01)
    assert abs(top_of(first) - top_of(seen)) < 0.012
    assert told(bench, corner, 5) == {}
    again, tick = told(bench, whole, 5)[EventKind.PATH_BLOCKED]
    assert tick == 1 and max(again.box.size) > 0.11


def test_what_the_robot_hid_in_the_look_is_watched_once_it_has_gone():
    bench, at = Bench(), (-0.08, 0.0, 0.17)
    with_robot, blocked = bin_of(), bin_of()
    with_robot.put(at, (0.05, 0.05, 0.05), RED)
    blocked.put(at, (0.05, 0.05, 0.05), BLUE)
    robot = upward(SOURCE.T_base_tote.apply((-0.08, 0, 0.1)))
    bench.watch.look(noisy(with_robot.frames(), bench.rng, 0.0), robot, bench.scene)
    bench.begin(swept=robot)
    assert told(bench, None) == {}
    assert set(told(bench, blocked)) == {EventKind.PATH_BLOCKED}


def test_what_was_put_down_is_not_in_the_way_but_what_comes_into_the_tote_after_it_is():
    bench = Bench()
    put_down, later = (SOURCE.T_base_tote.inverse().apply(DESTINATION.T_base_tote.apply(at))
                       for at in ((-0.06, 0.02, 0.03), (0.06, 0.0, 0.09)))  # fmt: skip
    placed = bin_of()
    lies = placed.put(put_down, (0.08, 0.08, 0.06), RED)
    bench.watch.look(noisy(CALM, bench.rng, 0.0), NO_ROBOT, bench.scene, lies.T_base_box.position[None])
    over = Capsules(DESTINATION.T_base_tote.apply(np.array(((-0.1, 0, 0.08), (0.12, 0, 0.08))))[None], np.array([0.05]))
    bench.begin(swept=over)
    assert told(bench, placed) == {}
    tool = in_view()
    bench.begin(Phase.CARRY, swept=over, grasp=bench.grasp)
    carrying, blocked = in_hand(bench, tool), in_hand(bench, tool)
    for world in (carrying, blocked):
        world.put(put_down, (0.08, 0.08, 0.06), RED)
    assert told(bench, carrying, tool=tool) == {}
    blocked.put(later, (0.05, 0.05, 0.05), BLUE)
    assert set(told(bench, blocked, tool=tool)) == {EventKind.PATH_BLOCKED}


def top_of(box):
    return box.T_base_box.position[2] + box.size[2] / 2


def test_the_robot_is_nothing_new():
    bench = Bench()
    start = SOURCE.T_base_tote.apply((-0.08, 0, 0.12))
    swept = upward(start)
    bench.begin(swept=swept)
    world = bin_of()
    world.put((-0.08, 0.0, 0.17), (0.05, 0.05, 0.05), BLUE)
    assert told(bench, world, robot=swept) == {}


@pytest.mark.parametrize(("shift", "turn"), [((0.05, 0.0), 0.0), ((0.0, -0.05), 0.0), ((0.03, 0.04), 0.05)])
def test_a_destination_that_moved(shift, turn):
    bench = Bench()
    bench.begin(Phase.RETREAT)
    assert told(bench, None, 2) == {}
    moved = DESTINATION.T_base_tote @ Pose.from_euler((*shift, 0), (0, 0, turn))
    world = replace(bin_of(), destination=Tote("destination", moved, DESTINATION.inner))
    events = told(bench, world)
    event, tick = events[EventKind.DESTINATION_MOVED]
    assert set(events) == {EventKind.DESTINATION_MOVED} and tick == 2
    expected = moved.apply((0.1, 0.1, 0))
    got = event.shift.apply(DESTINATION.T_base_tote.apply((0.1, 0.1, 0)))
    assert np.linalg.norm(got - expected) < 0.008


def in_view() -> Pose:
    """A tool over the source tote."""
    return Pose.from_rotation(SOURCE.T_base_tote.apply((0, 0, 0.25)), DOWN)


def in_hand(bench, tool, offset=(0.0, 0.0, 0.0)):
    """The bin without the target, which hangs from the tool; offset in the tool's frame."""
    world = bin_of()
    T_grasp_box = bench.grasp.inverse() @ world.boxes[0].T_base_box
    carried = tool @ Pose.from_rotation(offset, np.eye(3)) @ T_grasp_box
    return World([Box(carried, world.boxes[0].size), world.boxes[1]], list(world.colors))


def test_an_item_that_slips_in_the_hand():
    bench = Bench()
    bench.begin(Phase.CARRY)
    tool = in_view()
    assert told(bench, in_hand(bench, tool), tool=tool) == {}
    events = told(bench, in_hand(bench, tool, (0.03, 0.0, 0.0)), tool=tool)
    event, tick = events[EventKind.ITEM_SLIPPED]
    assert set(events) == {EventKind.ITEM_SLIPPED} and tick <= 3
    np.testing.assert_allclose(event.shift.position, (0.03, 0, 0), atol=0.006)


@pytest.mark.parametrize(("offset", "slips"), [((0.0, 0.0, -0.025), False), ((0.03, 0.0, 0.0), True)])
def test_what_bends_towards_a_cup_does_not_slip_along_it(offset, slips):
    """As a folded shirt does between the braking arm and its own weight: the fit moves by 20 mm along the axis."""
    bench = Bench()
    bench.begin(Phase.CARRY, hold=Hold(True, 12e3))
    tool = in_view()
    assert told(bench, in_hand(bench, tool), tool=tool) == {}
    assert (EventKind.ITEM_SLIPPED in told(bench, in_hand(bench, tool, offset), tool=tool)) is slips


def test_an_item_that_is_lost_is_said_to_be_so_and_nothing_else():
    bench = Bench()
    bench.begin(Phase.CARRY)
    tool = in_view()
    assert told(bench, in_hand(bench, tool), tool=tool) == {}
    world = bin_of()
    events = told(bench, World(world.boxes[1:], world.colors[1:]), 5, tool=tool)
    assert set(events) == {EventKind.ITEM_LOST}
    assert events[EventKind.ITEM_LOST][1] <= 3


def test_what_the_cup_still_holds_is_not_lost_though_cameras_see_past_it():
    bench = Bench()
    bench.begin(Phase.CARRY, hold=Hold(True, 12e3))
    tool = in_view()
    world = World(bin_of().boxes[1:], list(bin_of().colors[1:]))
    bench.watch.feel(Sensors(bench.time, 60e3, 0.0, 0.0))
    assert told(bench, world, 5, tool=tool) == {}
    bench.watch.feel(Sensors(bench.time, 1e3, 0.0, 0.0))
    assert set(told(bench, world, 5, tool=tool)) == {EventKind.ITEM_LOST}


@pytest.mark.parametrize("may_open", [True, False])
@pytest.mark.parametrize("hangs", [True, False])
def test_what_comes_along_with_the_tool_is_not_in_its_way(hangs, may_open):
    """A plate stands out 15 cm beside the item on the side to which it goes: a cover of it, or what it will hit."""
    bench = Bench()
    at = lambda x: in_view().position + np.array((x, 0.0, 0.0))
    bench.begin(Phase.CARRY, may_open=may_open, swept=Capsules(np.array([[at(0.0), at(0.4)]]), np.array([0.05])))
    events = {}
    for step in range(5):
        tool = Pose.from_rotation(at(0.04 * step - 0.1), DOWN)
        world = in_hand(bench, tool)
        place = at(0.04 * step + 0.05 if hangs else 0.22)
        world.boxes.append(Box(Pose.from_rotation(place, np.eye(3)), np.array((0.06, 0.1, 0.01))))
        world.colors.append(RED)
        events.update(bench.tick(world.frames(), tool=tool))
    assert (EventKind.PATH_BLOCKED in events) is not hangs
    assert (EventKind.BOOK_OPENING in events) is (hangs and may_open)


@pytest.mark.parametrize("may_open", [True, False])
def test_what_hangs_from_a_book_more_and_more(may_open):
    bench = Bench()
    bench.begin(Phase.CARRY, may_open=may_open)
    tool = in_view()
    assert told(bench, in_hand(bench, tool), tool=tool) == {}
    world = in_hand(bench, tool)
    hanging = tool @ Pose.from_rotation((0.055, 0, 0.09), np.eye(3))
    world.boxes.append(Box(hanging, np.array((0.01, 0.1, 0.12))))
    world.colors.append(RED)
    assert (EventKind.BOOK_OPENING in told(bench, world, tool=tool)) is may_open


def without_depth(frame):
    return CameraFrame(frame.camera, frame.stamp, np.full_like(frame.depth, np.nan), frame.color)


def test_blind_cameras_are_told_only_where_nothing_else_watches():
    bench = Bench()
    bench.begin()
    partly = [*map(without_depth, CALM[:3]), *CALM[3:]]
    assert [bench.tick(partly) for _ in range(12)] == [{}] * 12
    dead = bench.tick(CALM[4:]) | bench.tick(CALM[4:]) | bench.tick(CALM[4:])
    assert set(dead) == {EventKind.CAMERAS_STALE}


def test_old_images_are_stale():
    bench = Bench()
    bench.begin(Phase.RETREAT)
    assert bench.tick(CALM) == {}
    old = noisy(CALM, bench.rng, bench.time)
    later = {}
    for _ in range(3):
        bench.time += TICK
        later |= bench.see(old)
    assert set(later) == {EventKind.CAMERAS_STALE}


def test_the_watch_wants_to_know_first():
    watch = Watch(SOURCE, DESTINATION)
    with pytest.raises(WatchError, match="look"):
        watch.begin(None)
    with pytest.raises(WatchError, match="begin"):
        watch.tick([], Posture(0.0, NO_ROBOT, ASIDE))


def feel(hold, readings):
    """Kinds told by readings (vacuum, gap, force) every 10 ms."""
    feeling = Feeling(hold)
    return [e for i, r in enumerate(readings) for e in feeling.feel(Sensors(0.01 * i, *r))]


def test_a_seal_that_opens_and_a_pump_that_stops_differ():
    held = [(60e3, 0.04, 0.0)] * 20
    opens = held + [(v, 0.04, 0.0) for v in (17e3, 5e3, 1e3, 0.0, 0.0, 0.0)]
    ebbs = held + [(60e3 * np.exp(-t / 0.05), 0.04, 0.0) for t in np.arange(0, 0.4, 0.01)]
    weak = held + [(30e3, 0.04, 0.0)] * 10
    hold = Hold(True, 12e3)
    assert [e.kind for e in feel(hold, held)] == []
    assert [e.kind for e in feel(hold, opens)] == [EventKind.ITEM_LOST]
    assert [e.kind for e in feel(hold, ebbs)] == [EventKind.GRASP_WEAK, EventKind.PUMP_LOST]
    (event,) = feel(hold, weak)
    assert event.kind is EventKind.GRASP_WEAK and event.share == pytest.approx(0.5)


def test_fingers_that_meet_or_press_no_more():
    hold = Hold(False, 0.0004, 30.0)
    held = [(0.0, 0.05, 30.0)] * 10
    assert feel(hold, held) == []
    assert [e.kind for e in feel(hold, [*held, *[(0.0, 0.0, 30.0)] * 3])] == [EventKind.ITEM_LOST]
    assert [e.kind for e in feel(hold, [*held, *[(0.0, 0.05, 5.0)] * 6])] == [EventKind.GRASP_WEAK]


def test_a_soft_item_yields_to_fingers_that_hold_it():
    """As a plush toy does: by 12 mm in a second."""
    yields = [(0.0, 0.086 + 0.012 * np.exp(-0.01 * i / 0.3), 19.0) for i in range(200)]
    assert feel(Hold(False, 0.0004, 19.0), yields) == []


@given(st.lists(st.floats(-1e6, 1e6), max_size=30), st.floats(-1e6, 1e6))
def test_no_single_tick_convinces(before, ratio):
    evidence = Evidence()
    for one in before:
        evidence.add(min(one, 0.0))
    assert evidence.add(ratio) < SURE
    assert evidence.add(MOST) <= 1.0


def test_an_event_is_told_once():
    ledger = Ledger()
    assert [ledger.sure("it", 9.0) is not None for _ in range(5)] == [False, True, False, False, False]


@given(st.integers(0, 500), st.integers(1, 500), st.floats(0.001, 0.2), st.floats(0.3, 0.9))
def test_more_hits_are_more_evidence(hits, more, calm, disturbed):
    assert share_ratio(hits, 1000, calm, disturbed) < share_ratio(hits + more, 1000, calm, disturbed)
    assert count_ratio(hits, 0.3, 15.0) < count_ratio(hits + more, 0.3, 15.0)
    assert beyond_ratio(0.01 * hits, 1.0, 0.1) <= beyond_ratio(0.01 * (hits + more), 1.0, 0.1)
    assert beyond_ratio(1.0, 1.0, 0.1) == pytest.approx(0.0)


@given(st.tuples(*[st.floats(-0.02, 0.02)] * 3), st.tuples(*[st.floats(-0.25, 0.25)] * 3), st.integers(0, 99))
def test_alignment_recovers_a_motion(shift, turn, seed):
    rng = np.random.default_rng(seed)
    face = rng.integers(0, 3, 3000)
    sign = rng.choice((-1.0, 1.0), 3000)
    half = np.array((0.06, 0.05, 0.03))
    points = rng.uniform(-1, 1, (3000, 3)) * half
    normals = np.zeros((3000, 3))
    points[np.arange(3000), face] = sign * half[face]
    normals[np.arange(3000), face] = sign
    motion = Pose.from_euler(shift, turn)
    seen = (normals @ motion.rotation.T @ np.array((0.4, 0.5, 0.77))) > 0.1
    measured = motion.apply(points[seen]) + rng.normal(0, 0.002, (int(seen.sum()), 3))
    found = align(Shape.of_points(points, normals), measured)
    assert found.share > 0.95
    assert np.abs(found.shift.apply(points) - motion.apply(points)).max() < 0.004
