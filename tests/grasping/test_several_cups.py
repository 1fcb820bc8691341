"""Several cups: how they share a wrench, against statics; their combined cone; where which of them are opened."""

from __future__ import annotations

import numpy as np
import pytest

from grasping.contact.shared_load import seal_limits, shares
from grasping.contact.wrench_limits import seal_vacuum, suction_asked, suction_limits
from grasping.tools import FOUR_CUPS, SuctionCup, coded, decoded, grid
from perception.errors import GeometryError

RNG = np.random.default_rng(0)
CUP = FOUR_CUPS.cup
ALL = (0, 1, 2, 3)


def at_origin(held: tuple[int, ...], wrenches: np.ndarray) -> np.ndarray:
    """The sum of what cups bear, about the plate's origin."""
    total = np.zeros(6)
    for i, wrench in zip(held, wrenches):
        total[:3] += wrench[:3]
        total[3:] += wrench[3:] + np.cross((*CUP.places[i], 0), wrench[:3])
    return total


@pytest.mark.parametrize("held", [ALL, (0, 1, 2), (0, 3), (1,)])
def test_what_cups_bear_adds_up_to_the_wrench(held: tuple[int, ...]) -> None:
    for wrench in RNG.normal(size=(5, 6)):
        np.testing.assert_allclose(at_origin(held, shares(CUP, held) @ wrench), wrench, atol=1e-9)


def test_one_cup_amid_the_plate_is_a_single_cup() -> None:
    cup = SuctionCup()
    np.testing.assert_array_equal(shares(cup, (0,))[0], np.eye(6))
    own, single = seal_limits([60e3], 1.0, cup), suction_limits(60e3 * cup.area, cup.friction, cup.radius)
    np.testing.assert_array_equal(own.rows, single.rows)
    np.testing.assert_array_equal(own.bounds, single.bounds)


def test_a_pull_amid_the_plate_is_shared_alike_and_one_beside_it_is_not() -> None:
    pull = np.array([0, 0, -8.0, 0, 0, 0])
    np.testing.assert_allclose((shares(CUP, ALL) @ pull)[:, 2], -2.0)
    aside = pull + np.array([0, 0, 0, 0, 0.1, 0])
    assert np.ptp((shares(CUP, ALL) @ aside)[:, 2]) > 0.5


def strength(vacuum: list[float], along: np.ndarray) -> float:
    """How much of a wrench the cups bear."""
    limits = seal_limits(vacuum, 1.0, CUP)
    return float((limits.bounds / np.maximum(limits.rows @ along, 1e-9)).min())


def test_more_cups_carry_more_and_a_shut_one_carries_nothing() -> None:
    along = np.array([0, 0, -1.0, 0.02, 0, 0])
    assert strength([60e3] * 4, along) > strength([60e3] * 3 + [0.0], along) > strength([60e3, 0, 0, 0], along)
    assert strength([60e3] * 4, along) == pytest.approx(2 * strength([30e3] * 4, along))


def test_the_force_that_a_load_asks_of_each_cup_is_where_the_combined_cone_ends() -> None:
    """The cone's octagons lie inside the circles, so it ends up to 8% earlier."""
    mass, centre, down = 0.6, np.array((0.02, -0.05, 0.03)), np.array((0.0, 0.0, -1.0))
    held = (0, 1, 3)
    asked = float(
        suction_asked(*map(np.asarray, (mass, centre, -down)), 2.0, CUP.friction, CUP.radius, shares(CUP, held))
    )
    vacuum = [asked / CUP.area * (i in held) for i in ALL]
    limits = seal_limits(vacuum, 1.0, CUP)
    used = 0.0
    for sense in (*np.eye(3), *-np.eye(3)):
        force = mass * (2.0 * sense + 9.81 * down)
        used = max(used, float((limits.rows @ np.append(force, np.cross(centre, force)) / limits.bounds).max()))
    assert 1.0 <= used + 1e-9 < 1.09


def test_leaks_add_up_and_a_channel_keeps_a_leaking_cup_from_the_pump() -> None:
    gap, wall = np.float64(1e-6), np.float64(2e-9)
    one = SuctionCup()
    assert seal_vacuum(gap, wall, one, cups=4) == pytest.approx(float(seal_vacuum(4 * gap, 4 * wall, one)))
    assert seal_vacuum(np.float64(0), wall, CUP, cups=4) == pytest.approx(
        float(seal_vacuum(np.float64(0), 4 * wall, one))
    )
    kept = 1 / (1 + (gap / CUP.channel) ** 2)
    through = float(seal_vacuum(4 * gap * np.sqrt(kept), np.float64(0), one))
    assert seal_vacuum(gap, np.float64(0), CUP, cups=4) == pytest.approx(kept * through)


def test_a_grid_is_centred_cups_may_not_overlap_and_codes_go_both_ways() -> None:
    assert CUP.places == ((-0.03, -0.03), (0.03, -0.03), (-0.03, 0.03), (0.03, 0.03))
    np.testing.assert_allclose(CUP.middle((0, 1)), (0, -0.03, 0))
    assert all(decoded(coded(cups)) == cups for cups in (ALL, (1, 3), (2,)))
    with pytest.raises(GeometryError, match="beside each other"):
        SuctionCup(places=grid(2, 1, 0.020))
