"""Several cups: shared leaks against orifices in series, and the peel of a 2 x 2 tool against its formula."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import brentq

from grasping.cup_array import FOUR_CUPS
from sim.robot.cup_array import ArraySeal, Manifold
from sim.robot.seal import Break
from sim.robot.vacuum import AIR_DENSITY, DISCHARGE, Pump

VACUUM, MU = 60e3, 0.5
CUP, LEVER = FOUR_CUPS.cup, 0.030
SEAL = ArraySeal(FOUR_CUPS, MU)


def peeled_from(load: float, across: float = 1.0) -> float:
    """The moment about the plate's x, N m, under which the first cup opens while `load` newtons hang amid the cups."""
    on = [VACUUM] * 4
    least = brentq(lambda m: 0.5 - bool(SEAL.broken(np.array([0, 0, -load, across * m, 0, 0]), on)), 0, 20, xtol=1e-6)
    return float(least)


@pytest.mark.parametrize("load", [0.0, 5.0, 9.0])
def test_a_2_x_2_tool_peels_where_its_springs_say(load: float) -> None:
    """The plate turns by phi = M / (4 k l^2 + 4 b); a pair opens where b phi = (dP A - W / 4 - k l phi) r / 2."""
    k, b = FOUR_CUPS.stretching, CUP.bending_stiffness
    phi = (VACUUM * CUP.area - load / 4) / (k * LEVER + 2 * b / CUP.radius)
    expected = phi * 4 * (k * LEVER**2 + b)
    assert peeled_from(load) == pytest.approx(expected, rel=0.05)
    assert peeled_from(load, -1.0) == pytest.approx(expected, rel=0.05)
    single = (VACUUM * CUP.area - load) * CUP.radius / 2
    assert expected > 4 * single  # four times the force, and a lever


def test_pull_and_shear_are_four_times_those_of_a_cup() -> None:
    on, hold = [VACUUM] * 4, 4 * VACUUM * CUP.area
    for axis, limit, failure in ((2, -hold, Break.PULL), (0, MU * hold, Break.SHEAR)):
        wrench = np.eye(6)[axis]
        assert not SEAL.broken(0.99 * limit * wrench, on)
        assert set(SEAL.broken(1.01 * limit * wrench, on).values()) == {failure}


def test_cups_come_off_one_after_another_or_leave_enough_that_hold() -> None:
    weak = [VACUUM, VACUUM, VACUUM, 8e3]
    aside = np.array([0, 0, -24.0, 0, 0, 0])
    assert SEAL.holds(aside, weak) == (0, 1, 2)
    assert SEAL.holds(np.array([0, 0, -200.0, 0, 0, 0]), [VACUUM] * 4) == ()
    assert SEAL.holds(np.zeros(6), [0.0] * 4) == ()


def test_sealed_cups_share_the_pump_as_one_and_porous_walls_add_up() -> None:
    pump = Pump()
    shared = Manifold(FOUR_CUPS.channel, pump)
    np.testing.assert_allclose(shared.steady([0] * 4, [0] * 4, [True] * 4), pump.pressure, rtol=1e-9)
    found = shared.steady([0] * 4, [2e-9] * 4, [True] * 4)
    np.testing.assert_allclose(found, pump.steady(0.0, 8e-9), rtol=1e-9)


def test_a_cup_in_the_air_costs_the_others_what_its_channel_passes_and_a_shut_one_nothing() -> None:
    shared, pump, open_air = Manifold(FOUR_CUPS.channel), Pump(), 2 * np.pi * 0.015 * 6e-3
    found = shared.steady([0, 0, 0, open_air], [0] * 4, [True] * 4)
    through = brentq(
        lambda p: pump.flow * (1 - p / pump.pressure) - DISCHARGE * FOUR_CUPS.channel * np.sqrt(2 * p / AIR_DENSITY),
        1.0, pump.pressure,
    )  # fmt: skip
    np.testing.assert_allclose(found[:3], through, rtol=0.01)
    assert found[3] < 0.01 * found[0]
    shut = shared.steady([0, 0, 0, open_air], [0] * 4, [True, True, True, False])
    np.testing.assert_allclose(shut[:3], pump.pressure)
    assert shut[3] == 0


def test_a_leak_passes_lip_and_channel_as_two_orifices_in_series() -> None:
    shared, gap = Manifold(FOUR_CUPS.channel), 3e-6
    cup, _ = shared.steady([gap, 0.0], [0.0, 0.0], [True, True])
    pump = shared.steady([gap, 0.0], [0.0, 0.0], [True, True])[1]
    speed = lambda drop: DISCHARGE * np.sqrt(2 * drop / AIR_DENSITY)
    assert gap * speed(cup) == pytest.approx(FOUR_CUPS.channel * speed(pump - cup), rel=0.01)
    assert gap * speed(cup) == pytest.approx(shared.pump.flow * (1 - pump / shared.pump.pressure), rel=0.01)
