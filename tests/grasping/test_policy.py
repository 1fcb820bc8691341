"""Policies give odds behind one protocol, and what is wrong with them is told by name."""

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.support.scenes import box, make_scene
from grasping.grasp import Odds
from grasping.policy import DEFAULT, Policy
from grasping.propose import propose
from grasping.quality import learned
from grasping.quality.contact_quality import ContactQuality
from grasping.quality.learned import HEADS, LearnedQuality, Weights, WeightsError, quality_of
from grasping.quality.trees import Trees
from grasping.tools import DualTool, Tool
from sim.plan import PolicyError, SimPlan

BASES = dict(zip(HEADS, (1.0, 2.0, -3.0, -2.0)))


def constant(base: float) -> Trees:
    none = np.zeros(0)
    return Trees(none, none, none, none, none, none, base)


@pytest.fixture
def scene():
    return make_scene([box((0.0, 0.0, 0.05), (0.12, 0.09, 0.1), (0, 0, 0))])


def test_the_analytic_policy_is_contact_mechanics() -> None:
    contact = ContactQuality(DualTool())
    assert quality_of(Policy.ANALYTIC, contact) is contact


def test_learned_odds_are_those_of_the_weights(scene) -> None:
    weights = Weights({(tool, head): constant(BASES[head]) for tool in Tool for head in HEADS})
    found = propose(scene, DualTool(), frozenset(Tool), LearnedQuality(weights), combined=False)
    assert {grasp.tool for grasp in found} == set(Tool)
    sure = {head: 1 / (1 + np.exp(-base)) for head, base in BASES.items()}
    for grasp in found:
        told = Odds(sure["acquire"], sure["hold"], sure["damage"] / sure["acquire"], sure["return"] * grasp.probe)
        np.testing.assert_allclose(grasp.odds.acquire, told.acquire)
        np.testing.assert_allclose(grasp.odds.damage, told.damage)
        assert grasp.odds.hold + grasp.odds.returned <= 1 + 1e-9


def test_the_shipped_weights_are_whole_and_small_and_have_a_card(scene) -> None:
    folder = Path(learned.__file__).parent / "data"
    card = json.loads((folder / "card.json").read_text())
    assert card["known"] > 0 and card["limits"] and not set(card["never_seen_families"]) & set(card["known_families"])
    assert (folder / learned.SHIPPED).stat().st_size < 5e6
    quality = quality_of(Policy.LEARNED, ContactQuality(DualTool()))
    found = propose(scene, DualTool(), frozenset(Tool), quality, combined=False)
    assert {grasp.tool for grasp in found} == set(Tool)
    for grasp in found:
        assert 0 < grasp.odds.acquire < 1 and 0 <= grasp.odds.damage <= 1


def test_weights_that_are_not_there_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learned, "SHIPPED", "none.safetensors")
    learned.shipped.cache_clear()
    with pytest.raises(WeightsError, match="whole file of weights"):
        quality_of(Policy.LEARNED, ContactQuality(DualTool()))
    learned.shipped.cache_clear()


def test_another_policy_is_refused_by_name() -> None:
    SimPlan().check()
    with pytest.raises(PolicyError, match="learned, analytic"):
        SimPlan(policy="luck").check()
    assert SimPlan().policy == DEFAULT.value
    assert SimPlan(policy="learned").config()["policy"] == "learned"
