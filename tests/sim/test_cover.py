"""Covers of card: their bending against the elastica and beam theory, and a paperback that hangs on a cup."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import brentq
from scipy.spatial.transform import Rotation

from benchmarks.support.bench import Bench
from perception.pose import Pose
from sim.bullet import pb
from sim.items.catalog import make_item
from sim.items.sheet import Sheet
from sim.robot.cover import Cover
from sim.world import GRAVITY

SHEET = Sheet(width=0.19, thickness=0.28e-3)


def elastica(rigidity: float, length: float, load: float) -> tuple[float, float]:
    """Root moment, N m, and end slope, radians, of a level clamped strip under a weight at its end.

    Shot from the free end, whose slope is a right angle less exp(-x): E I theta'' = -W cos(theta).
    """

    def root(x: float) -> np.ndarray:
        bend = lambda s, y: [y[1], -load * np.cos(y[0]) / rigidity]
        return solve_ivp(bend, (0, length), [np.pi / 2 - np.exp(-x), 0.0], rtol=1e-10, atol=1e-12).y[:, -1]

    x = brentq(lambda x: root(x)[0], 0.0, 12.0)
    return float(-rigidity * root(x)[1]), float(np.pi / 2 - np.exp(-x))


def test_the_card_of_a_paperback_creases_near_a_twentieth_of_a_newton_metre() -> None:
    assert SHEET.crease_moment == pytest.approx(0.05, rel=0.02)


def test_a_short_sheet_turns_as_a_beam_under_a_moment() -> None:
    free, load = 0.006, 1.0
    for moment in (0.01, 0.03):
        angle = moment * free / SHEET.rigidity
        assert SHEET.moment(angle, free, load) == pytest.approx(moment, rel=1e-6)
    assert SHEET.moment(3.0, free, load) == SHEET.crease_moment  # and folds


@pytest.mark.parametrize("load", [1.0, 2.0, 4.0])
def test_a_long_sheet_bears_at_its_root_what_the_elastica_bears(load: float) -> None:
    moment, slope = elastica(SHEET.rigidity, 0.12, load)
    assert slope == pytest.approx(np.pi / 2, abs=0.15)  # it hangs down
    firm = Sheet(SHEET.width, SHEET.thickness, strength=np.inf)
    assert firm.moment(np.pi / 2, 0.12, load) == pytest.approx(moment, rel=0.05)


def test_the_cover_of_a_heavy_paperback_folds_on_a_cup_and_the_moment_stays_that_of_card() -> None:
    bench, book = Bench(), make_item("paperback", np.random.default_rng(4))
    item, pillar = bench.put(book, "cup", Pose.from_rotation((0, 0, 0.004 - book.size[2] / 2), np.eye(3)))
    bench.suction.on = True
    bench.slide.go(True)
    bench.step(0.5)
    cover = bench.cup.cover
    assert cover is not None and bench.cup.held is not None and cover.bent < 0.1
    bench.free(pillar)
    bent, moments = [], []

    def look(_: float) -> None:
        if bench.cup.cover is not None:
            bent.append(bench.cup.cover.bent)
            pull = max(0.0, -bench.cup.wrench[2])
            moments.append(bench.cup.moment - pull * bench.cup.radius)  # about the lip's edge

    bench.step(1.0, look)
    sheet = item.link_spec(item.bodies[0], 0).sheet
    assert sheet is not None and max(bent) > 0.3
    assert np.median(moments[len(moments) // 2 :]) < 1.3 * sheet.crease_moment
    bench.close()


@pytest.mark.parametrize("tilt", [82, 90])
@pytest.mark.parametrize("seed", range(4))
def test_a_paperback_that_hangs_by_its_spine_leans_on_the_lip_and_bends_no_card(seed: int, tilt: float) -> None:
    """Its weight W bears on the hinge, half a thickness behind the lip, and the leaves on the lip's lower edge. So a
    strip between lip and hinge is pulled aside by less than W alone could bend it to where it yields: an upright strut
    of this length bears pi^2 E I / (2 l)^2, several times W.
    """
    bench, book, beside = Bench(), make_item("paperback", np.random.default_rng(seed)), 0.010
    along = bench.arm.T_base_link("cup").rotation[:, 0]
    turn = Pose.from_euler((0, 0, 0), (0, 0, np.arctan2(along[1], along[0])))
    to_middle = turn.rotate((book.size[0] / 2 - bench.cup.radius - beside, 0, 0.004 - book.size[2] / 2))
    item, pillar = bench.put(book, "cup", Pose.from_rotation(to_middle, turn.rotation))
    bench.slide.go(True)
    bench.suction.on = True
    bench.step(0.5)
    assert bench.cup.cover is not None
    from_spine = turn.rotation[:, 0]

    def lean(t: float) -> None:
        angle = np.deg2rad(tilt) * min(t, 1.0)
        gravity = GRAVITY * (np.sin(angle) * from_spine - np.cos(angle) * np.array((0, 0, 1)))
        pb.setGravity(*gravity, physicsClientId=bench.world.client)

    bench.step(1.0, lean)
    bench.free(pillar)
    bent: list[float] = []
    bench.step(1.0, lambda _: bent.append(bench.cup.cover.bent if bench.cup.cover else np.inf))
    sheet, weight = book.links[1].sheet, book.mass * GRAVITY
    assert sheet is not None and np.pi**2 * sheet.rigidity / (2 * beside) ** 2 > 3 * weight
    assert max(bent) < 0.5 * sheet.yields_at(beside, weight) and item.opening() < np.deg2rad(8)
    bench.close()


def test_turning_in_its_own_plane_bends_no_card() -> None:
    flat = Rotation.from_euler("xyz", (0.1, 3.0, 0.2)).as_matrix()
    cover = Cover(SHEET, 0.01, 3.0, flat)
    for axis, bent in (((0, 0, 0.5), 0.0), ((0.3, 0, 0), 0.3), ((0, -0.4, 0), 0.4)):
        cover.observe(Rotation.from_rotvec(axis).as_matrix() @ flat)  # axes of the lip
        assert cover.bent == pytest.approx(bent, abs=1e-6)


def test_boards_do_not_bend() -> None:
    book = make_item("hardcover", np.random.default_rng(3))
    assert all(link.sheet is None for link in book.links)
