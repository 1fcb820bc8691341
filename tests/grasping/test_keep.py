"""Among a scene's grasps, what weights from before would have chosen is kept until another promises enough more."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.support.scenes import box, make_scene
from grasping.attempts import Attempts, Failure
from grasping.choose import choose
from grasping.grasp import Odds
from grasping.propose import propose
from grasping.quality.keep import kept
from grasping.quality.learned import LearnedQuality, shipped
from grasping.tools import DualTool, Tool

SCENE = make_scene([box((-0.1, 0, 0.04), (0.10, 0.12, 0.08)), box((0.12, 0, 0.03), (0.10, 0.10, 0.06))])
BOTH = frozenset(Tool)


@pytest.fixture(scope="module")
def options():
    """One grasp of each item."""
    found = propose(SCENE, DualTool(), BOTH)
    return [next(grasp for grasp in found if grasp.item == item.id) for item in SCENE.items]


def told(grasp, now, *before):
    return replace(grasp, odds=Odds(now, 0.95, 0.0), before=tuple(Odds(each, 0.95, 0.0) for each in before))


def first(options, past=None):
    return choose(options, lambda grasp: 3.0, past or Attempts())[0]


def test_a_little_more_changes_nothing_and_much_more_does(options):
    one, other = options
    assert first([told(one, 0.80), told(other, 0.82)]).item == other.item
    assert first([told(one, 0.80, 0.85), told(other, 0.82, 0.80)]).item == one.item
    assert first([told(one, 0.60, 0.85), told(other, 0.82, 0.80)]).item == other.item


def test_all_others_follow_in_their_order(options):
    one, other = options
    third = replace(told(other, 0.7, 0.1), T_base_tool=one.T_base_tool)
    order = choose([told(one, 0.80, 0.85), told(other, 0.82, 0.80), third], lambda grasp: 3.0, Attempts())
    assert [grasp.odds.acquire for grasp in order] == [0.80, 0.82, 0.7]


def test_what_failed_since_is_not_kept_for_its_odds_of_before(options):
    one, other = (told(options[0], 0.80, 0.85), told(options[1], 0.80, 0.80))
    past = Attempts()
    past.record(one, False, Failure.NO_HOLD)
    assert first([one, other], past).item == other.item


def test_what_is_not_worth_a_try_any_more_is_not_kept(options):
    one, other = options
    assert first([told(one, 0.01, 0.99), told(other, 0.5, 0.4)]).item == other.item


def test_what_harms_less_is_taken_though_it_is_no_likelier():
    odds = np.tile([0.8, 0.9, 0.0, 0.0], (2, 2, 1))
    odds[1, 0, 2], odds[1, 1, 0] = 0.1, 0.75
    values = np.array([[0.9, 0.8], [0.2, 0.75]])
    assert kept(odds, values) == 1
    assert kept(odds, np.array([[0.9, 0.8], [0.6, 0.75]])) == 0


def test_weights_tell_what_those_before_them_would_have_expected():
    weights = shipped()
    plain = propose(SCENE, DualTool(), BOTH, LearnedQuality(weights))
    after = propose(SCENE, DualTool(), BOTH, LearnedQuality(weights.after(weights)))
    assert len(plain) == len(after) and all(not grasp.before for grasp in plain)
    for grasp in after:
        (before,) = grasp.before
        assert before.acquire == pytest.approx(grasp.odds.acquire, abs=1e-9)
        assert before.hold == pytest.approx(grasp.odds.hold, abs=1e-9)
    assert first(list(after)).T_base_tool.matrix == pytest.approx(first(list(plain)).T_base_tool.matrix)
