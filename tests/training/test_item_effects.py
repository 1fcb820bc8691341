"""Planted item effects are found again."""

from __future__ import annotations

import numpy as np
import pytest

from grasping.quality.item_effects import Effects, Tried
from training.item_effects import item_effects, others_surprise
from training.outcomes import OUTCOME

LOOKS, EACH = 160, 4


def outcomes(item: float, way: float, rng: np.random.Generator) -> np.ndarray:
    """Tries of one item a look, by two tools, all believed to succeed as often as not."""
    rows = np.zeros(LOOKS * EACH, OUTCOME)
    look = np.repeat(np.arange(LOOKS), EACH)
    rows["bin"], rows["views"], rows["skill"] = look, 4, b"lift"
    tool = np.tile([0, 1], len(rows) // 2)
    rows["tool"] = np.array([b"suction", b"pinch"])[tool]
    rows["T_base_tool"][:, :3, 3] = rng.uniform(-0.3, 0.3, (len(rows), 3))
    latent = (
        np.sqrt(item) * rng.standard_normal(LOOKS)[look] + np.sqrt(way) * rng.standard_normal((LOOKS, 2))[look, tool]
    )
    rows["acquired"] = rng.random(len(rows)) < 1 / (1 + np.exp(-latent))
    rows["held"] = rows["acquired"]
    return rows


@pytest.mark.parametrize(("item", "way"), [(4.0, 0.0), (0.0, 6.0)])
def test_planted_variances_are_found_again(item: float, way: float) -> None:
    """Up to a factor of two: by Laplace's approximation, greater ones tell best."""
    rows = outcomes(item, way, np.random.default_rng(7))
    found = item_effects(rows, np.full((len(rows), 4), 0.5), np.ones(len(rows), bool))["acquire"]
    assert item <= found.effects.item <= 2 * item + 2
    assert way <= found.effects.way <= 2 * way + 2
    assert found.nats > 0.05


def test_where_nothing_is_shared_next_to_nothing_is_told() -> None:
    rows = outcomes(0.0, 0.0, np.random.default_rng(7))
    assert item_effects(rows, np.full((len(rows), 4), 0.5), np.ones(len(rows), bool))["acquire"].nats < 0.01


def test_one_posterior_tells_what_leaving_out_each_try_does() -> None:
    rng, effects = np.random.default_rng(3), Effects(3.0, 2.0, 1.0)
    for _ in range(20):
        odds, ways = rng.uniform(0.3, 0.95, 5), rng.choice(["cup", "pads"], 5)
        places, succeeded = rng.normal(0, 0.04, (5, 3)), rng.random(5) < 0.6
        quick = others_surprise(effects, Tried(odds, ways, places, succeeded))
        for i in range(5):
            rest = np.arange(5) != i
            others = Tried(odds[rest], ways[rest], places[rest], succeeded[rest])
            told = effects.updated(odds[i], ways[i], places[i], others)
            assert np.exp(-quick[i]) == pytest.approx(told if succeeded[i] else 1 - told, abs=0.05)
