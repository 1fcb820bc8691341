"""Networks see what only pictures show, mirrors are true, and nothing is judged by what was fitted to it."""

from __future__ import annotations

import json

import numpy as np
import pytest

from training.boost import labels
from training.contest import BOOSTING, BOTH, NETWORK, calibrated, contest, contest_table, crossed
from training.crop import SEEN, SIDE, Surroundings, crop
from training.outcomes import OUTCOME
from training.split import split

torch = pytest.importorskip("torch")
pytest.importorskip("sklearn")

from training.crop_network import CropNetwork, mirrored, network_margins, pictures, table_of  # noqa: E402


def made_up(count: int, seed: int = 0) -> np.ndarray:
    """Outcomes that the picture alone decides: where the item is seen under the tool, it is acquired and held."""
    rng = np.random.default_rng(seed)
    rows = np.zeros(count, OUTCOME)
    rows["bin"], rows["state"], rows["views"] = np.arange(count) // 20, np.arange(count) // 4, 4
    rows["family"] = np.array([b"carton", b"can", b"shirt", b"plush", b"pen"])[rng.integers(0, 5, count)]
    rows["tool"], rows["skill"] = np.where(rng.random(count) < 0.5, b"suction", b"pinch"), b"lift"
    there = rng.random(count) < 0.5
    rows["crop"]["shown"] = np.where(there, SEEN, 0)[:, None, None]
    rows["crop"]["height"] = rng.normal(0, 0.02, (count, SIDE, SIDE))
    rows["features"]["mass"] = rng.uniform(0.1, 0.9, count)
    rows["acquired"] = rng.random(count) < np.where(there, 0.9, 0.1)
    rows["held"] = rows["acquired"]
    rows["believed"] = 0.5, 0.9, 0.05, 0.0
    return rows


@pytest.mark.parametrize("axis", [0, 1])
def test_a_mirrored_picture_is_that_of_a_mirrored_world(axis: int) -> None:
    rng = np.random.default_rng(0)
    points, normals = rng.uniform(-0.06, 0.06, (3000, 3)), rng.normal(size=(3000, 3))
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    colors, item = rng.integers(0, 256, (3000, 3)).astype(np.uint8), rng.integers(-1, 3, 3000)
    hidden, seen = rng.uniform(-0.06, 0.06, (300, 3)), rng.random(3000) < 0.5
    turn = np.ones(3)
    turn[axis] = -1
    here, there = (
        crop(Surroundings(points * t, normals * t, colors, item, seen, hidden * t), np.eye(4), 1)
        for t in (np.ones(3), turn)
    )
    picture, other = (torch.from_numpy(pictures(shown[None])) for shown in (here, there))
    assert not torch.equal(picture, other)
    known = torch.zeros((1, len(table_of(made_up(1)).known[0])))
    torch.testing.assert_close(mirrored(picture, known, [axis])[0], other, atol=0.01, rtol=0)  # normals are rounded


def test_a_network_begins_as_contact_mechanics() -> None:
    table = table_of(made_up(30))
    margins = CropNetwork().eval()(table.picture.float(), table.known, table.believed)
    torch.testing.assert_close(margins, table.believed)


def test_networks_win_where_only_pictures_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("training.contest.MEMBERS", 1)
    rows = made_up(900)
    found = contest(rows, split(rows, 0), seed=0)
    for judged in found["judged"].values():
        for name in (NETWORK, BOTH):
            assert judged[name]["nats_less"][1] > 0.15
            assert judged[name]["worth_more"][1] > 0
        assert judged[BOOSTING]["nats_less"] == (0.0, 0.0, 0.0)
    start, *_, end = found["curve"][NETWORK]
    assert end["never seen"]["acquire"] < start["never seen"]["acquire"] - 0.2
    assert contest_table(json.loads(json.dumps(found))).count(NETWORK) == 3


def test_the_same_outcomes_and_seeds_give_the_same_margins() -> None:
    rows = made_up(60)
    table, some = table_of(rows), rows["bin"] < 2
    first, again, other = (network_margins(rows, table, some, [seed]) for seed in (0, 0, 1))
    assert (first == again).all() and (first != other).any()


def test_a_fold_has_no_part_in_what_it_is_judged_by() -> None:
    rows = made_up(400)
    parts, grown_on = split(rows, 0), []

    def grow(some: np.ndarray) -> np.ndarray:
        grown_on.append(some)
        return np.full((len(rows), 4), float(len(grown_on)))

    margins = crossed(grow, parts)
    assert not any((some & parts.unseen).any() for some in grown_on)
    for row, call in enumerate(margins[:, 0].astype(int)):
        assert not parts.known[row] or rows["bin"][row] not in rows["bin"][grown_on[call - 1]]

    drawn, turned = np.random.default_rng(1).normal(size=(2, len(rows), 4)), rows.copy()
    for _, check in parts.folds():
        turned[:] = rows
        turned["acquired"][check] ^= True
        before, after = (calibrated(some, parts, drawn) for some in (rows, turned))
        rest = parts.known & ~check
        np.testing.assert_array_equal(before[check, 0], after[check, 0])
        assert (before[rest, 0] != after[rest, 0]).any()
        assert (labels(rows, "acquire")[0] != labels(turned, "acquire")[0]).any()
