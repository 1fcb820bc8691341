"""Planted item effects are found again."""

from __future__ import annotations

import numpy as np
import pytest

from training.item_effects import item_effects
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


@pytest.mark.parametrize(("item", "way"), [(0.0, 0.0), (4.0, 0.0), (0.0, 6.0)])
def test_planted_variances_are_found_again(item: float, way: float) -> None:
    rows = outcomes(item, way, np.random.default_rng(7))
    even, every = np.full((len(rows), 4), 0.5), np.ones(len(rows), bool)
    found = item_effects(rows, even, every, seed=0)["acquire"]
    assert found.effects.item == pytest.approx(item, abs=0.5 + 0.5 * item)
    assert found.effects.way == pytest.approx(way, abs=0.7 + 0.5 * way)
    assert found.nats > 5 if item + way else found.nats < 3
