"""Adaptation by least squares is explained pick by pick, finds wrong labels, and gives a site's data back exactly."""

import numpy as np
import pytest

from grasping.quality.learned import HEADS, INPUTS, shipped
from grasping.tools import DualTool, Tool
from training.adapt import Head
from training.doubts import doubted
from training.linear import COLUMNS, Linear, Sums, Units, linear
from training.picks import PICK
from training.recorded import Recorded

KEY = (Tool.SUCTION, "acquire")


def head_of(count, seed, shift=-1.0, wrong=0.0):
    """Picks at a site where shipped margins are off by a shift, and some labels are turned round; and which ones."""
    rng = np.random.default_rng(seed)
    units = Units.of(shipped())
    spread = np.where(np.isfinite(units.unit[1:]), units.unit[1:], 0.0)
    x = units.mean[1:] + spread * rng.normal(size=(count, len(INPUTS))) * 0.5
    margin = 2.5 * rng.normal(size=count)
    label = rng.random(count) < 1 / (1 + np.exp(-(2 * margin + shift)))
    turned = rng.random(count) < wrong
    return Head(np.arange(count), margin, x, label ^ turned), turned


@pytest.fixture(scope="module")
def units():
    return Units.of(shipped())


def surprise(head, margin):
    return np.logaddexp(0, np.where(head.label, -margin, margin)).mean()


def test_it_follows_a_site(units):
    head, check = head_of(300, 0, shift=-2.0)[0], head_of(2000, 1, shift=-2.0)[0]
    model = linear(shipped(), {KEY: head})[KEY]
    assert surprise(check, model.margins(check.margin, check.x)) < surprise(check, check.margin) - 0.05


def test_a_site_that_is_taken_out_was_never_there(units):
    one, other = head_of(300, 0)[0], head_of(500, 1, shift=2.0)[0]
    left = Sums.of(one, units) + Sums.of(other, units) - Sums.of(other, units)
    alone = Sums.of(one, units)
    assert left.picks == alone.picks
    np.testing.assert_allclose(left.solution, alone.solution, atol=1e-6)
    assert np.abs((Sums.of(one, units) + Sums.of(other, units)).solution - alone.solution).max() > 0.01


def test_what_picks_carry_sums_to_what_a_prediction_is_moved_by(units):
    head, check = head_of(120, 2)[0], head_of(7, 3)[0]
    model = Linear(units, Sums.of(head, units))
    carried = model.carried_by(head, check.margin, check.x)
    assert carried.shape == (7, 120)
    np.testing.assert_allclose(carried.sum(axis=1), model.margins(check.margin, check.x) - check.margin, atol=1e-9)


def test_a_pick_is_doubted_by_what_all_the_others_say(units):
    head = head_of(60, 4)[0]
    apart = Linear(units, Sums.of(head, units)).without_itself(head)
    for number in (0, 17, 59):
        others = head.only(np.arange(60) != number)
        one = head.only(np.arange(60) == number)
        refitted = Linear(units, Sums.of(others, units)).margins(one.margin, one.x)
        assert apart[number] == pytest.approx(refitted[0], abs=1e-9)


def test_wrong_labels_come_first(units):
    head, turned = head_of(300, 5, wrong=0.1)
    order = np.argsort(-Linear(units, Sums.of(head, units)).doubts(head))
    assert turned[order[:60]].sum() > 0.6 * turned.sum()


def test_adapted_trees_say_what_the_line_says(units):
    trees = shipped().trees[KEY]
    rng = np.random.default_rng(6)
    spread = np.where(np.isfinite(units.unit[1:]), units.unit[1:], 0.0)
    x = units.mean[1:] + spread * rng.uniform(-1, 1, (50, len(INPUTS)))
    margin = np.clip(trees.margin(x), -4, 4)
    near = np.abs(trees.margin(x)) < 4
    head = Head(np.arange(50), margin, x, rng.random(50) < 0.3)
    model = Linear(units, Sums.of(head, units))
    np.testing.assert_allclose(model.of(trees).margin(x)[near], model.margins(margin, x)[near], atol=1e-6)


def test_doubts_name_recording_and_pick(units):
    rng = np.random.default_rng(8)
    picks = np.zeros(60, PICK)
    picks["tool"], picks["views"], picks["believed"] = b"suction", 4, (0.8, 0.8, 0.05, 0.0)
    picks["known"][:, 0], picks["happened"][:, 0] = True, True
    picks["features"]["mass"] = rng.uniform(0.1, 0.9, 60)
    picks["happened"][45, 0] = False
    first, second = doubted(shipped(), Recorded(picks, DualTool(), {"a": 40, "b": 20}, {}), 2)
    assert (first.recording, first.pick, first.tool, first.head, first.told) == ("b", 5, "suction", "acquire", False)
    assert first.expected > 0.5 and first.nats > second.nats


def test_every_head_gets_sums_of_its_own():
    head = head_of(30, 7)[0]
    models = linear(shipped(), {(Tool.PINCH, name): head for name in HEADS[:2]})
    assert set(models) == {(Tool.PINCH, "acquire"), (Tool.PINCH, "hold")}
    assert models[Tool.PINCH, "hold"].sums.matrix.shape == (COLUMNS, COLUMNS)
