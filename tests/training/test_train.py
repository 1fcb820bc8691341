"""Training finds what decides outcomes, keeps families apart, and its weights say the same everywhere."""

import json

import numpy as np
import pytest

from grasping.quality.learned import INPUTS, Weights, WeightsError, inputs, learned_odds
from grasping.quality.trees import Trees
from grasping.tools import Tool
from training.boost import exported, fit
from training.card import odds_of, table
from training.errors import FamilyError
from training.metrics import advantage, chosen, score, scores
from training.outcomes import OUTCOME, Origin, write_shard
from training.split import split
from training.train import train

pytest.importorskip("sklearn")

FAMILIES = (b"carton", b"can", b"shirt", b"plush", b"pen")
SUCCESS = 0.9, 0.2  # of a flat place, and of one that leaks; contact mechanics believes in 0.6 everywhere


def made_up(count=4000, seed=0):
    """Outcomes that a single feature decides."""
    rng = np.random.default_rng(seed)
    rows = np.zeros(count, OUTCOME)
    rows["bin"], rows["state"], rows["views"] = np.arange(count) // 40, np.arange(count) // 8 % 5, 4
    rows["family"] = np.array(FAMILIES)[rng.integers(0, len(FAMILIES), count)]
    rows["tool"] = np.where(rng.random(count) < 0.5, b"suction", b"pinch")
    leaks = rng.random(count) < 0.5
    rows["features"]["gap"] = np.where(leaks, 1e-3, 1e-5) * rng.uniform(0.5, 1.5, count)
    rows["features"]["mass"] = rng.uniform(0.1, 0.9, count)
    rows["acquired"] = rng.random(count) < np.where(leaks, SUCCESS[1], SUCCESS[0])
    rows["held"] = rows["acquired"] & (rng.random(count) < 0.8)
    rows["damage"] = rows["acquired"] & (rng.random(count) < 0.1)
    rows["believed"] = 0.6, 0.8, 0.1, 0.0
    return rows


@pytest.fixture(scope="module")
def trained():
    rows = made_up()
    parts = split(rows, 0)
    return rows, parts, fit(rows, parts, 0)


def test_bins_and_families_never_cross(trained):
    rows, parts, _ = trained
    masks = parts.grown, parts.calibrated, parts.judged, parts.unseen
    assert sum(mask.sum() for mask in masks) == len(rows) and min(mask.sum() for mask in masks) > 0
    bins = [set(rows["bin"][mask]) for mask in masks[:3]]
    assert not (bins[0] & bins[1] or bins[0] & bins[2] or bins[1] & bins[2])
    seen = {name.decode() for name in rows["family"][~parts.unseen]}
    assert len(parts.families) == 2 and not seen & set(parts.families)


def test_it_finds_what_decides_and_is_calibrated(trained):
    rows, parts, weights = trained
    odds = odds_of(weights, rows)
    learned, contact = (scores(rows, some, parts.judged) for some in (odds, rows["believed"]))
    for tool in Tool:
        name = f"{tool.value} acquire"
        assert learned[name].brier < contact[name].brier - 0.03
        assert learned[name].ece < 0.12
    assert (odds >= 0).all() and (odds <= 1).all() and (odds[:, 1] + odds[:, 3] <= 1 + 1e-9).all()
    mean, low, _ = advantage(rows, odds, rows["believed"], parts.judged | parts.unseen, 0)
    assert mean > 0 and low > 0
    assert chosen(rows, odds, parts.judged).regret < chosen(rows, rows["believed"], parts.judged).regret


def test_trees_as_arrays_say_what_the_library_says():
    from sklearn.ensemble import HistGradientBoostingClassifier

    rng = np.random.default_rng(0)
    x = rng.normal(size=(500, 6))
    model = HistGradientBoostingClassifier(max_iter=20, random_state=0).fit(x, x[:, 0] * x[:, 1] > 0.1)
    fresh = rng.normal(size=(300, 6))
    np.testing.assert_allclose(exported(model).raw(fresh), model.decision_function(fresh), atol=1e-12)


def test_weights_are_read_as_they_were_written(tmp_path, trained):
    rows, _, weights = trained
    path = tmp_path / "quality.npz"
    weights.save(path)
    assert path.stat().st_size < 3e6
    read, some = Weights.load(path), rows[:50]
    for tool in Tool:
        a, b = (learned_odds(w, tool, some["features"], some["believed"]) for w in (weights, read))
        assert (a == b).all()


@pytest.mark.parametrize(
    "change, told",
    [
        (lambda about, arrays: about.update(version=0), "version 1"),
        (lambda about, arrays: about["inputs"].reverse(), "for the inputs"),
        (lambda about, arrays: arrays["suction.hold.value"].__imul__(2), "changed after"),
        (lambda about, arrays: arrays.clear(), "changed after"),
    ],
)
def test_other_weights_are_refused_by_name(tmp_path, trained, change, told):
    path = tmp_path / "quality.npz"
    trained[2].save(path)
    with np.load(path) as file:
        about, arrays = json.loads(str(file["about"])), {n: file[n].copy() for n in file.files if n != "about"}
    change(about, arrays)
    np.savez(path, about=np.array(json.dumps(about)), **arrays)
    with pytest.raises(WeightsError, match=told):
        Weights.load(path)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(WeightsError, match="whole file"):
        Weights.load(path)
    with pytest.raises(WeightsError, match="whole file"):
        Weights.load(tmp_path / "none.npz")


def test_one_family_is_not_enough():
    rows = made_up(200)
    rows["family"] = b"carton"
    with pytest.raises(FamilyError, match="common families"):
        split(rows, 0)


def test_the_same_outcomes_and_seed_give_the_same_weights(tmp_path):
    (tmp_path / "data").mkdir()
    write_shard(tmp_path / "data" / "a.npz", Origin("mixed", 0, 0, 4000), made_up())
    (first, card), (second, _) = (train(tmp_path / "data", tmp_path / name, 0) for name in ("a", "b"))
    assert first.read_bytes() == second.read_bytes()
    assert json.loads((tmp_path / "a" / "card.json").read_text()) == json.loads(json.dumps(card))
    assert "suction acquire" in table(card)


def test_a_score_of_perfect_odds_is_nought():
    label = np.array([True, False, True, False])
    perfect = score(label.astype(float), label)
    assert (perfect.brier, perfect.ece) == (0.0, 0.0)


def test_inputs_are_in_their_order():
    rows = made_up(3)
    x = inputs(rows["features"], rows["believed"])
    assert x.shape == (3, len(INPUTS))
    np.testing.assert_array_equal(x[:, INPUTS.index("gap")], rows["features"]["gap"])
    np.testing.assert_array_equal(x[:, INPUTS.index("believed_hold")], rows["believed"][:, 1])


def test_a_constant_head_is_its_log_odds():
    trees = Trees(*(np.zeros(0) for _ in range(6)), base=0.0, scale=2.0, shift=1.0)
    np.testing.assert_allclose(trees.probability(np.zeros((2, 3))), 1 / (1 + np.exp(-1.0)))
