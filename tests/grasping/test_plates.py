"""A plate of four cups on items: which cups are opened, where they are, and what the plate keeps clear of."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.support.scenes import TOTE, Solid, box, make_scene
from grasping.candidates.suction import choices
from grasping.grasp import Grasp
from grasping.propose import propose, reconsider
from grasping.quality.worth import Stakes
from grasping.tools import FOUR_CUPS, DualTool, SuctionCup, Tool, grid
from perception.scene import Scene

SUCTION = frozenset({Tool.SUCTION})
CARTON = box((0, 0, 0.03), (0.17, 0.13, 0.06), (0, 0, 0.3))
BAR = box((0, 0, 0.015), (0.16, 0.042, 0.03), (0, 0, 0.5))
CUBE = box((0.02, 0, 0.025), (0.05, 0.05, 0.05), (0, 0, 0.2))


def offers(scene: Scene, tool: DualTool = FOUR_CUPS) -> tuple[Grasp, ...]:
    return propose(scene, tool, SUCTION)


def best(solid: Solid, tool: DualTool = FOUR_CUPS) -> Grasp:
    return max(offers(make_scene([solid], noise=0.0004), tool), key=Stakes().gain)


def lips(grasp: Grasp) -> np.ndarray:
    """Points on the rims of the opened cups, base frame, each 1 mm inside the lip and beneath it."""
    angles = np.linspace(0, 2 * np.pi, 12)
    ring = (FOUR_CUPS.cup.radius - 1e-3) * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    points = [np.append(ring + FOUR_CUPS.cup.places[i], np.full((12, 1), 3e-3), axis=1) for i in grasp.cups]
    return np.asarray(grasp.T_base_tool.apply(np.concatenate(points)))


@pytest.mark.parametrize(("solid", "cups"), [(CARTON, {1, 2, 4}), (BAR, {1, 2}), (CUBE, {1})])
def test_cups_are_opened_where_they_seal(solid: Solid, cups: set[int]) -> None:
    found = offers(make_scene([solid], noise=0.0004))
    assert {len(grasp.cups) for grasp in found} == cups
    for grasp in found:
        assert solid.contains(TOTE.T_base_tote.inverse().apply(lips(grasp))).all()


def test_four_cups_promise_to_hold_what_one_would_lose() -> None:
    heavy = box((0, 0, 0.035), (0.22, 0.16, 0.07), (0, 0, 0.3))
    found = offers(make_scene([heavy], noise=0.0004))
    four = max((grasp for grasp in found if len(grasp.cups) == 4), key=Stakes().gain)
    one = best(heavy, DualTool())
    assert four.odds.hold > 0.98 > one.odds.hold
    asked = np.array([0, 0, -9.0, 0.1, 0.1, 0])
    assert four.limits.margin(asked) > 0.5 > one.limits.margin(asked)


def test_the_plate_stays_inside_the_tote_and_off_what_is_higher() -> None:
    wall = TOTE.inner[0] / 2
    near = box((wall - 0.045, 0, 0.03), (0.08, 0.16, 0.06), (0, 0, 0))
    tower = box((wall - 0.15, 0, 0.06), (0.10, 0.16, 0.12), (0, 0, 0))
    scene = make_scene([near, tower], noise=0.0004)
    x, y = FOUR_CUPS.cup.half
    corners = np.array([(sx * x, sy * y, -0.02) for sx in (-1, 1) for sy in (-1, 1)])
    found = [grasp for grasp in offers(scene) if grasp.item == scene.items[0].id]
    for grasp in offers(scene):
        local = TOTE.T_base_tote.inverse().apply(grasp.T_base_tool.apply(corners))
        assert (np.abs(local[:, :2]) < np.array(TOTE.inner[:2]) / 2).all()
        assert not any(solid.contains(local).any() for solid in (near, tower))
    assert len({grasp.cups for grasp in found}) >= 1


def test_neighbours_are_opened_together_and_diagonals_are_not() -> None:
    offered = set(choices(FOUR_CUPS.cup))
    assert offered == {(0, 1, 2, 3), (0, 1), (0, 2), (1, 3), (2, 3), (0,), (1,), (2,), (3,)}
    assert choices(SuctionCup()) == ((0,),)
    assert len(choices(SuctionCup(places=grid(3, 1, 0.04)))) == 1 + 2 + 3


def test_a_grasp_is_found_again_with_the_same_cups() -> None:
    scene = make_scene([CARTON], noise=0.0004)
    first = max(offers(scene), key=Stakes().gain)
    (again,) = reconsider(scene, FOUR_CUPS, [first])
    assert again is not None and again.cups == first.cups
    assert np.linalg.norm(again.T_base_tool.position - first.T_base_tool.position) < 0.012
