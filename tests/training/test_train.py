"""Training finds what decides outcomes, keeps families apart, and its weights say the same everywhere."""

import json

import numpy as np
import pytest

from grasping.quality.learned import HEADS, INPUTS, Weights, WeightsError, inputs, learned_odds
from grasping.tools import Tool
from grasping.trees import Trees
from perception.tensors import read_tensors, write_tensors
from sim.damage.ledger import Cause
from training import boost
from training.boost import Start, constant, cut, exported, fit, grown, labels, line, moved, refitted
from training.card import odds_of, table
from training.errors import FamilyError, OverlapError, ToolError
from training.metrics import policies, score, scores, surprise, worth
from training.outcomes import OUTCOME, Origin, mask, write_shard
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
    rows["damage"] = rows["acquired"] & (rng.random(count) < 0.02)
    rows["believed"] = 0.6, 0.8, 0.1, 0.0
    return rows


@pytest.fixture(scope="module")
def trained():
    rows = made_up(2400)
    parts = split(rows, 0)
    return rows, parts, *fit(rows, parts, 0)


def test_bins_and_families_never_cross(trained):
    rows, parts, _, _ = trained
    for grow, check in parts.folds():
        assert not set(rows["bin"][grow]) & set(rows["bin"][check])
        assert min(grow.sum(), check.sum()) > 0
    seen = {name.decode() for name in rows["family"][parts.known]}
    assert len(parts.families) == 2 and not seen & set(parts.families)


def test_families_that_only_the_suite_for_that_has_are_those_never_seen():
    rows = made_up(400)
    strange = rows["bin"] % 5 == 0
    rows["family"][strange] = b"hammer"
    rows["family"][np.flatnonzero(strange)[::3]] = b""
    parts = split(rows, 0)
    assert parts.families == ("hammer",)
    assert not parts.known[strange].any() and parts.known[~strange].all()


def test_it_finds_what_decides_and_is_calibrated(trained):
    rows, parts, _, odds = trained
    learned, contact = (scores(rows, some, parts.known) for some in (odds, rows["believed"]))
    for tool in Tool:
        name = f"{tool.value} acquire"
        assert learned[name].brier < contact[name].brier - 0.03
        assert learned[name].ece < 0.1  # of groups of 68
    assert (odds >= 0).all() and (odds <= 1).all() and (odds[:, 1] + odds[:, 3] <= 1 + 1e-9).all()
    by = policies(rows, odds, parts.known, 0)
    assert by["analytic"].learned_more[1] > 0
    assert by["best"].regret == 0 <= by["learned"].regret < by["analytic"].regret
    assert by["learned"].learned_more == (0.0, 0.0, 0.0)


def test_what_slipped_as_it_bowed_says_nothing_of_a_hold():
    rows = made_up(3)
    rows["acquired"], rows["held"], rows["damage"] = True, False, 0
    rows["strict_damage"] = mask([Cause.BOW]), mask([Cause.SQUEEZE]), 0
    _, asked = labels(rows, "hold")
    assert asked.tolist() == [False, True, True]
    assert all(labels(rows, head)[1].all() for head in ("acquire", "damage"))


def test_what_is_tipped_first_is_learned_apart(tmp_path):
    rows = made_up(2400)
    tips = (rows["tool"] == b"pinch") & (np.arange(2400) % 2 == 0)
    rows["skill"][tips] = b"tip"
    rows["held"][tips] = False  # what was acquired is always lost
    weights, odds = fit(rows, split(rows, 0), 0)
    known = split(rows, 0).known
    assert odds[tips & known, 1].max() < 0.2 < 0.6 < odds[~tips & known, 1].mean()
    weights.save(tmp_path / "w.safetensors")
    again = Weights.load(tmp_path / "w.safetensors")
    assert set(again.tips) == set(HEADS)
    np.testing.assert_allclose(odds_of(again, rows), odds_of(weights, rows))
    assert odds_of(again, rows)[tips, 1].max() < 0.2
    few = made_up(400, seed=3)
    few["bin"] += 1000
    assert fit(few, split(few, 0), 0, weights)[0].tips is weights.tips
    older = Weights(weights.trees)
    older.save(tmp_path / "older.safetensors")
    assert not Weights.load(tmp_path / "older.safetensors").tips
    np.testing.assert_allclose(odds_of(older, rows)[tips], rows["believed"][tips])


def test_a_tool_alone_brings_nothing_where_it_has_no_grasp():
    rows = made_up(4)
    rows["bin"], rows["state"], rows["tool"], rows["acquired"], rows["held"], rows["damage"] = 0, 0, b"pinch", 1, 1, 0
    by = policies(rows, rows["believed"], np.ones(4, bool), 0)
    assert (by["suction"].worth, by["suction"].success) == (0.0, 0.0)
    assert by["pinch"].worth == by["suction first"].worth == by["best"].worth == pytest.approx(1.3)


def test_what_a_miss_damages_counts():
    rows = made_up(1)
    rows["acquired"], rows["held"], rows["harm"] = False, False, 1
    assert worth(rows) == -6.0
    trees = {(tool, head): constant(np.zeros(8, bool)) for tool in Tool for head in HEADS}
    even = np.arange(8) % 2 == 0
    trees |= {(tool, head): constant(even) for tool in Tool for head in ("acquire", "damage")}
    odds = learned_odds(Weights(trees), Tool.PINCH, rows["features"], rows["views"], rows["believed"])
    assert odds[0, 0] * odds[0, 2] == pytest.approx(0.5)


def test_trees_as_arrays_say_what_the_library_says():
    from sklearn.ensemble import GradientBoostingClassifier

    rng = np.random.default_rng(0)
    x = rng.normal(size=(500, 6)).astype(np.float32)
    label = x[:, 0] * x[:, 1] > 0.1
    fresh = rng.normal(size=(300, 6))
    start = line(x, label, 0)
    for _ in range(2):  # on a line, and then on trees
        model = GradientBoostingClassifier(init=Start(start), n_estimators=20, random_state=0).fit(x, label)
        start = exported(model, start)
        np.testing.assert_allclose(start.raw(fresh), model.decision_function(fresh), atol=1e-6)


def test_moved_trees_are_their_margin_scaled_and_shifted(trained):
    rows, _, weights, _ = trained
    x = inputs(rows["features"], rows["views"], rows["believed"])
    for old in weights.trees.values():
        np.testing.assert_allclose(moved(old, 0.7, -0.2).margin(x), 0.7 * old.margin(x) - 0.2, atol=1e-9)


def test_trees_that_are_cut_off_are_those_that_were_grown_last(trained):
    rows, _, weights, _ = trained
    x, whole = inputs(rows["features"], rows["views"], rows["believed"]), weights.trees[Tool.SUCTION, "acquire"]
    some = grown(x[:300], rows["acquired"][:300], 0, 0, whole)
    assert len(some.roots) > len(whole.roots) > 0
    kept = cut(some, len(whole.roots), 0.5)
    assert len(kept.roots) == len(whole.roots) + round((len(some.roots) - len(whole.roots)) / 2)
    assert len(kept.feature) == some.roots[len(kept.roots)]
    np.testing.assert_array_equal(cut(some, len(whole.roots), 1.0).raw(x), some.raw(x))
    bare, refit = cut(some, len(whole.roots), 0.0), refitted(whole, x[:300], rows["acquired"][:300])
    np.testing.assert_allclose(bare.raw(x), refit.raw(x))


def test_what_only_tells_bins_apart_is_hardly_learned(monkeypatch):
    """Outcomes of a bin are alike, and an input tells the bins, but nothing of other ones."""
    rng, rows = np.random.default_rng(0), made_up(1200)
    lucky = rng.random(rows["bin"].max() + 1)
    rows["features"]["gap"], rows["features"]["mass"] = rng.random(1200), rng.random(len(lucky))[rows["bin"]]
    rows["acquired"] = rng.random(1200) < lucky[rows["bin"]]
    rows["held"], parts = rows["acquired"], split(rows, 0)
    told = []
    for kept in (boost.KEPT, (1.0,)):
        monkeypatch.setattr(boost, "KEPT", kept)
        told.append(dict(surprise(rows, fit(rows, parts, 0)[1], parts.known))["acquire"])
    share = rows["acquired"].mean()
    nothing = -(share * np.log(share) + (1 - share) * np.log(1 - share))
    assert told[0] <= told[1] and told[0] < nothing + 0.01


def test_what_is_grown_on_older_trees_needs_fewer_outcomes(trained):
    """A few outcomes of a hand that slips more often: better than the old weights, and than none before."""
    _, _, weights, _ = trained
    slips = lambda seed, count: moist(made_up(count, seed), seed)
    few, judge = slips(5, 240), slips(6, 4000)
    columns = lambda rows: inputs(rows["features"], rows["views"], rows["believed"])
    old, own = weights.trees[Tool.PINCH, "acquire"], few["tool"] == b"pinch"
    new = grown(columns(few)[own], few["acquired"][own], 0, 0, old)
    alone = grown(columns(few)[own], few["acquired"][own], 0, 0)
    mine = judge["tool"] == b"pinch"
    surprise = [
        float(np.mean(np.logaddexp(0, np.where(judge["acquired"], -1, 1) * trees.margin(columns(judge)))[mine]))
        for trees in (new, old, alone)
    ]
    assert surprise[0] < min(surprise[1:]) - 0.01, surprise


def moist(rows, seed):
    rows["acquired"] &= np.random.default_rng(seed).random(len(rows)) < 0.7
    return rows


def test_weights_are_read_as_they_were_written(tmp_path, trained):
    rows, _, weights, _ = trained
    path = tmp_path / "quality.safetensors"
    weights.save(path)
    assert path.stat().st_size < 3e6
    read, some = Weights.load(path), rows[:50]
    for tool in Tool:
        a, b = (learned_odds(w, tool, some["features"], some["views"], some["believed"]) for w in (weights, read))
        assert (a == b).all()


@pytest.mark.parametrize(
    "change, told",
    [
        (lambda about, arrays: about.update(version="0"), "version 1"),
        (lambda about, arrays: about.update(inputs=json.dumps(INPUTS[::-1])), "for the inputs"),
        (lambda about, arrays: arrays["suction.acquire.value"].__imul__(2), "changed after"),
        (lambda about, arrays: arrays.clear(), "changed after"),
    ],
)
def test_other_weights_are_refused_by_name(tmp_path, trained, change, told):
    path = tmp_path / "quality.safetensors"
    trained[2].save(path)
    arrays, about = read_tensors(path)
    arrays = {name: array.copy() for name, array in arrays.items()}
    change(about, arrays)
    write_tensors(path, arrays, about)
    with pytest.raises(WeightsError, match=told):
        Weights.load(path)


def test_weights_that_are_cut_short_or_changed_by_a_byte_are_refused_by_name(tmp_path, trained):
    path = tmp_path / "quality.safetensors"
    trained[2].save(path)
    whole = path.read_bytes()
    changed = bytearray(whole)
    changed[-5] ^= 1
    for data, told in ((whole[:100], "whole file"), (whole[:-8], "whole file"), (bytes(changed), "changed after")):
        path.write_bytes(data)
        with pytest.raises(WeightsError, match=told):
            Weights.load(path)
    with pytest.raises(WeightsError, match="whole file"):
        Weights.load(tmp_path / "none.safetensors")


def test_one_family_is_not_enough():
    rows = made_up(200)
    rows["family"] = b"carton"
    with pytest.raises(FamilyError, match="common families"):
        split(rows, 0)


def test_the_same_outcomes_and_seed_give_the_same_weights(tmp_path):
    (tmp_path / "data").mkdir()
    rows = made_up(400)
    for number in np.unique(rows["bin"]):
        origin = Origin("mixed", 0, int(number), 40)
        write_shard(tmp_path / "data" / f"{number}.npz", origin, rows[rows["bin"] == number])
    (first, card), (second, _) = (train([tmp_path / "data"], tmp_path / name, 0) for name in ("a", "b"))
    assert first.read_bytes() == second.read_bytes()
    assert json.loads((tmp_path / "a" / "card.json").read_text()) == json.loads(json.dumps(card))
    assert "suction acquire" in table(card)


def test_a_score_of_perfect_odds_is_nought():
    label = np.array([True, False, True, False])
    perfect = score(label.astype(float), label)
    assert (perfect.brier, perfect.ece) == (0.0, 0.0)


def test_inputs_are_in_their_order():
    rows = made_up(3)
    x = inputs(rows["features"], rows["views"], rows["believed"])
    assert x.shape == (3, len(INPUTS))
    np.testing.assert_array_equal(x[:, INPUTS.index("gap")], rows["features"]["gap"])
    np.testing.assert_allclose(x[:, INPUTS.index("believed_hold")], np.log(0.8 / 0.2))


def test_a_constant_head_is_its_log_odds():
    trees = Trees(*(np.zeros(0) for _ in range(6)), base=0.0, scale=2.0, shift=1.0)
    np.testing.assert_allclose(trees.probability(np.zeros((2, 3))), 1 / (1 + np.exp(-1.0)))


def two_folders(folder):
    """Outcomes of two seeds."""
    for name, seed in (("one", 0), ("more", 1)):
        (folder / name).mkdir()
        rows = made_up(1200, seed)
        for number in np.unique(rows["bin"]):
            origin = Origin("mixed", seed, int(number), 40)
            write_shard(folder / name / f"{number}.npz", origin, rows[rows["bin"] == number])


def test_weights_that_are_grown_on_others_know_their_bins_too(tmp_path):
    two_folders(tmp_path)
    path, first = train([tmp_path / "one"], tmp_path / "old", 0)
    _, second = train([tmp_path / "more"], tmp_path / "new", 0, on=str(path))
    assert set(first["trained_on"]) < set(second["trained_on"]) and second["on"] == first["weights_sha256"]
    assert second["curve"][0]["other bins"]["acquire"] < first["curve"][0]["other bins"]["acquire"] - 0.1
    with pytest.raises(OverlapError, match=r"not trained on, got \d+ that they were"):
        train([tmp_path / "one"], tmp_path / "new", 0, on=str(path))


def test_weights_that_come_after_others_remember_them_and_their_bins(tmp_path):
    two_folders(tmp_path)
    path, first = train([tmp_path / "one"], tmp_path / "old", 0)
    path, second = train([tmp_path / "more"], tmp_path / "new", 0, after=str(path))
    assert set(first["trained_on"]) < set(second["trained_on"]) and second["after"] == first["weights_sha256"]
    assert len(Weights.load(path).before) == 1
    card = tmp_path / "old" / "card.json"
    card.write_text(json.dumps(json.loads(card.read_text()) | {"tool_sha256": "0" * 64}))
    with pytest.raises(ToolError, match="for the tool"):
        train([tmp_path / "more"], tmp_path / "new", 0, after=str(tmp_path / "old" / "quality.safetensors"))
