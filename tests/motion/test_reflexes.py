import logging
from dataclasses import replace

import numpy as np
import pytest

from benchmarks.reflexes import carries, obstacle, place, tote, weak
from motion.collision.exact import ExactChecker
from motion.errors import InCollision, LimitsExceeded, PlanError
from motion.replanning.reflexes import Reflexes
from motion.replanning.running import Branch, Running
from motion.robot.arm import Arm
from motion.timing.jerk_limited import State, bound, brake
from motion.timing.verify import usage
from perception.events import Event, EventKind
from perception.pose import Pose
from perception.tote import Box

logging.getLogger("toppra").setLevel(logging.ERROR)
ARM = Arm()
PLANS = carries(4, seed=40)
REFLEXES = Reflexes()
EVENTS = (place, tote, obstacle, weak)


def running(plan):
    return Running(plan.carry.motion, 0.0, plan.carry.constraints)


def cases(make, count, seed):
    """Random events in random carries: the plan, the event, and the answer or None where no stop was safe."""
    rng = np.random.default_rng(seed)
    for i in range(count):
        plan = PLANS[i % len(PLANS)]
        event = make(plan, rng)
        try:
            yield plan, event, REFLEXES.mend(running(plan), event.stamp, event)
        except PlanError:
            yield plan, event, None


def check_joined(old, now, mended):
    """The new motion goes on exactly as the arm moves, leaves the old one after the latency, and is smooth."""
    new, dt = mended.trajectory, mended.running.began - old.began
    assert abs(mended.running.began - now) <= 1e-3 or dt == pytest.approx(old.trajectory.duration)
    assert mended.starts == pytest.approx(min(now + REFLEXES.latency, old.began + old.trajectory.duration), abs=1e-3)
    for time in np.arange(0.0, mended.starts - mended.running.began, 1e-3):
        q, v, _ = old.trajectory.sample(time + dt)
        np.testing.assert_allclose(new.sample(time)[0], q, atol=1e-6)
        np.testing.assert_allclose(new.sample(time)[1], v, atol=1e-3)
    steps = np.diff(new.times)[:, None]
    limits = ARM.limits
    assert (np.abs(np.diff(new.velocities, axis=0)) <= limits.acceleration * steps * 1.001).all()
    assert (np.abs(np.diff(new.accelerations, axis=0)) <= limits.jerk * steps * 1.001).all()
    speed = np.diff(new.positions, axis=0) / steps
    assert np.abs(speed - (new.velocities[1:] + new.velocities[:-1]) / 2).max() < 0.01
    change = np.diff(new.velocities, axis=0) / steps
    between = (new.accelerations[1:] + new.accelerations[:-1]) / 2
    assert (np.abs(change - between) <= limits.jerk * steps / 4 + 0.05).all()  # jerk may change once within a step
    assert np.abs(new.velocities[-1]).max() < 1e-6


@pytest.mark.parametrize("make", EVENTS)
def test_every_replacement_is_smooth_and_within_all_limits(make):
    for plan, event, mended in cases(make, 24, seed=1):
        if mended is None:
            continue
        check_joined(running(plan), event.stamp, mended)
        setting = mended.running.setting
        after = mended.trajectory.times >= mended.starts - mended.running.began - 1e-9
        shares = usage(setting.loaded, mended.running.between(int(np.argmax(after))), setting.hold)
        hold = shares.pop("hold")
        assert max(shares.values()) <= 1 + 1e-6
        assert hold <= 1 + 1e-6 or not mended.holds


@pytest.mark.parametrize("make, least", [(place, 22), (tote, 20), (obstacle, 20), (weak, 20)])
def test_most_motions_still_arrive(make, least):
    assert sum(mended is not None and mended.arrives for *_, mended in cases(make, 24, seed=2)) >= least


def test_slowing_down_keeps_the_path_and_the_weaker_grasp():
    slowed = 0
    for plan in PLANS:
        for share in (0.28, 0.32, 0.36, 0.40):
            event = Event(EventKind.GRASP_WEAK, 0.9, plan.carry.clear, share=share)
            mended = REFLEXES.mend(running(plan), event.stamp, event)
            if mended.kind is not Branch.RETIME:
                continue
            slowed += 1
            hold = replace(plan.carry.constraints.hold, limits=mended.running.setting.hold.limits)
            np.testing.assert_allclose(hold.bounds, share * plan.carry.constraints.hold.bounds)
            new, old = mended.trajectory, plan.carry.motion.positions
            late = mended.running.between(int(np.argmax(new.times >= mended.starts - mended.running.began)))
            asked = hold.wrenches(late.positions, late.velocities, late.accelerations) @ hold.limits.rows.T
            assert (asked <= hold.bounds * (1 + 1e-6)).all()
            starts = old[:-1], np.diff(old, axis=0)
            for q in new.positions[::25]:
                along = np.clip(((q - starts[0]) * starts[1]).sum(1) / np.maximum((starts[1] ** 2).sum(1), 1e-18), 0, 1)
                assert np.abs(starts[0] + along[:, None] * starts[1] - q).max(axis=1).min() < 1e-5
            np.testing.assert_allclose(new.positions[-1], old[-1], atol=1e-9)
            assert mended.running.began + new.duration > plan.carry.motion.duration
    assert slowed >= 4


@pytest.mark.parametrize("make", (place, tote))
def test_a_moved_goal_is_reached(make):
    for plan, event, mended in cases(make, 12, seed=3):
        if mended is None or not mended.arrives:
            continue
        T_last_grasp = plan.carry.constraints.stage.T_last_grasp
        ends = [
            Pose(ARM.links(q)[-1]) @ T_last_grasp
            for q in (plan.carry.motion.positions[-1], mended.trajectory.positions[-1])
        ]
        np.testing.assert_allclose(ends[1].matrix, (event.shift @ ends[0]).matrix, atol=1e-6)


def test_nothing_touches_an_obstacle_on_the_way():
    cup = 1.0
    for plan, event, mended in cases(obstacle, 16, seed=4):
        if mended is None:
            continue
        rows = mended.trajectory.positions[::5]
        ExactChecker(ARM, ARM.tool.cup.fingers_open, cup, (event.box,)).verify(rows)
        robot = plan.carry.constraints.stage.free.robot
        parts = [robot.centres[first:last] for link, (first, last) in zip(robot.links, robot.spans) if link == 7]
        for q in rows:
            spheres = Pose(ARM.links(q)[-1]).apply(np.concatenate(parts))
            gap = np.abs(event.box.T_base_box.inverse().apply(spheres)) - event.box.size / 2
            assert np.linalg.norm(np.maximum(gap, 0), axis=1).min() > 0.0


def test_a_brake_ends_within_its_bound_from_any_state():
    rng = np.random.default_rng(5)
    limits = ARM.limits
    for _ in range(300):
        state = State(
            rng.uniform(limits.lower, limits.upper),
            0.95 * limits.velocity * rng.uniform(-1, 1, 7),
            0.9 * limits.acceleration * rng.uniform(-1, 1, 7),
        )
        share = float(rng.uniform(0.25, 0.95))
        motion = brake(state, limits, share)
        assert motion.duration <= bound(state, limits, share) + 1e-3
        assert bound(state, limits, 0.95) < 0.45
        np.testing.assert_array_equal(motion.positions[0], state.position)
        np.testing.assert_allclose(motion.velocities[0], state.velocity, atol=1e-12)
        assert np.abs(motion.velocities[-1]).max() < 1e-9
        dt = np.diff(motion.times)[:, None]
        most = np.maximum(share * limits.acceleration, np.abs(state.acceleration))
        assert (np.abs(motion.accelerations) <= most + 1e-6).all()
        assert (np.abs(np.diff(motion.accelerations, axis=0)) <= limits.jerk * dt * (1 + 1e-6) + 1e-6).all()


@pytest.mark.parametrize(
    "kind",
    [EventKind.STOP, EventKind.CAMERAS_STALE, EventKind.PUMP_LOST, EventKind.ITEM_LOST, EventKind.NEIGHBOUR_MOVED],
)
def test_what_cannot_be_mended_stops_the_arm(kind):
    plan = PLANS[0]
    for now in np.linspace(0.0, plan.carry.motion.duration + 0.2, 12):
        mended = REFLEXES.mend(running(plan), now, Event(kind, 0.9, now, shift=Pose.identity()))
        assert mended.kind is Branch.BRAKE and not mended.arrives
        check_joined(running(plan), now, mended)
        assert mended.trajectory.duration < REFLEXES.latency + 0.45


def test_a_book_that_opens_is_not_set_down_on_the_way(monkeypatch):
    """It would lie open there: where no slower motion helps, it goes on."""
    monkeypatch.setattr("motion.replanning.reflexes.OPENING", 0.0)
    plan = PLANS[0]
    now = plan.carry.clear + 0.1
    mended = REFLEXES.mend(running(plan), now, Event(EventKind.BOOK_OPENING, 0.99, now))
    assert mended.kind is Branch.KEEP and mended.arrives and mended.holds
    np.testing.assert_array_equal(mended.trajectory.positions[-1], plan.carry.motion.positions[-1])


def test_an_event_reported_again_changes_nothing_more():
    rng = np.random.default_rng(6)
    for make in EVENTS:
        plan = PLANS[1]
        event = make(plan, rng)
        first = REFLEXES.mend(running(plan), event.stamp, event)
        if not first.arrives:
            continue
        again = REFLEXES.mend(first.running, event.stamp + 0.05, event)
        assert again.kind is Branch.KEEP
        np.testing.assert_allclose(again.trajectory.positions[-1], first.trajectory.positions[-1], atol=1e-9)


def test_a_storm_of_events_stays_smooth_and_comes_to_rest():
    rng = np.random.default_rng(7)
    plan = PLANS[0]
    follow, answered = running(plan), 0
    for now in np.arange(plan.carry.clear, plan.carry.clear + 0.4, 0.005):
        event = EVENTS[rng.integers(len(EVENTS))](plan, rng)
        try:
            mended = REFLEXES.mend(follow, now, event)
        except PlanError:
            continue
        check_joined(follow, now, mended)
        assert max(usage(mended.running.setting.loaded, mended.trajectory).values()) <= 1 + 1e-6
        follow, answered = mended.running, answered + 1
    assert answered > 70
    assert np.abs(follow.trajectory.velocities[-1]).max() < 1e-6


def test_contradictions_are_named():
    plan = PLANS[0]
    now = plan.carry.clear + 0.2
    with pytest.raises(LimitsExceeded, match="latency"):
        Reflexes(latency=-0.1)
    tool = plan.carry.constraints.stage.tool_positions(plan.carry.motion.sample(now + 0.03)[0][None])[0]
    around = Box(Pose.from_rotation(tool, np.eye(3)), np.full(3, 0.3))
    with pytest.raises(InCollision):
        REFLEXES.mend(running(plan), now, Event(EventKind.PATH_BLOCKED, 0.9, now, box=around))
    far = Pose.from_rotation((2.0, 0, 0), np.eye(3))
    mended = REFLEXES.mend(running(plan), now, Event(EventKind.TARGET_MOVED, 0.9, now, shift=far))
    assert mended.kind is Branch.BRAKE and mended.holds
    mended = REFLEXES.mend(running(plan), now, Event(EventKind.GRASP_WEAK, 0.9, now, share=0.0))
    assert mended.kind is Branch.BRAKE and not mended.holds
