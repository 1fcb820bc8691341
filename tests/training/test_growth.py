"""Trees grow on a head where its picks show what no line tells, and nowhere else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from grasping.quality.learned import INPUTS, shipped
from grasping.tools import Tool
from grasping.trees import Trees
from perception.pose import Array
from tests.support.site_picks import odds_of, picks_at
from training import adapt
from training.adapt import adapted
from training.boost import moved
from training.correction import deviance
from training.growth import ENOUGH, enough, grown_on

pytest.importorskip("sklearn")
KEY = Tool.SUCTION, "hold"
MASS, WIDTH = INPUTS.index("mass"), INPUTS.index("girth")


def drawn(count: int, seed: int, apart: float) -> tuple[Array, NDArray[np.bool_]]:
    """Inputs, and labels that a head tells rightly but for what depends on two inputs together."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(count, len(INPUTS)))
    margin = begun().margin(x) + apart * ((x[:, MASS] > 0) & (x[:, WIDTH] > 0))
    return x, rng.random(count) < 1 / (1 + np.exp(-margin))


def begun() -> Trees:
    """A line to start from, calibrated: its scale is worked into what is grown on it."""
    none = np.zeros(0)
    return Trees(none, none, none, none, none, none, 0.1, np.full(4, 0.3), scale=0.7, shift=0.2)


def grown(x: Array, label: NDArray[np.bool_]) -> Trees:
    parts = [np.arange(len(x)) % 4 == part for part in range(4)]
    return grown_on(x, label, lambda some: begun(), parts, 0.0, seed=0)


def surprise(trees: Trees, x: Array, label: NDArray[np.bool_]) -> float:
    return float(deviance(trees.margin(x), label, 0.0).mean())


def test_what_depends_on_two_inputs_together_is_found() -> None:
    found, fresh = grown(*drawn(1200, 0, apart=3.0)), drawn(4000, 1, apart=3.0)
    assert len(found.roots) > 0
    assert surprise(found, *fresh) < surprise(begun(), *fresh) - 0.05


def test_where_a_head_tells_right_it_is_left_alone_or_hardly_moved() -> None:
    fresh = drawn(4000, 9, apart=0.0)
    for seed in range(5):
        found = grown(*drawn(400, seed, apart=0.0))
        assert surprise(found, *fresh) < surprise(begun(), *fresh) + 0.02


def test_what_is_not_grown_is_what_it_starts_from() -> None:
    x, label = drawn(400, 0, apart=0.0)
    start = begun()
    assert grown_on(x, label, lambda some: start, [], 0.0, seed=0) is start


def test_few_picks_grow_nothing() -> None:
    label = np.arange(400) < ENOUGH - 1
    assert not enough(label) and not enough(~label) and enough(np.arange(400) < ENOUGH)


def test_a_site_where_two_things_together_decide_is_learned() -> None:
    picks, fresh = together(picks_at(0.0, 1600)), together(picks_at(0.0, 4000, seed=9))
    done = adapted(shipped(), picks, seed=0)
    assert done.better and done.heads[KEY].trees > 0
    before, after = (surprise_of(odds_of(weights, fresh)[:, 1], fresh) for weights in (shipped(), done.weights))
    assert after < before - 0.05


def test_without_scikit_learn_only_lines_move(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapt, "can_grow", lambda: False)
    done = adapted(shipped(), together(picks_at(0.0, 600)), seed=0)
    assert not any(head.trees for head in done.heads.values())


def test_trees_on_a_calibrated_head_begin_where_it_ends() -> None:
    x = np.random.default_rng(0).normal(size=(50, len(INPUTS)))
    np.testing.assert_allclose(moved(begun(), 1.0, 0.0).margin(x), begun().margin(x), atol=1e-12)
    assert replace(begun(), scale=1.0).margin(x) != pytest.approx(begun().margin(x))


def together(picks: NDArray[np.void]) -> NDArray[np.void]:
    """The same picks, of which cups hold the heavy and slim, and the light and wide."""
    found, f = picks.copy(), picks["features"]
    held = (f["mass"] > 0.6) ^ (f["girth"] > 0.06)
    cups = (picks["tool"] == b"suction") & picks["known"][:, 1]
    found["happened"][cups, 1] = held[cups]
    return found


def surprise_of(odds: Array, picks: NDArray[np.void]) -> float:
    cups = (picks["tool"] == b"suction") & picks["known"][:, 1]
    return float(-np.log(np.where(picks["happened"][cups, 1], odds[cups], 1 - odds[cups])).mean())
