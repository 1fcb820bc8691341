"""The watch on simulated picks, by noisy images of the moving arm: only what is disturbed is told, and in time."""

import numpy as np
import pytest

from benchmarks.support.watched import acts
from benchmarks.support.watched.bin import WatchedBin
from benchmarks.support.watched.pick import Disturbance
from grasping.tools import Tool
from handpick.layout import standard_layout
from handpick.outcome import Result
from perception.events import EventKind
from perception.watch.intent import Phase
from sim.render.renderer import make_renderer

OVER_SOURCE = [camera.name for camera in standard_layout().cameras[:4]]
IN_TIME = 0.32  # seconds: three ticks of 10 Hz


@pytest.fixture
def more_boxes():
    """Two other bins: what is left in the end is heavy, and falls off a cup that is knocked."""
    renderer = make_renderer()
    bins = [WatchedBin("boxes", seed, renderer, frozenset({Tool.SUCTION})) for seed in (21, 22)]
    yield bins
    for bin_ in bins:
        bin_.close()
    renderer.close()


@pytest.fixture(scope="module")
def boxes():
    """A bin of boxes and a calm pick out of it; cups hold what is taken."""
    renderer = make_renderer()
    bin_ = WatchedBin("boxes", 20, renderer, frozenset({Tool.SUCTION}))
    yield bin_
    bin_.close()
    renderer.close()


def disturbed(bin_, disturbance, tries=4):
    """The first pick that lasts until it is disturbed, some are lost by themselves before, and if knocked, even then.

    What is heavy falls off the cup that it was knocked on: that is a loss, no slip.
    """
    for _ in range(tries):
        pick = bin_.pick(disturbance)
        bin_.restore()
        fell = disturbance.act is acts.knock and pick.outcome.result is not Result.PLACED
        if pick.disturbed is not None and not fell:
            return pick
    raise AssertionError("no pick lasted until it was to be disturbed")


def test_calm_picks_raise_no_alarm(boxes):
    picks = [boxes.pick() for _ in range(3)]
    placed = [pick for pick in picks if pick.outcome.result is Result.PLACED]
    assert len(placed) >= 1
    assert all(len(pick.ticks_ms) > 20 for pick in placed)
    assert [pick.events for pick in placed] == [[]] * len(placed)


@pytest.mark.parametrize(
    ("stage", "share", "act", "kind"),
    [
        (Phase.APPROACH, 0.3, acts.block_path, EventKind.PATH_BLOCKED),
        (Phase.APPROACH, 0.3, acts.nudge_target, EventKind.TARGET_MOVED),
        (Phase.CARRY, 0.3, acts.shift_destination, EventKind.DESTINATION_MOVED),
        (Phase.CARRY, 0.5, acts.tear_off, EventKind.ITEM_LOST),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_what_is_disturbed_is_told_in_time(boxes, stage, share, act, kind):
    """And not before. That something else is told in one pick of 33 is counted by `python -m benchmarks.watch`."""
    pick = disturbed(boxes, Disturbance(stage, share, act))
    told = [event for event in pick.events if event.kind is kind]
    assert len(told) >= 1
    assert all(event.stamp >= pick.disturbed for event in told)
    assert told[0].stamp - pick.disturbed < IN_TIME
    if kind is EventKind.DESTINATION_MOVED:
        place = boxes.cell.layout.destination.T_base_tote.position
        assert np.linalg.norm(told[0].shift.apply(place) - place) == pytest.approx(0.05, abs=0.01)


def test_what_slips_on_the_cup_is_told_in_time_by_half_the_picks_at_least(more_boxes):
    """Others are hidden behind the arm at first, or slip by no more than noise.

    In one pick of 33 something else is told that is not there, as `python -m benchmarks.watch` counts: in which one
    depends on a machine's last bits.
    """
    delays = []
    for bin_ in (*more_boxes, *more_boxes):
        pick = disturbed(bin_, Disturbance(Phase.CARRY, 0.5, acts.knock))
        told = [event.stamp - pick.disturbed for event in pick.events if event.kind is EventKind.ITEM_SLIPPED]
        delays.append(min(told, default=np.inf))
    assert min(delays) >= 0
    assert sum(delay < IN_TIME for delay in delays) >= 2, delays


def test_no_camera_over_the_source_is_told(boxes):
    pick = disturbed(boxes, Disturbance(Phase.APPROACH, 0.1, acts.lose_cameras(OVER_SOURCE)))
    told = pick.events[0]
    assert told.kind is EventKind.CAMERAS_STALE
    assert told.stamp - pick.disturbed < IN_TIME
