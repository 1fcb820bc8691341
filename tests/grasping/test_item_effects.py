"""Item effects against direct integration, and what they must do whatever their size."""

from __future__ import annotations

import numpy as np
import pytest

from grasping.quality.item_effects import Effects, Tried, posterior
from grasping.quality.rates import ACQUIRE_EFFECTS

EFFECTS = Effects(item=1.5, way=2.0, site=1.0)
HERE, BESIDE, AWAY = np.zeros(3), np.array((0.02, 0.0, 0.0)), np.array((0.2, 0.0, 0.0))


def tried(*tries):
    odds, ways, places, succeeded = zip(*tries)
    return Tried(np.array(odds), np.array(ways), np.array(places), np.array(succeeded, bool))


def test_nothing_tried_changes_nothing():
    assert (
        EFFECTS.updated(0.37, "cup", HERE, Tried(np.zeros(0), np.array([]), np.zeros((0, 3)), np.zeros(0, bool)))
        == 0.37
    )


def test_what_items_do_not_share_tells_nothing():
    none = Effects(0.0, 0.0, 0.0)
    assert none.updated(0.6, "cup", HERE, tried((0.9, "cup", HERE, False))) == pytest.approx(0.6)


@pytest.mark.parametrize("odds", [0.3, 0.5, 0.8])
def test_failures_lower_and_successes_raise_most_where_most_is_shared(odds):
    after = lambda way, place, ended: EFFECTS.updated(odds, way, place, tried((0.7, "cup", HERE, ended)))
    assert after("cup", HERE, False) < after("cup", AWAY, False)
    assert after("cup", AWAY, False) < after("pads", HERE, False) < odds
    assert after("cup", HERE, True) > after("cup", AWAY, True) > after("pads", HERE, True) > odds


def test_a_surprise_tells_more():
    after = lambda believed: EFFECTS.updated(0.8, "cup", AWAY, tried((believed, "cup", HERE, False)))
    assert after(0.95) < after(0.5) < after(0.1) < 0.8


def test_the_order_of_tries_does_not_matter():
    tries = [(0.9, "cup", HERE, False), (0.4, "pads", BESIDE, True), (0.7, "cup", AWAY, False)]
    first, last = (EFFECTS.updated(0.8, "cup", BESIDE, tried(*some)) for some in (tries, tries[::-1]))
    assert first == pytest.approx(last, abs=1e-9)


def test_one_try_agrees_with_integrating_over_what_is_shared():
    """Means over latent values of both tries, by quadrature: what Laplace's and MacKay's approximations stand for."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    weights = weights / weights.sum()
    cov = EFFECTS.covariance(
        np.array(["cup", "pads"]), np.array([HERE, AWAY]), np.array(["cup", "pads"]), np.array([HERE, AWAY])
    )
    root = np.linalg.cholesky(cov)
    f = np.stack(np.meshgrid(nodes, nodes, indexing="ij"), axis=-1) @ root.T
    margins = EFFECTS.margins(np.array([0.8, 0.7]))
    failed, succeeds = 1 / (1 + np.exp(margins[0] + f[..., 0])), 1 / (1 + np.exp(-margins[1] - f[..., 1]))
    mass = weights[:, None] * weights[None]
    exact = (mass * failed * succeeds).sum() / (mass * failed).sum()
    assert EFFECTS.updated(0.7, "pads", AWAY, tried((0.8, "cup", HERE, False))) == pytest.approx(exact, abs=0.03)


def test_each_failure_lowers_the_odds_further_however_many_there_were():
    places = np.array([[0.0, 0, 0], [0.03, 0, 0], [-0.03, 0, 0], [0.03, 0, 0]] * 3)
    left = []
    for count in range(13):
        tried = Tried(np.full(count, 0.9), np.full(count, "cup"), places[:count], np.zeros(count, bool))
        left.append(ACQUIRE_EFFECTS.updated(0.9, "cup", np.zeros(3), tried))
    assert (np.diff(left) < 0).all()


def test_the_mode_is_where_prior_and_outcomes_pull_alike():
    rng = np.random.default_rng(0)
    for count in (1, 4, 12):
        places, ways = rng.normal(0, 0.03, (count, 3)), np.full(count, "cup")
        prior, margins = ACQUIRE_EFFECTS.covariance(ways, places, ways, places), rng.normal(3, 1, count)
        succeeded = np.zeros(count, bool)
        found = posterior(margins, succeeded, prior)
        chance = 1 / (1 + np.exp(-(prior @ found.weights + margins)))
        np.testing.assert_allclose(found.weights, succeeded - chance, atol=1e-4)
