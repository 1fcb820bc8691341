"""What the arm's node decides: windows that end at rest, limits, latched stops, all on a clock of the test's own."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from handpick.check_cell import minimum_jerk
from motion.robot.load import load_arm
from motion.trajectory import Trajectory
from ros_nodes.control.arm_control import JOINTS, ArmControl, ArmState
from ros_nodes.control.watchdog import Watchdog
from ros_nodes.control.windows import Window, braked, thinned, window
from ros_nodes.errors import MotionRefused

ARM = load_arm("panda")
HOME = np.array(ARM.home)


class Rig:
    """An arm's control, and a controller that follows what it sends."""

    def __init__(self, speed: float = 1.0, dry: bool = False) -> None:
        self.time = 100.0
        clock = lambda: self.time
        self.dogs = {name: Watchdog(name, 0.15, clock) for name in (JOINTS, "frames", "supervisor")}
        self.control = ArmControl(ARM, self.dogs, clock, speed, dry)
        self.following: Window | None = None
        self.sent: list[Window] = []

    def take(self, sent: Window | None) -> None:
        if sent is not None:
            self.following = sent
            self.sent.append(sent)

    def reference(self) -> tuple[np.ndarray, np.ndarray]:
        if self.following is None:
            return HOME, 0 * HOME
        return self.following.motion.sample(self.time - self.following.begins)[:2]

    def run(self, seconds: float, quiet: str = "", each: Callable[[], None] = lambda: None) -> list[np.ndarray]:
        """Beats, joint states and ticks at 100 Hz, but for what is `quiet`; the references on the way."""
        way = []
        for _ in range(round(seconds * 100)):
            self.time += 0.01
            for name, dog in self.dogs.items():
                if name not in (quiet, JOINTS):
                    dog.beat()
            if quiet != JOINTS:
                names = tuple(reversed(ARM.joint_names))
                self.take(self.control.hear_joints(names, self.reference()[0][::-1].tolist(), [], []))
            self.take(self.control.tick())
            way.append(self.reference()[0])
            each()
        return way


@pytest.fixture
def rig() -> Rig:
    rig = Rig()
    rig.run(0.1)
    return rig


def turn(angle: float = 0.5, seconds: float = 1.0) -> Trajectory:
    return thinned(minimum_jerk(HOME, angle, seconds))


def cut(motion: Trajectory, rows: int) -> Trajectory:
    arrays = motion.times, motion.positions, motion.velocities, motion.accelerations
    return Trajectory(*(array[:rows] for array in arrays))


def test_it_waits_until_all_have_been_heard() -> None:
    rig = Rig()
    rig.run(0.1, quiet="frames")
    assert rig.control.state is ArmState.WAITING and "no frames yet" in rig.control.why
    with pytest.raises(MotionRefused, match="no frames yet"):
        rig.control.begin(turn())
    rig.run(0.1)
    assert rig.control.state is ArmState.READY


def test_a_motion_is_followed_window_by_window(rig: Rig) -> None:
    motion = turn()
    rig.take(rig.control.begin(motion))
    way = np.array(rig.run(1.2))
    begins = 0.03  # later, as who asked is told
    expected = np.array([motion.sample(0.01 * (i + 1) - begins)[0] for i in range(len(way))])
    assert np.abs(way - expected).max() < 1e-4
    assert 10 < len(rig.sent) < 30 and rig.control.state is ArmState.READY
    for sent in rig.sent:
        assert np.abs(sent.motion.velocities[-1]).max() < 1e-6  # a controller that hears no more comes to rest
        assert sent.motion.duration < 0.15 + 0.3


def test_what_is_late_stops_the_arm_until_a_reset(rig: Rig) -> None:
    for name in rig.dogs:
        rig.take(rig.control.begin(thinned(minimum_jerk(rig.reference()[0], 0.3, 2.0))))
        rig.run(0.8)
        way = np.array(rig.run(0.6, quiet=name))
        assert rig.control.state is ArmState.STOPPED and f"no {name} for" in rig.control.why
        assert np.abs(np.diff(way[40:], axis=0)).max() < 1e-9  # rests 0.4 s after the last beat: 0.15 s plus the brake
        with pytest.raises(MotionRefused, match="before a reset"):
            rig.control.reset()
        rig.run(0.2)
        assert rig.control.state is ArmState.STOPPED
        with pytest.raises(MotionRefused, match="it is stopped"):
            rig.control.begin(turn())
        rig.control.reset()
        assert rig.control.state is ArmState.READY


def test_braking_stays_on_the_path_and_within_limits(rig: Rig) -> None:
    rig.take(rig.control.begin(turn()))
    rig.run(0.5)
    before = rig.reference()
    rig.take(rig.control.brake())
    assert np.allclose(rig.reference()[0], before[0], atol=1e-6) and np.allclose(rig.reference()[1], before[1])
    rig.run(0.5)
    assert rig.control.state is ArmState.READY and np.abs(rig.reference()[1]).max() < 1e-9
    rig.take(rig.control.begin(thinned(minimum_jerk(rig.reference()[0], 0.1, 1.0))))


def test_a_node_that_comes_late_stops(rig: Rig) -> None:
    rig.take(rig.control.begin(turn()))
    rig.run(0.4)
    rig.time += 0.16
    for dog in rig.dogs.values():
        dog.beat()
    rig.take(rig.control.tick())
    assert rig.control.state is ArmState.STOPPED and "late to send on" in rig.control.why


@pytest.mark.parametrize(
    ("motion", "said"),
    [
        (minimum_jerk(HOME + 0.3, 0.1, 1.0), "begins where the arm is"),
        (minimum_jerk(HOME, 3.2, 4.0), "position within the limits"),
        (minimum_jerk(HOME, 1.5, 0.7), "velocity of 100%"),
        (minimum_jerk(HOME, 0.1, 0.16), "acceleration within"),
        (Trajectory(np.array((0.0, 1.0)), np.array((HOME, HOME + 0.1)), np.zeros((2, 7)), np.zeros((2, 7))), "derivat"),
        (cut(turn(), 60), "an end at rest"),
    ],
)
def test_what_breaks_a_limit_is_refused(rig: Rig, motion: Trajectory, said: str) -> None:
    with pytest.raises(MotionRefused, match=said):
        rig.control.begin(motion)
    assert rig.control.state is ArmState.READY and not rig.sent


def test_low_speed_is_a_limit() -> None:
    rig = Rig(speed=0.1)
    rig.run(0.1)
    with pytest.raises(MotionRefused, match="velocity of 15%"):
        rig.control.begin(turn(0.5, 1.0))
    rig.take(rig.control.begin(turn(0.1, 1.0)))


def test_a_dry_run_goes_where_it_was_sent_though_the_arm_stays() -> None:
    rig = Rig(dry=True)
    rig.run(0.1)
    rig.control.begin(turn(0.5))
    with pytest.raises(MotionRefused):
        rig.control.begin(minimum_jerk(HOME + 0.3, 0.1, 1.0))
    rig.take = lambda sent: None  # type: ignore[method-assign]
    rig.run(1.3)
    rig.control.begin(thinned(minimum_jerk(HOME + 0.5 * np.eye(7)[0], 0.1, 1.0)))
    assert rig.control.state is ArmState.MOVING and np.allclose(rig.control.newest[0], HOME)


def test_joint_states_of_another_device_are_not_the_arms(rig: Rig) -> None:
    rig.control.hear_joints(["gripper"], [float("nan")], [], [])
    assert rig.control.state is ArmState.READY
    rig.time += 0.2  # and they are no beat
    rig.control.hear_joints(["gripper"], [0.0], [], [])
    assert "no joint states for" in str(rig.dogs[JOINTS])


@pytest.mark.parametrize(
    ("names", "positions", "said"),
    [
        (ARM.joint_names[:-1], HOME[:-1], "got none of panda_joint7"),
        (ARM.joint_names, np.rad2deg(HOME), "degrees"),
        (ARM.joint_names, HOME * np.nan, "finite"),
        (ARM.joint_names, HOME[:-1], "a value for each"),
        ((*ARM.joint_names, ARM.joint_names[0]), (*HOME, 0.0), "more than once"),
    ],
)
def test_joint_states_that_cannot_be_meant_stop_the_arm(
    rig: Rig, names: tuple[str, ...], positions: np.ndarray, said: str
) -> None:
    rig.control.hear_joints(names, np.asarray(positions).tolist(), [], [])
    assert rig.control.state is ArmState.STOPPED and said in rig.control.why


def test_windows_and_brakes_join_without_a_step() -> None:
    motion = turn(1.0, 1.5)
    for time in np.linspace(0.0, 1.4, 8):
        part, last = window(motion, float(time), 0.15, ARM.limits)
        assert np.allclose(part.positions[0], motion.sample(float(time))[0])
        assert last == (time + 0.15 >= motion.duration - 0.011)
        drift = np.diff(part.positions, axis=0) / np.diff(part.times)[:, None]
        assert np.abs(drift - (part.velocities[1:] + part.velocities[:-1]) / 2).max() < 0.02
        stop = braked(motion, float(time), ARM.limits)
        assert np.abs(stop.velocities[-1]).max() == 0
        assert (np.abs(np.diff(stop.velocities, axis=0)).max(axis=0) / 0.01 < 1.6 * ARM.limits.acceleration).all()
