"""Fingers that feel their way tell what gives way from what is firm, and from what one of them pushes along."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from grasping.candidates.table import FEATURES
from grasping.felt_grip import GIVES, NEAR, FeltGrip, as_firm_as_bowed, borne, may_bow
from grasping.grasp import Grasp, Load, Odds, WrenchLimits
from grasping.quality.bowing import bears
from grasping.skill import Lift
from grasping.tools import Gripper, Tool
from perception.pose import Pose

WIDTH, LEAST, SPEED, LOOK = 0.13, 10.0, 0.21, 0.02
LEAVES = {"bookish": 1.0, "flatness": 0.16, "girth": WIDTH, "width": WIDTH, "across_covers": 0.0, "mass": 0.3}


def pinch(force=60.0, mass=0.3, width=WIDTH, **features):
    f = np.zeros(1, FEATURES)
    for name, value in (LEAVES | {"force": force, "width": width} | features).items():
        f[name] = value
    limits = WrenchLimits(np.eye(6), np.full(6, force))
    load = Load(mass, np.zeros(3), np.eye(3), (mass, mass))
    pose = Pose.from_rotation((0, 0, 0), np.eye(3))
    return Grasp(Tool.PINCH, 0, pose, width + 0.03, width, force, Odds(1, 1, 0), limits, load, features=f[0])


def closed(grasp, stops, rng=None, looks=200, alone=0.0):
    """Fingers closed by feel on what pushes back with `stops(gap, most)` newtons, or not at all: the grip, and gaps.

    They close until the push is what they are told to press with at most.
    """
    grip, gap, gaps = FeltGrip(grasp, LEAST), grasp.opening, []
    noise = (lambda scale: 0.0) if rng is None else lambda scale: float(rng.normal(scale=scale))
    for _ in range(looks):
        goal, most = grip.command.opening, grip.command.force
        for _ in range(40):
            if gap > goal and stops(gap) < most:
                gap -= min(gap - goal, SPEED * LOOK / 40)
        gaps.append(gap)
        grip.feel(gap + noise(5e-5), max(0.0, min(stops(gap), most) + noise(0.3)), 2 * alone * min(stops(gap), most))
        if grip.done:
            break
    return grip, gaps


def board(at):
    return lambda gap: max(0.0, 6e4 * (at - gap))


def leaves(at, load):
    return lambda gap: min(max(0.0, 6e4 * (at - gap)), load)


@pytest.mark.parametrize("off", [-0.008, -0.003, 0.0, 0.005])
def test_board_is_pinched_with_all_force(off):
    for seed in range(20):
        grip, _ = closed(pinch(), board(WIDTH + off), np.random.default_rng(seed))
        assert grip.done and not grip.bows and grip.command.opening == 0 and grip.command.force == 60.0


@pytest.mark.parametrize("off", [-0.004, 0.0, 0.003])
@pytest.mark.parametrize("load", [8.0, 12.0, 20.0, 35.0])
def test_fingers_stay_where_leaves_give_way(off, load):
    """Before their ends slope so far that they slip: 12 percent of what bends of them."""
    for seed in range(20):
        grip, gaps = closed(pinch(), leaves(WIDTH + off, load), np.random.default_rng(seed))
        assert grip.done and grip.bows
        assert GIVES / 2 < WIDTH + off - gaps[-1] < 0.12 * 0.7 * WIDTH
        assert 0 < gaps[-1] - grip.command.opening < 1e-3


def test_what_one_finger_pushes_along_is_no_leaf():
    """A book that lies askew is pushed by 15 mm with 4.5 N before both pads press on it, which is of board."""
    push = lambda gap: 4.5 if gap > WIDTH else board(WIDTH)(gap)
    grip, _ = closed(pinch(), lambda gap: push(gap) if gap < WIDTH + 0.015 else 0.0)
    assert grip.done and not grip.bows


def test_fingers_come_gently_until_both_press():
    """One of them that pushes it against a wall presses with the force of both."""
    told = []
    grip = FeltGrip(pinch(), LEAST)
    for gap in np.arange(WIDTH + 0.02, WIDTH, -0.002):
        grip.feel(gap, 0.0, 0.0)
        told.append(grip.command.force)
    load = float(bears(np.array([pinch().features]))[0])
    assert max(told) <= max(LEAST, 0.75 * load)
    while not grip.done:
        grip.feel(WIDTH, grip.command.force, 0.5)
    assert not grip.bows and grip.command.force == 60.0


@pytest.mark.parametrize("side", [-1.0, 1.0])
def test_one_finger_that_presses_alone_stays_gentle(side):
    for seed in range(20):
        grip, _ = closed(pinch(), board(WIDTH + 0.002), np.random.default_rng(seed), alone=side)
        load = float(bears(np.array([pinch().features]))[0])
        assert grip.done and not grip.bows and grip.command.opening == 0
        assert grip.command.force <= max(LEAST, 0.75 * load) and grip.force <= grip.command.force


def test_fingers_that_meet_nothing_close_at_once():
    grip, gaps = closed(pinch(), lambda gap: 0.0)
    assert grip.done and not grip.bows and grip.command.opening == 0
    assert gaps[-1] > WIDTH - 0.025


def test_fingers_that_feel_nothing_to_decide_by_close_in_the_end():
    """Something that neither gives way nor presses as leaves would."""
    grip = FeltGrip(pinch(), LEAST)
    looks = 0
    while not grip.done:
        grip.feel(WIDTH, 2.0, 0.0)
        looks += 1
    assert looks < 100 and not grip.bows and (grip.command.opening, grip.command.force) == (0.0, 60.0)


@pytest.mark.parametrize("force", [10.0, 10.5, 12.0])
def test_leaves_that_bear_just_less_than_the_force_are_felt_too(force):
    grip, _ = closed(pinch(force=force), leaves(WIDTH, 9.7), np.random.default_rng(0))
    assert grip.done and grip.bows


def test_leaves_that_bear_the_force_are_pinched_with_it():
    grip, _ = closed(pinch(force=9.0), leaves(WIDTH, 9.7), np.random.default_rng(0))
    assert grip.done and not grip.bows and grip.command.opening == 0


def test_they_come_near_at_once_and_close_in_steps_from_there():
    grasp = pinch()
    grip = FeltGrip(grasp, LEAST)
    assert grip.command.opening == pytest.approx(WIDTH + NEAR) and grip.command.force < 20.0
    grip.feel(grasp.opening, 0.0, 0.0)
    assert grip.command.opening == pytest.approx(WIDTH + NEAR)
    grip.feel(WIDTH + NEAR, 0.0, 0.0)
    assert 0.001 < WIDTH + NEAR - grip.command.opening < GIVES


def test_only_pinches_on_a_books_narrow_sides_are_felt_that_may_make_them_bow():
    assert may_bow(pinch())
    for other in (
        pinch(across_covers=1.0),
        pinch(bookish=0.0),
        pinch(force=3.0),
        pinch(force=12.0, flatness=0.8, girth=0.012, width=0.012),
    ):
        assert not may_bow(other)
    tipped = SimpleNamespace(cup_out=True)
    assert not may_bow(replace(pinch(), skill=tipped)) and may_bow(replace(pinch(), skill=Lift()))


def test_what_bows_is_held_by_what_it_bears():
    grasp = pinch(force=60.0)
    held = as_firm_as_bowed(grasp, 12.0)
    assert held.force == 12.0
    np.testing.assert_allclose(held.limits.bounds, grasp.limits.bounds / 5)
    assert as_firm_as_bowed(grasp, 61.0).force == 60.0
    assert borne(held, Gripper()) and not borne(as_firm_as_bowed(grasp, 3.0), Gripper())
