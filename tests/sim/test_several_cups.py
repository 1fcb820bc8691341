"""Several cups in the physics: shared leaks against orifices in series, hold and peel against formulas, valves."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from scipy.optimize import brentq

from benchmarks.support.bench import Bench, box_spec
from grasping.tool_solids import numbered
from grasping.tools import FOUR_CUPS
from handpick.picking.grip import sealing
from perception.pose import Pose
from sim.items.body import ItemBody
from sim.items.catalog import make_item
from sim.robot.seal import Break
from sim.robot.suction import Manifold
from sim.robot.vacuum import AIR_DENSITY, DISCHARGE, Pump

CUP, LEVER, MASS = FOUR_CUPS.cup, 0.030, 0.5
SHARED, PUMP, SHUT = Manifold(CUP.channel), Pump(), 2 * np.pi * CUP.radius * 6e-3


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench(tool=FOUR_CUPS, opening=0.0)
    bench.slide.go(True)
    bench.step(0.4)
    yield bench
    bench.close()


def gripped(
    bench: Bench, size: tuple[float, float, float] = (0.15, 0.12, 0.05), **surface: float
) -> tuple[ItemBody, int]:
    """A box on a pillar with the open cups sealed on it."""
    at = Pose.from_rotation((0, 0, 0.003 - size[2] / 2), np.eye(3))
    item, pillar = bench.put(box_spec(size, MASS, **surface), "cup", at)
    bench.suction.on = True
    assert bench.step(0.5, until=lambda: len(bench.suction.holding) == len(bench.suction.opened)) is not None
    bench.step(0.2)
    return item, pillar


def peels_at(vacuum: float) -> float:
    """The moment along a row of cups, N m, under which the far row opens, while the box hangs amid them.

    What presses the four rings on is linear across the plate, and zero at the outermost edge. About the middle line the
    rings' second moment over the lever of that edge is 4 (l^2 + r^2 / 2) / (l + r), times what presses one on.
    """
    return float((vacuum * CUP.area - MASS * 9.81 / 4) * 4 * (LEVER**2 + CUP.radius**2 / 2) / (LEVER + CUP.radius))


def test_the_lips_are_where_the_tool_says(bench: Bench) -> None:
    for i, place in enumerate(CUP.places):
        expected = bench.arm.T_base_link("cup").apply((*place, 0.0))
        np.testing.assert_allclose(bench.arm.T_base_link(numbered("cup_lip", i)).position, expected, atol=1e-3)


def test_a_2_x_2_tool_peels_where_the_pressure_under_its_outer_edge_is_gone(bench: Bench) -> None:
    item, pillar = gripped(bench)
    bench.free(pillar)
    bench.step(0.5)
    shared = sum(cup.wrench for cup in bench.suction.cups)
    assert shared[2] == pytest.approx(-MASS * 9.81, rel=0.02)
    along = bench.arm.T_base_link("cup").rotation[:, 0]
    vacuum, moment = bench.suction.vacuum, 0.0

    def push(t: float) -> None:
        nonlocal moment
        moment = 1.2 * t
        bench.torque(item, moment * along)

    assert bench.step(6.0, push, until=lambda: len(bench.suction.holding) < 4) is not None
    assert moment == pytest.approx(peels_at(vacuum), rel=0.05)
    assert {cup.broke for cup in bench.suction.cups} <= {None, Break.PEEL}


def test_a_shut_cup_neither_draws_nor_holds(bench: Bench) -> None:
    bench.suction.opened = (0, 3)
    gripped(bench)
    assert [cup.held is not None for cup in bench.suction.cups] == [True, False, False, True]
    assert (bench.suction.vacuums[[1, 2]] == 0).all()


def test_cups_that_hold_share_the_pump_with_what_leaks(bench: Bench) -> None:
    gripped(bench, leak_conductance=2e-9)
    gaps = [cup.touch.gap + cup.touch.surface.gap_area(CUP.radius) for cup in bench.suction.cups if cup.touch]
    bench.step(0.5)
    expected = SHARED.steady(PUMP, gaps, [2e-9] * 4, [True] * 4)
    np.testing.assert_allclose(bench.suction.vacuums, expected, rtol=0.02)


def test_a_small_box_is_held_once_the_valves_beside_it_are_shut(bench: Bench) -> None:
    """The cups in the air leave the one that seals too little to hold anything, but enough for its gauge to tell."""
    beside = bench.arm.T_base_link("cup_lip_1").position - bench.arm.T_base_link("cup").position
    bench.put(box_spec((0.034, 0.034, 0.05), 0.1), "cup", Pose.from_rotation((*beside[:2], -0.022), np.eye(3)))
    bench.suction.on = True
    bench.step(0.3)
    assert not bench.suction.holding
    found = SHARED.steady(PUMP, [SHUT, 0, SHUT, SHUT], [0] * 4, [True] * 4)[1]
    assert bench.suction.vacuum == pytest.approx(found, rel=0.1)
    bench.suction.opened = sealing(bench.suction.opened, bench.suction.vacuums)
    assert bench.suction.opened == (1,)
    assert bench.step(1.0, until=lambda: bool(bench.suction.holding)) is not None
    bench.step(0.3)
    assert bench.suction.vacuum == pytest.approx(PUMP.pressure, rel=0.05)


def test_sealed_cups_share_the_pump_as_one_and_porous_walls_add_up() -> None:
    np.testing.assert_allclose(SHARED.steady(PUMP, [0] * 4, [0] * 4, [True] * 4), PUMP.pressure, rtol=1e-9)
    found = SHARED.steady(PUMP, [0] * 4, [2e-9] * 4, [True] * 4)
    np.testing.assert_allclose(found, PUMP.steady(0.0, 8e-9), rtol=1e-9)


def test_a_cup_in_the_air_costs_the_others_what_its_channel_passes_and_a_shut_one_nothing() -> None:
    found = SHARED.steady(PUMP, [0, 0, 0, SHUT], [0] * 4, [True] * 4)
    through = brentq(
        lambda p: PUMP.flow * (1 - p / PUMP.pressure) - DISCHARGE * CUP.channel * np.sqrt(2 * p / AIR_DENSITY),
        1.0, PUMP.pressure,
    )  # fmt: skip
    np.testing.assert_allclose(found[:3], through, rtol=0.01)
    assert found[3] < 0.01 * found[0]
    shut = SHARED.steady(PUMP, [0, 0, 0, SHUT], [0] * 4, [True, True, True, False])
    np.testing.assert_allclose(shut[:3], PUMP.pressure)
    assert shut[3] == 0


def test_a_leak_passes_lip_and_channel_as_two_orifices_in_series() -> None:
    gap = 1e-6
    cup, line = SHARED.steady(PUMP, [gap, 0.0], [0.0, 0.0], [True, True])
    speed = lambda drop: DISCHARGE * np.sqrt(2 * drop / AIR_DENSITY)
    assert gap * speed(cup) == pytest.approx(CUP.channel * speed(line - cup), rel=0.01)
    assert gap * speed(cup) == pytest.approx(PUMP.flow * (1 - line / PUMP.pressure), rel=0.01)


def hung(bench: Bench, family: str, seed: int) -> ItemBody:
    """A book that hangs from the cups by the middle of its cover for a second, or has come off."""
    book = make_item(family, np.random.default_rng(seed))
    along = bench.arm.T_base_link("cup").rotation[:, 0]
    turned = Pose.from_euler((0, 0, 0.004 - book.size[2] / 2), (0, 0, np.arctan2(along[1], along[0])))
    item, pillar = bench.put(book, "cup", turned)
    bench.suction.on = True
    assert bench.step(0.6, until=lambda: len(bench.suction.holding) == len(bench.suction.cups)) is not None
    bench.step(0.2)
    bench.free(pillar)
    bench.step(1.0)
    return item


def test_a_heavy_hardcover_opens_and_stays_on_four_cups_and_comes_off_one(bench: Bench) -> None:
    item = hung(bench, "hardcover", 3)
    assert len(bench.suction.holding) == 4 and item.opening() > np.deg2rad(60)
    single = Bench()
    single.slide.go(True)
    single.step(0.4)
    hung(single, "hardcover", 3)
    assert not single.suction.holding
    single.close()


def test_a_cover_of_card_hangs_on_the_row_next_to_its_spine_and_bends_once(bench: Bench) -> None:
    hung(bench, "paperback", 4)
    bearing = [cup for cup in bench.suction.cups if cup.bears]
    assert len(bench.suction.holding) == 4
    assert 0 < len(bearing) < 4 and sum(cup.cover is not None for cup in bearing) == 1
    touch = bearing[0].touch
    assert touch is not None
    nearest = min(cup.to_hinge(touch) for cup in bench.suction.cups)
    assert all(cup.to_hinge(touch) < nearest + 5e-3 for cup in bearing)
