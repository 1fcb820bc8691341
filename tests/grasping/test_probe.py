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
from grasping.quality.probing import with_probe
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


def test_a_cover_that_opens_is_set_down_again() -> None:
    blind, probe = both(bookish=0.6)
    assert blind[2] > 0.15 and STAKES.gains(blind) < 0  # never worth lifting
    assert probe[2] < 0.5 * blind[2] and probe[3] > 0.3 and STAKES.gains(probe) > STAKES.gains(blind)
    chosen, odds = with_probe(SCENE, cups({"bookish": 0.6}), QUALITY)
    assert chosen.features["probe"][0] == 1 and (odds[0] == probe).all()


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
    lifted, stays, opens, lost = rng.uniform(size=(4, 200))
    hold = lifted * rng.uniform(size=200)
    held, opened, returned = probed(lifted, hold, stays, opens, lost)
    assert min(held.min(), opened.min(), returned.min()) >= 0 and (held + returned).max() <= 1 + 1e-9
    surely = probed(np.ones(1), np.ones(1), np.ones(1), np.zeros(1), np.ones(1))[:, 0]
    assert surely == pytest.approx([1.0, 0.0, 0.0])


def test_a_plain_carton_is_lifted_at_once_and_what_may_be_a_book_is_probed() -> None:
    plain = on_top(make_scene([box((0, 0, 0.045), CARTON)]))
    assert not plain.probe and plain.odds.returned == 0
    unsure = on_top(make_scene([box((0, 0, 0.015), BOOK, color=(235, 228, 210))]))
    assert unsure.probe and plain.odds.damage < unsure.odds.damage < unsure.odds.returned


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
