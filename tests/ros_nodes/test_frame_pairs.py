"""Frames are paired by stamp; late, early and disordered ones are dropped. Clocks jump, watchdogs do not."""

from __future__ import annotations

from ros_nodes.cameras.frame_pairs import COLOR, DEPTH, FramePairs
from ros_nodes.cell_clock import CellClock
from ros_nodes.control.watchdog import Watchdog, lateness


def test_pairs_come_together_whichever_is_first() -> None:
    pairs: FramePairs[str] = FramePairs()
    assert pairs.add(DEPTH, "d0", 1.000, 1.01) is None
    pair = pairs.add(COLOR, "c0", 1.004, 1.01)
    assert pair and (pair.stamp, pair.depth, pair.color) == (1.000, "d0", "c0")
    assert pairs.add(COLOR, "c1", 1.033, 1.04) is None
    assert pairs.add(COLOR, "c2", 1.066, 1.07) is None
    pair = pairs.add(DEPTH, "d2", 1.066, 1.07)
    assert pair and (pair.depth, pair.color) == ("d2", "c2")
    assert pairs.dropped == {"unpaired": 1}


def test_what_is_not_of_now_is_dropped() -> None:
    pairs: FramePairs[str] = FramePairs(colored=False)
    assert pairs.add(DEPTH, "a", 10.0, 10.0) is not None
    assert pairs.add(DEPTH, "b", 9.99, 10.0) is None
    assert pairs.add(DEPTH, "c", 9.0, 10.0) is None
    assert pairs.add(DEPTH, "d", 10.2, 10.1) is None
    assert pairs.add(DEPTH, "e", 0.0, 10.1) is None
    assert pairs.dropped == {"out of order": 1, "stale": 1, "from the future": 1, "without a stamp": 1}


def test_a_clock_set_back_does_not_end_a_camera() -> None:
    pairs: FramePairs[str] = FramePairs()
    pairs.add(DEPTH, "a", 100.0, 100.0)
    assert pairs.add(DEPTH, "b", 50.0, 50.0) is None
    pair = pairs.add(COLOR, "b", 50.0, 50.0)
    assert pair and pair.depth == "b"


def test_few_images_wait() -> None:
    pairs: FramePairs[int] = FramePairs()
    for i in range(100):
        pairs.add(DEPTH, i, 1 + i / 30, 1 + i / 30)
    assert pairs.dropped["unpaired"] == 96


def test_the_cell_clock_is_monotonic_where_ros_time_jumps() -> None:
    wall, mono = [1000.0], [5.0]
    clock = CellClock(lambda: wall[0], monotonic=lambda: mono[0])
    wall[0], mono[0] = 1001.0, 6.0
    assert clock.now() == 1.0 and abs(clock.at(1000.9) - 0.9) < 1e-9 and clock.jumped() == 0
    assert abs(clock.stamp(0.5) - 1000.5) < 1e-9
    wall[0] = 900.0
    mono[0] = 6.1
    assert abs(clock.now() - 1.1) < 1e-9 and clock.jumped() < -100 and clock.jumped() == 0


def test_a_simulated_clock_is_ros_time() -> None:
    ros = [3.0]
    clock = CellClock(lambda: ros[0], simulated=True)
    ros[0] = 4.0
    assert clock.now() == 1.0 and clock.at(3.5) == 0.5
    ros[0] = 3.2
    assert clock.now() == 1.0 and clock.jumped() < 0


def test_watchdogs_say_who_is_late() -> None:
    time = [0.0]
    dogs = [Watchdog(name, 0.2, lambda: time[0]) for name in ("joint states", "frames")]
    assert "no joint states yet" in lateness(dogs)
    for dog in dogs:
        dog.beat()
    assert lateness(dogs) == ""
    time[0] = 0.5
    dogs[0].beat()
    assert lateness(dogs) == "no frames for 0.50 s, 0.2 s at most are allowed"
