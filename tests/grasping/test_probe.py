"""Probing lifts: what they find out and undo, when they are worth their time, and what is remembered of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.support.scenes import box, make_scene
from grasping.attempts import Attempts, Failure
from grasping.candidates.table import FEATURES, Candidates
from grasping.choose import choose
from grasping.grasp import Grasp
from grasping.propose import propose
from grasping.quality.contact_quality import ContactQuality
from grasping.quality.opening import with_opening
from grasping.quality.probing import with_probe
from grasping.quality.rates import OPENED_FELT
from grasping.quality.skill_odds import probed
from grasping.quality.trust import trusted
from grasping.quality.worth import PROBE_SECONDS, Stakes
from grasping.tools import DualTool, Tool
from perception.scene import Scene

QUALITY, STAKES = ContactQuality(DualTool()), Stakes()
SCENE = make_scene([])
FLAT = {"ring_margin": 0.02, "vacuum": 80e3, "mass": 0.3, "mass_spread": 0.3, "down_z": 1.0, "boxlike": 1.0}
FLAT |= {"girth": 0.15, "flatness": 0.2, "fill": 1.0, "across_covers": 1.0, "seen": 1.0, "confidence": 1.0}
CARTON, BOOK = (0.12, 0.10, 0.09), (0.22, 0.15, 0.03)


def cups(*beliefs: dict[str, float]) -> Candidates:
    """One candidate of a cup for each set of features, which stand for what else `FLAT` says."""
    features = np.zeros(len(beliefs), FEATURES)
    for row, belief in enumerate(beliefs):
        for name, value in (FLAT | belief).items():
            features[name][row] = value
    n = len(beliefs)
    return Candidates(Tool.SUCTION, np.zeros(n, np.int64), np.tile(np.eye(4), (n, 1, 1)), np.zeros(n), features)


def both(**belief: float) -> tuple[np.ndarray, np.ndarray]:
    """Odds (4,) of the same candidate lifted blindly, and as a probe."""
    odds = QUALITY(SCENE, cups(belief, belief | {"probe": 1.0}))
    return odds[0], odds[1]


def on_top(scene: Scene) -> Grasp:
    options = propose(scene, DualTool(), frozenset({Tool.SUCTION}))
    return max((g for g in options if g.T_base_tool.rotation[2, 2] < -0.9), key=STAKES.gain)


def test_what_is_sure_gains_nothing_by_a_probe() -> None:
    blind, probe = both()
    assert probe == pytest.approx(blind, abs=0.01) and probe[3] < 0.01
    chosen, odds = with_probe(SCENE, cups({}), QUALITY)
    assert chosen.features["probe"][0] == 0 and (odds[0] == blind).all()


def test_what_hangs_by_a_cover_is_hardly_ever_placed_unharmed() -> None:
    for odds in (*both(bookish=1.0), *both(bookish=1.0, card=1.0)):
        acquire, hold, damage, returned = odds
        assert acquire * hold * (1 - damage) < 0.1 and damage > 0.15 and STAKES.gains(odds) < 0
        assert hold + returned <= 1
    blind, probe = both(bookish=1.0)
    assert blind[3] == 0 and probe[3] == pytest.approx(OPENED_FELT[1].probability)  # of board
    assert both(bookish=1.0, card=1.0)[1][3] == pytest.approx(OPENED_FELT[0].probability)
    (beside,) = QUALITY(SCENE, cups({"bookish": 1.0, "across_covers": 0.0}))
    assert beside[2] < 0.05  # on a narrow side nothing opens


def test_odds_of_what_may_open_lie_between_those_of_what_does_and_what_does_not() -> None:
    odds = np.array([[0.9, 0.8, 0.1, 0.0]] * 3)
    told = with_opening(odds, Tool.SUCTION, cups(*({"bookish": b} for b in (0.0, 0.4, 1.0))).features)
    np.testing.assert_allclose(told[0], odds[0])
    placed = told[:, 1] * (1 - told[:, 2])
    assert placed[1] == pytest.approx(0.6 * placed[0] + 0.4 * placed[2])
    assert told[1, 2] == pytest.approx(0.6 * told[0, 2] + 0.4 * told[2, 2])
    np.testing.assert_array_equal(with_opening(odds, Tool.PINCH, cups({}, {}, {}).features), odds)


def test_the_surer_a_book_the_less_is_a_probe_worth() -> None:
    gains = [float(STAKES.gains(both(bookish=bookish)[1])) for bookish in (0.0, 0.3, 0.6, 0.95)]
    assert gains == sorted(gains, reverse=True) and gains[-1] < 0.1


def test_a_seal_that_tires_at_rest_lets_nothing_fall_far() -> None:
    blind, probe = both(mass=0.7, centre_x=0.03, centre_radius=0.03)
    lost = [1 - odds[1] - odds[3] for odds in (blind, probe)]
    assert lost[1] < 0.7 * lost[0] and probe[3] > 0.1
    assert probe[1] >= blind[1]  # nothing jerks at the bellows


def test_outcomes_of_a_probe_exclude_each_other() -> None:
    rng = np.random.default_rng(0)
    lifted, stays = rng.uniform(size=(2, 200))
    held, returned = probed(lifted, lifted * rng.uniform(size=200), stays)
    assert min(held.min(), returned.min()) >= 0 and (held + returned).max() <= 1 + 1e-9
    assert probed(np.ones(1), np.ones(1), np.ones(1))[:, 0] == pytest.approx([1.0, 0.0])


def test_a_plain_carton_is_lifted_at_once_and_what_may_be_a_book_is_worth_less() -> None:
    plain = on_top(make_scene([box((0, 0, 0.045), CARTON)]))
    assert not plain.probe and plain.odds.returned == 0
    unsure = on_top(make_scene([box((0, 0, 0.015), BOOK, color=(235, 228, 210))]))
    assert plain.odds.damage < unsure.odds.damage and STAKES.gain(unsure) < STAKES.gain(plain)


def test_a_swing_by_the_spine_is_no_probe() -> None:
    found, _ = with_probe(SCENE, cups({"bookish": 0.9, "spine_at": 0.03, "spine": 0.5}), QUALITY)
    assert found.features["probe"][0] == 0


def test_the_choice_counts_the_seconds_of_a_probe() -> None:
    plain = on_top(make_scene([box((0, 0, 0.045), CARTON)]))
    probing = replace(plain, probe=True, item=1)
    assert choose([probing, plain], lambda g: 4.0, Attempts()) == (plain, probing)
    quicker = lambda g: 4.0 - 1.01 * PROBE_SECONDS * g.probe
    assert choose([probing, plain], quicker, Attempts()) == (probing, plain)


def test_a_cover_that_opened_is_believed_to_open_again() -> None:
    past, grasp = Attempts(), on_top(make_scene([box((0, 0, 0.015), BOOK, color=(235, 228, 210))]))
    past.record(grasp, False, Failure.OPENED)
    fingers = replace(grasp, tool=Tool.PINCH)
    assert trusted(past, grasp).hold < trusted(past, fingers).hold < grasp.odds.hold
