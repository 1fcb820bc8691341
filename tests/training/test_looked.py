"""Tries are told anew: the same beliefs give the features that they had, others move only what they tell."""

import numpy as np
import pytest

from sim.render.renderer import make_renderer
from training import looked
from training.emptying import emptied
from training.looked import features_now
from training.outcomes import Origin

TOLD = {"mass", "mass_spread", "bookish", "card", "centre_x", "centre_y", "centre_z", "centre_radius"}


@pytest.fixture(scope="module")
def outcomes():
    renderer = make_renderer()
    yield emptied(Origin("books", 3, 0, 24), renderer)
    renderer.close()


def test_by_the_same_beliefs_features_are_those_that_were_tried(outcomes):
    assert len(outcomes) > 20 and outcomes["clues"].any(axis=1).all()
    assert features_now(outcomes).tobytes() == outcomes["features"].tobytes()


def test_by_other_beliefs_middles_go_the_way_of_what_is_hidden_and_nothing_else_changes(outcomes, monkeypatch):
    further = lambda x, heads: {**TELL(x, heads), "mass": np.full(len(x), 0.5), "aside": outcomes["aside"] + 0.03}
    TELL = looked.told
    monkeypatch.setattr(looked, "told", further)
    was, now = outcomes["features"], features_now(outcomes)
    assert (now["mass"] == 0.5).all()
    for name in set(was.dtype.names) - TOLD:
        assert now[name].tobytes() == was[name].tobytes()
    centre = lambda rows: np.column_stack([rows[f"centre_{axis}"] for axis in "xyz"])
    moved = centre(now) - centre(was)
    lifted = (was["spine_at"] == 0) & (outcomes["skill"] != b"tip")
    np.testing.assert_allclose(moved[lifted], 0.03 * outcomes["way"][lifted], atol=1e-12)
    assert np.linalg.norm(moved[lifted], axis=1).max() == pytest.approx(0.03)
    assert (moved[outcomes["skill"] == b"tip"] == 0).all()


def test_where_nothing_is_kept_of_looks_features_stay(outcomes):
    blind = outcomes.copy()
    blind["clues"], blind["features"]["mass"] = 0, 0.123
    assert (features_now(blind)["mass"] == 0.123).all()
