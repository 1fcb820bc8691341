"""Policies give odds behind one protocol, and what is wrong with them is told by name."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from benchmarks.support.scenes import box, make_scene
from grasping.beliefs.belief import believe_all
from grasping.grasp import Odds
from grasping.policy import DEFAULT, PolicyError, policy_name
from grasping.propose import judged, propose
from grasping.quality import learned
from grasping.quality.contact_quality import ContactQuality
from grasping.quality.learned import HEADS, LearnedQuality, Weights, WeightsError, of_tips
from grasping.quality.policies import digest_of, quality_of
from grasping.tools import DualTool, SuctionCup, Tool
from grasping.trees import Trees
from sim.plan import SimPlan

BASES = dict(zip(HEADS, (1.0, 2.0, -3.0, -2.0)))


OWN = """
import numpy as np

class Mine:
    def __call__(self, scene, candidates):
        return np.full((len(candidates), 4), 0.25)

class Asking:
    def __init__(self, weights): ...

class Nested:
    flat = staticmethod(lambda scene, candidates: np.zeros(3))
    words = staticmethod(lambda scene, candidates: "likely")
    nothing = staticmethod(lambda scene, candidates: np.full((len(candidates), 4), np.nan))
    certain = staticmethod(lambda scene, candidates: np.full((len(candidates), 4), 1.5))

number = 3
"""


def constant(base: float) -> Trees:
    none = np.zeros(0)
    return Trees(none, none, none, none, none, none, base)


@pytest.fixture
def scene():
    return make_scene([box((0.0, 0.0, 0.05), (0.12, 0.09, 0.1), (0, 0, 0))])


def test_odds_are_learned_by_default_with_the_tool_that_weights_know() -> None:
    known, other = DualTool(), DualTool(cup=SuctionCup(radius=0.01))
    assert isinstance(quality_of(DEFAULT, ContactQuality(known)), LearnedQuality)
    contact = ContactQuality(other)
    assert quality_of(DEFAULT, contact) is contact
    assert isinstance(quality_of("learned", contact), LearnedQuality)


def test_the_analytic_policy_is_contact_mechanics() -> None:
    contact = ContactQuality(DualTool())
    assert quality_of("analytic", contact) is contact


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
    quality = quality_of("learned", ContactQuality(DualTool()))
    found = propose(scene, DualTool(), frozenset(Tool), quality, combined=False)
    assert {grasp.tool for grasp in found} == set(Tool)
    for grasp in found:
        assert 0 < grasp.odds.acquire < 1 and 0 <= grasp.odds.damage <= 1


def test_weights_that_are_not_there_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learned, "SHIPPED", "none.safetensors")
    learned.shipped.cache_clear()
    with pytest.raises(WeightsError, match="whole file of weights"):
        quality_of("learned", ContactQuality(DualTool()))
    learned.shipped.cache_clear()


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Modules of somebody else in the current folder, which Python forgets afterwards."""
    (tmp_path / "some_policy.py").write_text(OWN)
    (tmp_path / "some_wreck.py").write_text("1 / 0")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield
    for name in ("some_policy", "some_wreck"):
        sys.modules.pop(name, None)


def test_a_policy_of_somebody_else_is_found_in_the_current_folder(own, scene) -> None:
    for policy in ("some_policy:Mine", lambda scene, candidates: np.full((len(candidates), 4), 0.25)):
        quality = quality_of(policy, ContactQuality(DualTool()))
        found = propose(scene, DualTool(), frozenset(Tool), quality, combined=False)
        assert found and {grasp.odds for grasp in found} == {Odds(0.25, 0.25, 0.25, 0.25)}


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        ("nowhere_at_all:Mine", r"a module 'nowhere_at_all' in .*got ModuleNotFoundError"),
        ("some_wreck:Mine", "got ZeroDivisionError: division by zero"),
        ("some_policy:Yours", "expected 'Yours' in the module, which has np, Mine, Asking, Nested, number"),
        ("some_policy:Asking", "made with no arguments, got TypeError"),
        ("some_policy:number", r"called with \(scene, candidates\), got a int"),
        ("some_policy:Nested.flat", r"expected an array of shape \(\d+, 4\).*got one of shape \(3,\)"),
        ("some_policy:Nested.words", "got 'likely'"),
        ("some_policy:Nested.nothing", "got nan for acquire of candidate 0"),
        ("some_policy:Nested.certain", "got 1.5 for acquire of candidate 0"),
    ],
)
def test_what_gives_no_odds_is_refused_by_name(policy: str, said: str, own, scene) -> None:
    with pytest.raises(PolicyError, match=f"policy '{policy}': .*{said}"):
        propose(scene, DualTool(), frozenset(Tool), quality_of(policy, ContactQuality(DualTool())))


def test_a_run_refuses_such_a_policy_before_any_work(own) -> None:
    SimPlan(policy="some_policy:Mine").check()
    with pytest.raises(PolicyError, match="got nan for acquire"):
        SimPlan(policy="some_policy:Nested.nothing").check()
    with pytest.raises(WeightsError, match=r"mine\.safetensors: expected a whole file of weights"):
        SimPlan(policy="mine.safetensors").check()


def test_a_file_of_weights_is_a_policy(scene, tmp_path: Path) -> None:
    weights = Weights({(tool, head): constant(BASES[head]) for tool in Tool for head in HEADS})
    weights.save(tmp_path / "mine.safetensors")
    qualities = quality_of(str(tmp_path / "mine.safetensors"), ContactQuality(DualTool())), LearnedQuality(weights)
    found = [propose(scene, DualTool(), frozenset(Tool), quality, combined=False) for quality in qualities]
    assert [grasp.odds for grasp in found[0]] == [grasp.odds for grasp in found[1]]


def test_an_edit_of_a_policy_is_noticed(own, tmp_path: Path) -> None:
    file = tmp_path / "mine.safetensors"
    told = []
    for base in (1.0, 2.0):
        Weights({(tool, head): constant(base) for tool in Tool for head in HEADS}).save(file)
        (tmp_path / "some_policy.py").write_text(f"{OWN}\nbase = {base}")
        told.append([digest_of(policy) for policy in (str(file), "some_policy:Mine", "learned", "analytic")])
    assert [first == second for first, second in zip(*told)] == [False, False, True, True]


@pytest.mark.parametrize("text", ["luck", "a/b:Mine", ":Mine", "mine:", "mine:Mine:more", "mine:3"])
def test_what_names_no_policy_is_refused(text: str) -> None:
    with pytest.raises(PolicyError, match="learned, analytic"):
        policy_name(text)


def test_a_plan_names_its_policy() -> None:
    assert SimPlan().policy == DEFAULT
    with pytest.raises(PolicyError, match="learned, analytic"):
        SimPlan(policy="luck").check()
    config = SimPlan(policy="learned").config()
    assert config["policy"] == "learned" and len(str(config["policy_digest"])) == 64


def test_what_is_tipped_first_is_judged_by_its_own_weights_where_there_are_any(scene) -> None:
    told = {head: constant(BASES[head]) for head in HEADS}
    weights = Weights({(tool, head): constant(0.0) for tool in Tool for head in HEADS}, tips=told)
    contact = ContactQuality(DualTool())
    candidates, odds = judged(Tool.PINCH, scene, DualTool(), believe_all(scene), contact)
    np.testing.assert_allclose(
        of_tips(LearnedQuality(weights, contact))(scene, candidates)[:, 0], 1 / (1 + np.exp(-BASES["acquire"]))
    )
    plain = of_tips(LearnedQuality(Weights(weights.trees), contact))(scene, candidates)
    np.testing.assert_allclose(plain, of_tips(contact)(scene, candidates))
    assert 0 < plain[:, 0].max() < odds[:, 0].max()
