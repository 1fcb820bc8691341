"""Folders of pictures are read with their hierarchy, or refused with what is wrong; none of it needs the extra."""

from pathlib import Path

import pytest

from handpick.catalogue.errors import CatalogueError
from handpick.catalogue.folder import read_folder
from handpick.catalogue.manifest import read_manifest
from handpick.command import main


def touch(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"x")
    return root


def test_folders_tell_kind_family_and_item(tmp_path: Path) -> None:
    found = read_folder(touch(tmp_path, "book/dune/dune-1/a.jpg", "book/atlas/b.PNG", "soap/c.jpeg", "soap/note.txt"))
    places = {item.name: (item.kind, item.family) for item in found.items}
    assert places == {"dune-1": ("book", "dune"), "atlas": ("book", "atlas"), "soap": ("soap", "soap")}
    assert len(found.pictures) == 3


def test_a_table_tells_sizes_and_families(tmp_path: Path) -> None:
    touch(tmp_path, "soap/c.jpg", "oats/d.jpg")
    table = "item,family,length_mm,width_mm,height_mm,mass_g\nsoap,bars,40,90,25,110\noats,,,,,500\n"
    (tmp_path / "items.csv").write_text(table)
    oats, soap = sorted(read_folder(tmp_path).items, key=lambda item: item.name)
    assert soap.family == "bars" and soap.size == (0.09, 0.04, 0.025) and soap.mass == 0.11
    assert oats.family == "oats" and oats.size is None and oats.mass == 0.5


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ("item,colour\nsoap,red\n", "expected the columns item"),
        ("item,family\nsoup,bars\n", "expected items that have a folder of pictures, got 'soup'"),
        ("item,family\nsoap,a\nsoap,b\n", "expected one row for each item, got two for 'soap'"),
        ("item,length_mm,width_mm,height_mm\nsoap,4,x,5\n", "expected three edges of 'soap' in millimetres"),
        ("item,length_mm,width_mm,height_mm\nsoap,4,-1,5\n", "expected three edges of 'soap' in millimetres"),
        ("item,mass_g\nsoap,heavy\n", "expected a mass of 'soap' in grams, got 'heavy'"),
        ("item,mass_g\nsoap,0\n", "expected a mass of 'soap' in grams, got '0'"),
    ],
)
def test_a_wrong_table_is_refused(tmp_path: Path, table: str, expected: str) -> None:
    touch(tmp_path, "soap/c.jpg")
    (tmp_path / "items.csv").write_text(table)
    with pytest.raises(CatalogueError, match=expected):
        read_folder(tmp_path)


def test_two_items_with_one_name_are_refused_with_both_places(tmp_path: Path) -> None:
    touch(tmp_path, "book/dune/vol-1/a.jpg", "book/atlas/vol-1/b.jpg")
    with pytest.raises(CatalogueError, match=r"atlas/vol-1 and .*dune/vol-1"):
        read_folder(tmp_path)


def test_folders_without_pictures_or_items_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match="expected pictures"):
        read_folder(tmp_path)
    with pytest.raises(CatalogueError, match="which item is it"):
        read_folder(touch(tmp_path, "a.jpg"))
    with pytest.raises(CatalogueError, match="expected a folder"):
        read_folder(tmp_path / "none")


def test_a_manifest_is_names_one_a_line(tmp_path: Path) -> None:
    path = tmp_path / "tote.txt"
    path.write_text("# tote 7\nsoap\n\noats \nsoap\n")
    assert read_manifest(path) == ("soap", "oats")
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CatalogueError, match="expected names of items"):
        read_manifest(path)


def test_without_the_extra_one_line_says_what_to_install(tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.setitem(__import__("sys").modules, "lancedb", None)
    touch(tmp_path, "shelf/soap/c.jpg")
    assert main(["catalogue", "add", str(tmp_path / "shelf"), "--catalogue", str(tmp_path / "db")]) == 2
    told = capsys.readouterr().err.strip()
    assert told.count("\n") == 0 and 'pip install "handpick[identity]"' in told
