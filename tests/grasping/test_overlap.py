"""What an item may reach under, seen from above."""

from __future__ import annotations

import pytest

from benchmarks.support.scenes import box, make_scene
from grasping.beliefs.overlap import Tops, rim


def overlap_of_first(*solids) -> float:  # type: ignore[no-untyped-def]
    scene = make_scene(solids)
    return rim(Tops.of(scene.occupancy), scene.items[0]).share


def test_an_item_on_its_own_reaches_under_nothing() -> None:
    assert overlap_of_first(box((0, 0, 0.02), (0.15, 0.10, 0.04))) == 0.0


def test_a_taller_neighbour_that_stands_beside_it_is_no_cover() -> None:
    low, tall = box((0, 0, 0.02), (0.15, 0.10, 0.04)), box((0.116, 0, 0.06), (0.08, 0.10, 0.12))
    assert overlap_of_first(low, tall) < 0.05


@pytest.mark.parametrize(("shift", "least"), [(0.10, 0.05), (0.06, 0.2)])
def test_what_lies_on_it_covers_part_of_its_outline(shift: float, least: float) -> None:
    low, upper = box((0, 0, 0.02), (0.15, 0.10, 0.04)), box((shift, 0, 0.055), (0.10, 0.08, 0.03))
    assert least < overlap_of_first(low, upper) < 0.8


def test_the_upper_one_is_free() -> None:
    low, upper = box((0.06, 0, 0.055), (0.10, 0.08, 0.03)), box((0, 0, 0.02), (0.15, 0.10, 0.04))
    assert overlap_of_first(low, upper) == 0.0


def test_an_item_out_of_sight_is_all_covered() -> None:
    assert overlap_of_first(box((0, 0, 0.01), (0.05, 0.05, 0.02)), box((0, 0, 0.04), (0.15, 0.15, 0.04))) == 1.0
