"""Several cups: how they share a wrench, against statics; their combined cone; which of them to open."""

from __future__ import annotations

import numpy as np
import pytest

from grasping.contact.array_limits import array_limits, cups_over
from grasping.contact.wrench_limits import suction_limits
from grasping.cup_array import FOUR_CUPS, CupArray, grid
from perception.errors import GeometryError

RNG = np.random.default_rng(0)
ALL = (0, 1, 2, 3)


def at_origin(tool: CupArray, held: tuple[int, ...], wrenches: np.ndarray) -> np.ndarray:
    """The sum of what cups bear, about the plate's origin."""
    total = np.zeros(6)
    for i, wrench in zip(held, wrenches):
        total[:3] += wrench[:3]
        total[3:] += wrench[3:] + np.cross((*tool.places[i], 0), wrench[:3])
    return total


@pytest.mark.parametrize("held", [ALL, (0, 1, 2), (0, 3), (1,)])
def test_what_cups_bear_adds_up_to_the_wrench(held: tuple[int, ...]) -> None:
    for wrench in RNG.normal(size=(5, 6)):
        np.testing.assert_allclose(at_origin(FOUR_CUPS, held, FOUR_CUPS.shares(held) @ wrench), wrench, atol=1e-9)


def test_one_cup_amid_the_plate_is_a_single_cup() -> None:
    tool = CupArray()
    np.testing.assert_allclose(tool.shares((0,))[0], np.eye(6), atol=1e-12)
    own, single = array_limits(tool, [60e3]), suction_limits(60e3 * tool.cup.area, tool.cup.friction, tool.cup.radius)
    np.testing.assert_allclose(own.rows, single.rows, atol=1e-12)
    np.testing.assert_allclose(own.bounds, single.bounds)


def test_a_pull_amid_the_plate_is_shared_alike_and_one_beside_it_is_not() -> None:
    pull = np.array([0, 0, -8.0, 0, 0, 0])
    np.testing.assert_allclose((FOUR_CUPS.shares(ALL) @ pull)[:, 2], -2.0)
    aside = pull + np.array([0, 0, 0, 0, 0.1, 0])
    assert np.ptp((FOUR_CUPS.shares(ALL) @ aside)[:, 2]) > 0.5


def test_more_cups_carry_more_and_a_shut_one_carries_nothing() -> None:
    along = np.array([0, 0, -1.0, 0.02, 0, 0])
    strength = lambda vacuum: float(np.min((limits := array_limits(FOUR_CUPS, vacuum)).bounds / np.maximum(
        limits.rows @ along, 1e-9)))  # fmt: skip
    assert strength([60e3] * 4) > strength([60e3, 60e3, 60e3, 0.0]) > strength([60e3, 0.0, 0.0, 0.0])
    assert strength([60e3] * 4) == pytest.approx(2 * strength([30e3] * 4))


def test_only_cups_that_lie_whole_on_the_item_are_opened() -> None:
    assert cups_over(FOUR_CUPS, np.array([1.0, 0.9, 1.0, 0.0])) == (0, 2)


def test_a_grid_is_centred_and_cups_may_not_overlap() -> None:
    assert FOUR_CUPS.places == ((-0.03, -0.03), (0.03, -0.03), (-0.03, 0.03), (0.03, 0.03))
    with pytest.raises(GeometryError, match="beside each other"):
        CupArray(places=grid(2, 1, 0.020))
    with pytest.raises(GeometryError, match="a cup that holds"):
        FOUR_CUPS.shares(())
