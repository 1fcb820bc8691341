"""Leaves between the pads give way as Euler's struts do, spring back, and slip out once their ends slope too far."""

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.special import ellipe, ellipk

from benchmarks.support.bench import Bench
from grasping.candidates.table import FEATURES
from grasping.felt_grip import FeltGrip
from grasping.grasp import Grasp, Load, Odds, WrenchLimits
from grasping.tools import Tool
from perception.pose import Pose
from sim.items.catalog import make_item
from sim.robot.fingers import SLOPED, Strut


def shortened(slope):
    """Share by which a pinned strut is shorter whose ends slope so (Timoshenko and Gere, 2.7)."""
    m = np.sin(slope / 2) ** 2
    return 2 - 2 * ellipe(m) / ellipk(m)


def test_a_bowed_strut_bears_what_the_elastica_does():
    strut = Strut(load=12.0, length=0.09)
    for share in np.linspace(0.005, SLOPED, 12):
        slope = brentq(lambda a, share=share: shortened(a) - share, 1e-3, 2.0)
        exact = 12.0 * (2 * ellipk(np.sin(slope / 2) ** 2) / np.pi) ** 2
        assert strut.bears(share * 0.09) == pytest.approx(exact, rel=0.01)


def test_it_slips_where_its_ends_slope_by_rubbers_angle_of_friction():
    assert pytest.approx(shortened(np.deg2rad(40)), abs=0.002) == SLOPED


@pytest.fixture
def book_between_pads():
    """A bench and a book of card on a pillar between the open fingers, pressed from spine to fore edge."""
    bench, books = Bench(opening=0.205), (make_item("paperback", np.random.default_rng(seed)) for seed in range(20))
    spec = next(book for book in books if book.mass < 0.35 and book.bows_at[0] > 10)
    turned = np.arctan2(*bench.arm.T_base_link("tip").rotation[[1, 0], 1])
    item, pillar = bench.put(spec, "tip", Pose.from_euler((0, 0, 0.005), (0, 0, turned)))
    yield bench, spec, item, pillar
    bench.close()


def felt(bench, spec):
    """Close by feel with 60 N."""
    f = np.zeros(1, FEATURES)
    told = {"bookish": 1.0, "flatness": spec.size[2] / spec.size[0], "girth": spec.size[0], "width": spec.size[0]}
    for name, value in told.items():
        f[name] = value
    load = Load(spec.mass, np.zeros(3), np.eye(3), (spec.mass, spec.mass))
    limits, pose = WrenchLimits(np.eye(6), np.ones(6)), Pose.from_rotation((0, 0, 0), np.eye(3))
    width = float(spec.size[0])
    grip = FeltGrip(Grasp(Tool.PINCH, 0, pose, 0.2, width, 60.0, Odds(1, 1, 0), limits, load, features=f[0]), 10.0)
    for _ in range(200):
        bench.fingers.go(grip.command.opening, grip.command.force)
        bench.step(0.02)
        grip.feel(bench.fingers.gap, bench.fingers.pressed, 0.0)
        if grip.done:
            break
    bench.fingers.go(grip.command.opening, grip.command.force)
    bench.step(0.02)
    return grip


def test_fingers_that_feel_it_stay_and_hold_the_book(book_between_pads):
    bench, spec, item, pillar = book_between_pads
    assert felt(bench, spec).bows
    assert not bench.fingers.slips
    assert 0.002 < bench.fingers.bowed < SLOPED * 0.7 * spec.size[0]
    assert bench.fingers.gap == pytest.approx(spec.size[0] - bench.fingers.bowed, abs=1e-3)
    bench.free(pillar)
    before, pressed = item.pose().position[2], []
    bench.step(1.0, lambda t: pressed.append(bench.fingers.pressed))
    assert before - item.pose().position[2] < 0.01
    assert np.median(pressed) == pytest.approx(spec.bows_at[0], rel=0.1)


def test_it_springs_back_before_fingers_that_open(book_between_pads):
    bench, spec, _, _ = book_between_pads
    felt(bench, spec)
    bench.fingers.go(float(spec.size[0]) + 0.02, 60.0)
    bench.step(0.3)
    assert bench.fingers.bowed == 0 and not bench.fingers.slips
    assert bench.fingers.gap == pytest.approx(spec.size[0] + 0.02, abs=1e-3)


def test_fingers_that_close_on_press_no_harder_than_it_bears_until_it_slips(book_between_pads):
    bench, spec, _, _ = book_between_pads
    bench.fingers.go(0.0, 60.0)
    pressed = []
    while not bench.fingers.slips:
        bench.step(1 / 240)
        pressed.append(bench.fingers.pressed)
    assert len(pressed) < 240
    firm = [force for force in pressed if force > 0.5 * spec.bows_at[0]]
    assert np.median(firm) < 1.1 * spec.bows_at[0]
    bench.step(0.2)
    assert bench.fingers.force == 60.0
