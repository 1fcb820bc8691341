"""A catalogue grows, forgets, is checked and is asked, and whoever is killed meanwhile loses nothing of it."""

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("lancedb")

from handpick.catalogue.add import add_folder
from handpick.catalogue.check import check
from handpick.catalogue.database import Database
from handpick.catalogue.errors import CatalogueError
from handpick.catalogue.identify import Identifier
from handpick.catalogue.look import THUMBNAIL_LENGTH, look
from handpick.catalogue.rows import Shot
from handpick.command import main
from perception.identity.encoder import WIDTH, shipped
from perception.identity.errors import GalleryError, ModelError
from perception.identity.gallery import Item
from tests.support.packages import photograph, save, shelf

ITEMS = {f"box/brand-{k // 2}/it's {k}": k for k in range(12)}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("catalogue")
    shelf(root / "shelf", ITEMS, 5)
    add_folder(database(root), shipped(), root / "shelf")
    return root


@pytest.fixture
def copy(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made / "db", tmp_path / "db")
    return tmp_path


def database(root: Path) -> Database:
    return Database(root / "db", shipped().model)


def test_other_pictures_of_the_items_are_known(made: Path, tmp_path: Path) -> None:
    identifier, rng = Identifier.open(made / "db"), np.random.default_rng(9)
    right = [
        identifier.identify([look(save(tmp_path / f"{k}.png", photograph(k, rng))).cutout]).likely[0][0] == f"it's {k}"
        for k in range(12)
    ]
    assert np.mean(right) >= 0.9


def test_the_command_answers_and_its_exit_code_tells_whether_it_knows(made: Path, tmp_path: Path, capsys) -> None:
    rng = np.random.default_rng(9)
    save(tmp_path / "ask" / "a.jpg", photograph(3, rng))
    save(tmp_path / "ask" / "dark.png", (photograph(3, rng) * 0.05).astype(np.uint8))
    assert main(["identify", str(tmp_path / "ask"), "--catalogue", str(made / "db"), "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert "too dark" in told["refused"][str(tmp_path / "ask" / "dark.png")]
    assert next(iter(told[str(tmp_path / "ask" / "a.jpg")]["likely"])) == "it's 3"
    assert told[str(tmp_path / "ask" / "a.jpg")]["read"]
    main(["identify", str(tmp_path / "ask" / "a.jpg"), "--catalogue", str(made / "db")])
    assert "read on it: " in capsys.readouterr().out


def test_a_weight_is_asked_with_and_a_catalogue_of_before_learns_it(copy: Path, made: Path, capsys) -> None:
    database(copy)._tables["items"].drop_columns(["mass"])  # as catalogues were
    assert {item.mass for item in database(copy).items()} == {None}
    (made / "shelf" / "items.csv").write_text("item,mass_g\nit's 3,250\nit's 4,700\n")
    try:
        add_folder(database(copy), shipped(), made / "shelf")
    finally:
        (made / "shelf" / "items.csv").unlink()
    masses = {item.name: item.mass for item in database(copy).items()}
    assert (masses["it's 3"], masses["it's 4"], masses["it's 5"]) == (0.25, 0.7, None)
    ask = save(copy / "ask.jpg", photograph(3, np.random.default_rng(9)))
    chances = []
    for mass in ("252", "698"):
        main(["identify", str(ask), "--catalogue", str(copy / "db"), "--mass", mass, "--json"])
        chances.append(json.loads(capsys.readouterr().out)[str(ask)]["likely"].get("it's 3", 0.0))
    assert chances[0] > chances[1]
    assert main(["identify", str(ask), "--catalogue", str(copy / "db"), "--mass", "-5"]) == 2
    assert "expected a mass" in capsys.readouterr().err


def test_text_is_kept_and_asked_with_and_a_catalogue_of_before_has_none(copy: Path, made: Path, tmp_path: Path) -> None:
    gallery = database(copy).gallery()
    assert len(gallery.words) == len(gallery.worn_words) == len(gallery.item)
    assert sum(map(bool, gallery.words)) > 0.7 * len(gallery.words) > 0
    assert all(gallery.lexicon.items[k] for k in range(12))
    asked = save(tmp_path / "ask.png", photograph(3, np.random.default_rng(9)))
    known = Identifier.open(copy / "db").identify([look(asked).cutout])
    old = database(copy)
    old._tables["pictures"].drop_columns(["words"])  # as catalogues were
    assert not database(copy).gallery().words
    blind = Identifier.open(copy / "db").identify([look(asked).cutout])
    assert known.likely[0][0] == blind.likely[0][0] == "it's 3" and known.likely[0][1] > blind.likely[0][1]
    shelf(copy / "more", {"box/brand-0/it's 0": 0}, 1, seed=5)
    add_folder(database(copy), shipped(), copy / "more")
    assert sum(map(bool, database(copy).gallery().words)) == 1


def test_a_second_add_changes_nothing_and_bad_pictures_do_not_stop_the_others(copy: Path, made: Path) -> None:
    added = add_folder(database(copy), shipped(), made / "shelf")
    assert (added.pictures, added.known, added.refused) == (0, 60, ())
    shelf(copy / "more", {"box/brand-0/it's 0": 0, "new": 99}, 2, seed=5)
    (copy / "more" / "new" / "broken.jpg").write_bytes(b"\xff\xd8nonsense")
    added = add_folder(database(copy), shipped(), copy / "more")
    assert added.pictures == 4 and len(added.refused) == 1 and "broken.jpg" in added.refused[0]
    assert database(copy).count() == 64


def test_an_item_cannot_move_to_another_family_unnoticed(copy: Path) -> None:
    shelf(copy / "more", {"tin/other/it's 0": 0}, 1, seed=5)
    with pytest.raises(CatalogueError, match="expected an item of box/brand-0"):
        add_folder(database(copy), shipped(), copy / "more")
    assert database(copy).count() == 60


def test_items_are_removed_whole_or_not_at_all(copy: Path) -> None:
    with pytest.raises(CatalogueError, match="got 'nobody'"):
        database(copy).remove(["it's 1", "nobody"])
    assert database(copy).count() == 60
    assert database(copy).remove(["it's 1"]) == 5
    assert len(database(copy).items()) == 11 and database(copy).count() == 55


def test_check_finds_doubles_and_a_mislabelled_picture(copy: Path) -> None:
    shelf(copy / "more", {"box/brand-1/it's 2": 2}, 1, seed=6)
    wrong = save(copy / "more" / "box/brand-1/it's 2" / "wrong.png", photograph(10, np.random.default_rng(8)))
    small = cv2.resize(photograph(10, np.random.default_rng(8)), (250, 250), interpolation=cv2.INTER_AREA)
    save(copy / "more" / "box/brand-1/it's 3" / "again.jpg", small)
    add_folder(database(copy), shipped(), copy / "more")
    found = check(database(copy))
    assert {Path(path).name for twins in found.twins for path in twins.paths} == {"wrong.png", "again.jpg"}
    assert found.twins[0].items in (("it's 2", "it's 3"), ("it's 3", "it's 2"))
    assert {Path(one.path).name for one in found.suspects} == {wrong.name, "again.jpg"}
    assert {one.looks_like for one in found.suspects} == {"it's 10"}


def test_vectors_of_another_model_are_refused(copy: Path) -> None:
    with pytest.raises(ModelError, match=f"expected vectors of model other, got those of {shipped().model}"):
        Database(copy / "db", "other")


def test_an_empty_catalogue_says_so(tmp_path: Path) -> None:
    (tmp_path / "db").mkdir()
    with pytest.raises(GalleryError, match="empty catalogue"):
        Identifier.open(tmp_path / "db")
    with pytest.raises(CatalogueError, match="make one by"):
        Identifier.open(tmp_path / "none")


WRITER = """
import sys
from pathlib import Path
import numpy as np
from handpick.catalogue.database import Database
from handpick.catalogue.rows import Shot
from perception.identity.gallery import Item
from handpick.catalogue.look import THUMBNAIL_LENGTH
db, who = Database(Path(sys.argv[1]), "test"), sys.argv[2]
rng = np.random.default_rng(0)
for k in range(int(sys.argv[3])):
    name, vector = f"{who}{k}", rng.normal(size=(2, 128)).astype(np.float32)
    db.add([Item(name, who, who)], [Shot(name, name, "", *vector, np.zeros(THUMBNAIL_LENGTH, np.uint8))])
    print(k, flush=True)
"""


def test_two_processes_write_while_a_third_reads_and_one_is_killed(tmp_path: Path) -> None:
    seed, thumbnail = np.ones(WIDTH, np.float32), np.zeros(THUMBNAIL_LENGTH, np.uint8)
    mine = Database(tmp_path / "db", "test")
    mine.add([Item("x", "x", "x")], [Shot("x", "x", "", seed, seed, thumbnail)])
    command = [sys.executable, "-c", WRITER, str(tmp_path / "db")]
    whole, killed = (
        subprocess.Popen([*command, who, count], stdout=subprocess.PIPE, text=True)
        for who, count in (("a", "12"), ("b", "5000"))
    )
    assert whole.stdout is not None and killed.stdout is not None
    seen = 0
    for line in killed.stdout:
        seen = mine.count()  # a reader meanwhile
        if int(line) >= 5:
            killed.send_signal(signal.SIGKILL)
            break
    told = 6 + sum(1 for _ in killed.stdout)
    assert whole.wait(120) == 0
    killed.wait(30)
    time.sleep(0.1)
    names = [name for _, name, _ in mine.pictures()]
    assert seen >= 1 and len(names) == len(set(names))
    assert {f"a{k}" for k in range(12)} <= set(names)  # nothing of the one that went on is lost
    assert {f"b{k}" for k in range(told)} <= set(names)  # nor anything that the other one had told of
    assert set(names) <= {item.name for item in mine.items()}
