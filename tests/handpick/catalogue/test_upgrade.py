"""A catalogue goes on answering while another head makes its vectors, is killed meanwhile, and can be rolled back."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("lancedb")

from handpick.catalogue.errors import CatalogueError
from handpick.catalogue.look import THUMBNAIL_LENGTH
from handpick.catalogue.models import Models
from handpick.catalogue.rows import Shot
from handpick.catalogue.upgrade import backfill, begin, roll_back
from handpick.command import main
from perception.identity.encoder import Encoder, shipped
from perception.identity.errors import ModelError
from perception.identity.features import LENGTH
from perception.identity.gallery import Item

ITEMS, PICTURES = 40, 3


def agreeing(noise: float = 0.05, seed: int = 1) -> Encoder:
    """Another head whose vectors lie near the shipped one's."""
    old, rng = shipped(), np.random.default_rng(seed)
    spread = noise * np.abs(old.outer).mean()
    return replace(old, outer=old.outer + rng.normal(0, spread, old.outer.shape), agrees=(old.model,))


def seen(names: range, rng: np.random.Generator) -> np.ndarray:
    """Features of pictures of items, and of the same worn, (N, 2, LENGTH): around a place of each item."""
    head = shipped()
    places = np.random.default_rng(0).normal(size=(1000, LENGTH))[list(names)]
    off = 0.15 * rng.normal(size=(len(places), 2, LENGTH))
    return np.asarray(head.mean + head.spread * (places[:, None] + off), np.float32)


def shots(names: range, head: Encoder, rng: np.random.Generator, tag: str = "") -> list[Shot]:
    made = []
    for picture in range(PICTURES):
        for name, features in zip(names, seen(names, rng)):
            told = f"{tag}{name}-{picture}", f"item {name}", "gone.jpg", *head.project(features)
            made.append(Shot(*told, np.zeros(THUMBNAIL_LENGTH, np.uint8), features))  # type: ignore[arg-type]
    return made


def items(names: range) -> list[Item]:
    return [Item(f"item {name}", f"item {name}", "kind") for name in names]


def right(root: Path, names: range = range(ITEMS)) -> float:
    """How often an item is known by another view of it, by the head that answers now."""
    database, head = Models(root).open()
    gallery = database.gallery()
    nearest = gallery.nearest(head.project(seen(names, np.random.default_rng(9))[:, 0])).argmax(axis=1)
    return float(np.mean([gallery.items[k].name == f"item {name}" for k, name in zip(nearest, names)]))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    database, head = Models(tmp_path / "db").open()
    database.add(items(range(ITEMS)), shots(range(ITEMS), head, np.random.default_rng(3)))
    agreeing().save(tmp_path / "new.safetensors")
    return tmp_path / "db"


def test_a_part_that_is_made_anew_answers_together_with_the_rest(root: Path) -> None:
    begin(Models(root), agreeing())
    assert right(root) == 1.0
    for most in (50, 30, None):
        database, head = Models(root).open()
        before = len(database.lacking())
        made = backfill(database, head, most)
        assert made.done == min(before, most or before) and made.left == before - made.done and not made.refused
        assert database.count() == ITEMS * PICTURES and right(root) == 1.0
        view = head.project(seen(range(1), np.random.default_rng(9))[:, 0])[0]
        found = database.search(view, 10)
        assert found[0][1] == "item 0" and len({id_ for id_, _, _ in found}) == len(found)
    vectors = Models(root).open()[0].seen()[0]
    assert vectors.shape == (ITEMS * PICTURES, 128)


def test_vectors_are_those_that_the_new_head_would_have_made(root: Path) -> None:
    begin(Models(root), agreeing())
    database, head = Models(root).open()
    backfill(database, head)
    kept = {shot.id: (shot, features) for shot, features in database.kept([id_ for id_, _, _ in database.pictures()])}
    features = np.array([features for _, features in kept.values()])
    made = head.project(features.reshape(-1, LENGTH)).reshape(len(kept), 2, -1)
    vectors = np.array([[shot.vector, shot.worn] for shot, _ in kept.values()])
    assert np.abs(vectors - made).max() < 1e-5


def test_what_is_rolled_back_answers_as_before_and_keeps_what_came_meanwhile(root: Path) -> None:
    before = Models(root).open()[0].seen()[0]
    begin(Models(root), agreeing())
    database, head = Models(root).open()
    backfill(database, head, 60)
    more = range(ITEMS, ITEMS + 5)
    database.add(items(more), shots(more, head, np.random.default_rng(4)))
    database.remove(["item 7"])
    assert roll_back(Models(root)).model == shipped().model
    database, head = Models(root).open()
    assert head.model == shipped().model and database.count() == (ITEMS + 4) * PICTURES
    assert right(root, more) == 1.0 and len(database.lacking()) == 5 * PICTURES
    assert backfill(database, head).left == 0
    assert "item 7" not in {item for _, item, _ in database.pictures()}
    assert len(database.seen()[0]) == len(before) + 4 * PICTURES


def test_a_head_that_does_not_agree_is_refused_and_nothing_changes(root: Path, capsys) -> None:
    stranger = replace(agreeing(seed=5), agrees=())
    with pytest.raises(ModelError, match="agree"):
        begin(Models(root), stranger)
    with pytest.raises(CatalogueError, match="upgraded"):
        roll_back(Models(root))
    (root.parent / "broken.safetensors").write_bytes(b"nonsense")
    assert main(["catalogue", "upgrade", str(root.parent / "broken.safetensors"), "--catalogue", str(root)]) != 0
    assert Models(root).open()[1].model == shipped().model and right(root) == 1.0


def test_commands_upgrade_in_parts_and_roll_back(root: Path, capsys) -> None:
    told = ["--catalogue", str(root)]
    assert main(["catalogue", "upgrade", str(root.parent / "new.safetensors"), "--most", "20", *told]) == 0
    assert f"20 made, {ITEMS * PICTURES - 20} left" in capsys.readouterr().out
    assert main(["catalogue", "upgrade", *told]) == 0
    assert "0 left" in capsys.readouterr().out
    assert main(["catalogue", "roll-back", *told]) == 0
    assert shipped().model in capsys.readouterr().out


KILLED = """
import sys
from pathlib import Path
from handpick.catalogue import upgrade
from handpick.catalogue.models import Models
upgrade.BATCH = 2
database, head = Models(Path(sys.argv[1])).open()
upgrade.backfill(database, head, told=lambda done, of: print(done, flush=True))
"""


def test_a_backfill_that_is_killed_loses_nothing_and_goes_on(root: Path) -> None:
    begin(Models(root), agreeing())
    process = subprocess.Popen([sys.executable, "-c", KILLED, str(root)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for _ in range(3):
        assert process.stdout.readline()
        assert right(root) == 1.0  # asked while it runs
    time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    database, head = Models(root).open()
    left = len(database.lacking())
    assert 0 < left <= ITEMS * PICTURES - 6 and right(root) == 1.0
    made = backfill(database, head)
    assert (made.done, made.left) == (left, 0) and database.count() == ITEMS * PICTURES and right(root) == 1.0
