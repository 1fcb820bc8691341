"""How items lie, in bins whose items are put down by hand."""

from __future__ import annotations

import numpy as np
import pytest

from handpick.layout import standard_layout
from perception.pose import Pose
from sim.fill import settle
from sim.items.catalog import make_item
from sim.lay import Lay, lays
from sim.plan import STEP
from sim.world import World

MIDDLE = np.zeros(2)


@pytest.fixture
def world():
    made = World(standard_layout(), STEP, 50)
    yield made
    made.close()


def put(world: World, family: str, at: np.ndarray, height: float, turned: tuple[float, ...] = (0, 0, 0)) -> int:
    """Put an item down in the source, its middle at `at` (2,) and over the floor by `height`; its number."""
    spec = make_item(family, np.random.default_rng(5))
    T = world.layout.source.T_base_tote @ Pose.from_euler((*at, height), turned)
    world.spawn(spec, T)
    return len(world.items) - 1


def test_what_lies_free_at_a_wall_and_under_others_is_told_apart(world: World) -> None:
    book = make_item("hardcover", np.random.default_rng(5)).size
    half = world.layout.source.inner[:2] / 2
    below = put(world, "hardcover", MIDDLE, book[2] / 2 + 1e-3)
    above = put(world, "hardcover", MIDDLE, 1.5 * book[2] + 4e-3)
    aside = put(world, "hardcover", np.array((half[0] - book[0] / 2 - 4e-3, 0.0)), book[2] / 2 + 1e-3)
    settle(world.client, world.items)
    world.step()
    assert lays(world) == {below: Lay.UNDER, above: Lay.FREE, aside: Lay.AT_WALL}


def test_what_stands_and_what_leans_is_told_apart(world: World) -> None:
    book = make_item("hardcover", np.random.default_rng(5)).size
    standing = put(world, "hardcover", MIDDLE, book[0] / 2 + 1e-3, (0, np.pi / 2, 0))
    world.step()
    assert lays(world) == {standing: Lay.STANDING}
    leaning = put(world, "hardcover", np.array((0.15, 0.0)), book[0] / 2, (0, np.deg2rad(60), 0))
    assert lays(world)[leaning] is Lay.LEANING


def test_what_is_outside_is_not_told(world: World) -> None:
    put(world, "carton", np.array((1.0, 0.0)), 0.2)
    assert lays(world) == {}
