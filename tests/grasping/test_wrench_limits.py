import numpy as np
import pytest
from scipy.integrate import solve_ivp

from grasping.contact.wrench_limits import (
    carried,
    lip_leak,
    moved,
    pinch_asked,
    pinch_limits,
    pinch_needed,
    seal_vacuum,
    suction_asked,
    suction_limits,
    suction_needed,
)
from grasping.tools import SuctionCup
from perception.pose import Pose

F, MU, R = 42.4, 0.5, 0.015
PINCH, WIDTH, PATCH = 40.0, 0.05, 0.012


def one(axis, value):
    wrench = np.zeros(6)
    wrench[axis] = value
    return wrench


@pytest.mark.parametrize(
    ("axis", "limit"),
    [(2, -F), (0, MU * F), (1, -MU * F), (3, R * F / 2), (4, -R * F / 2), (5, 2 / 3 * R * MU * F)],
)
def test_suction_holds_exactly_to_its_limit(axis, limit):
    limits = suction_limits(F, MU, R)
    assert limits.rows.shape == (19, 6)
    assert limits.margin(one(axis, limit)) == pytest.approx(0, abs=1e-12)
    assert limits.margin(one(axis, 0.99 * limit)) == pytest.approx(0.01)
    assert suction_needed(one(axis, limit), MU, R) == pytest.approx(F)


@pytest.mark.parametrize(
    ("axis", "limit"),
    [
        (0, 2 * MU * PINCH),
        (2, -2 * MU * PINCH),
        (1, PINCH),
        (4, 2 * MU * PINCH * 2 / 3 * PATCH),
        (3, MU * PINCH * WIDTH),
        (5, -MU * PINCH * WIDTH),
    ],
)
def test_pinch_holds_exactly_to_its_limit(axis, limit):
    limits = pinch_limits(PINCH, MU, WIDTH, PATCH)
    assert limits.rows.shape == (16, 6)
    assert limits.margin(one(axis, limit)) == pytest.approx(0, abs=1e-12)
    needed = pinch_needed(one(axis, limit), MU, WIDTH, PATCH)
    assert needed == pytest.approx(PINCH)


def test_pull_weakens_what_a_seal_resists_in_every_other_direction():
    limits = suction_limits(F, MU, R)
    pull = one(2, -F / 2)
    for axis, limit in ((0, MU * F), (3, R * F / 2), (5, 2 / 3 * R * MU * F)):
        assert limits.margin(pull + one(axis, limit / 2)) == pytest.approx(0, abs=1e-12)


def test_polyhedra_lie_inside_the_exact_cones():
    rng = np.random.default_rng(0)
    w = rng.standard_normal((4000, 6)) * (20, 20, 12, 0.4, 0.2, 0.4)
    cases = [
        (suction_limits(F, MU, R), lambda wrench: suction_needed(wrench, MU, R) / F),
        (pinch_limits(PINCH, MU, WIDTH, PATCH), lambda wrench: pinch_needed(wrench, MU, WIDTH, PATCH) / PINCH),
    ]
    for limits, share in cases:
        used = np.array([share(each) for each in w])
        inside = np.array([limits.margin(each) >= 0 for each in w])
        assert 100 < inside.sum() < 3900
        assert (used[inside] <= 1 + 1e-12).all()
        assert (used[~inside] > 0.7).all()


def test_moved_limits_judge_the_same_wrench_at_another_origin():
    rng = np.random.default_rng(1)
    T = Pose.from_euler((0.003, 0, -0.02), (0.2, -0.1, 0.4))
    limits = pinch_limits(PINCH, MU, WIDTH, PATCH)
    at_tool = moved(limits, T)
    for force, moment in rng.standard_normal((20, 2, 3)) * [[[10], [0.2]]]:
        shifted = np.concatenate([T.rotate(force), T.rotate(moment) + np.cross(T.position, T.rotate(force))])
        assert at_tool.margin(shifted) == pytest.approx(limits.margin(np.concatenate([force, moment])))


def test_a_thin_item_is_held_by_the_breadth_of_its_patch():
    assert pinch_limits(PINCH, MU, 0.001, PATCH).margin(one(3, PINCH * PATCH / 2)) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(
    ("gap", "conductance", "kilopascals"),
    [(0, 0, 80), (1e-6, 0, 64), (3e-6, 0, 42), (10e-6, 0, 12), (0, 2e-9, 69), (0, 3e-8, 24)],
)
def test_seal_vacuum_settles_where_the_pump_equation_does(gap, conductance, kilopascals):
    cup = SuctionCup()
    vacuum = float(seal_vacuum(np.float64(gap), np.float64(conductance), cup))
    assert vacuum / 1e3 == pytest.approx(kilopascals, abs=0.6)

    def rate(_, p):
        leak = 0.6 * gap * np.sqrt(2 * max(p[0], 0) / 1.2) + conductance * p[0]
        return [101325 / 30e-6 * (1e-3 * (1 - p[0] / cup.pressure_full) - leak)]

    settled = solve_ivp(rate, (0, 2), [0.0], method="LSODA", rtol=1e-8).y[0, -1]
    assert vacuum == pytest.approx(settled, rel=1e-3)


def test_carried_wrench_is_newtons_law_about_the_contact():
    centre, down = np.array([0.02, 0, 0.05]), np.array([0, 0, 1.0])
    still, moving = (np.array(carried(0.5, centre, down, 4.0, sense)) for sense in (np.zeros(3), np.eye(3)[0]))
    assert still == pytest.approx([0, 0, -0.5 * 9.81, 0, 0.02 * 0.5 * 9.81, 0])
    assert moving[:3] - still[:3] == pytest.approx([2.0, 0, 0])
    assert moving[3:] - still[3:] == pytest.approx(np.cross(centre, [2.0, 0, 0]))


def test_what_a_contact_is_asked_for_is_the_worst_of_rest_and_of_six_accelerations():
    rng = np.random.default_rng(2)
    senses = np.concatenate([np.zeros((1, 3)), np.eye(3), -np.eye(3)])
    for mass, acceleration, *centre in rng.uniform((0.1, 1, -0.05, -0.05, 0), (0.9, 6, 0.05, 0.05, 0.1), (50, 5)):
        down = rng.standard_normal(3)
        load = mass, np.array(centre), down / np.linalg.norm(down), acceleration
        wrenches = [carried(*load, sense) for sense in senses]
        suction, pinch = (
            [suction_needed(w, MU, R) for w in wrenches],
            [pinch_needed(w, MU, WIDTH, PATCH) for w in wrenches],
        )
        assert suction_asked(*load, MU, R) == pytest.approx(max(suction))
        assert pinch_asked(*load, MU, WIDTH, PATCH) == pytest.approx(max(pinch))


def test_a_lip_follows_a_gentle_curve_and_leaks_on_a_sharp_one():
    cup = SuctionCup()
    bends = cup.radius**2 / 2 / np.array([np.inf, 0.10, 0.05, 0.03])
    leaks = lip_leak(np.zeros(4), bends, cup)
    assert leaks[:2] == pytest.approx(0) and (np.diff(leaks[1:]) > 0).all()
    assert seal_vacuum(leaks, np.zeros(4), cup)[-1] < 10e3
    assert lip_leak(np.array([1e-4]), np.zeros(1), cup) == pytest.approx(2 * np.pi * cup.radius * 1e-4)
