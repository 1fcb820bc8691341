"""Pictures of items in folders: kind/family/item/picture.jpg, where kind and family may be left out.

A file `items.csv` at the top may tell more: its columns are item, and any of family, kind, length_mm, width_mm,
height_mm and mass_g.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from handpick.catalogue.errors import CatalogueError
from perception.identity.gallery import Item
from perception.identity.picture import SUFFIXES

TOLD = "items.csv"
EDGES = ("length_mm", "width_mm", "height_mm")
MASS = "mass_g"
COLUMNS = ("item", "family", "kind", *EDGES, MASS)
LONGEST_NAME = 200


@dataclass(frozen=True)
class Folder:
    """Items, and pictures with the names of theirs."""

    items: tuple[Item, ...]
    pictures: tuple[tuple[Path, str], ...]


def read_folder(root: Path) -> Folder:
    """What a folder holds, in the order of the names.

    Raises:
        CatalogueError: no folder, no pictures in it, two items with one name, or a wrong items.csv.
    """
    if not root.is_dir():
        raise CatalogueError(f"{root}: expected a folder with a folder of pictures for each item, got none")
    pictures = sorted(path for path in root.rglob("*") if path.suffix.lower() in SUFFIXES and not _hidden(path, root))
    if not pictures:
        raise CatalogueError(f"{root}: expected pictures ({', '.join(SUFFIXES)}) in a folder for each item, got none")
    folders: dict[str, Path] = {}
    items: dict[str, Item] = {}
    for path in pictures:
        item = _item(path, root)
        if folders.setdefault(item.name, path.parent) != path.parent:
            raise CatalogueError(
                f"expected one folder for each item, got {folders[item.name]} and {path.parent} for {item.name!r}; "
                "rename one of them, or put their pictures together"
            )
        items[item.name] = item
    for name, told in _told(root / TOLD).items():
        if name not in items:
            raise CatalogueError(f"{root / TOLD}: expected items that have a folder of pictures, got {name!r}")
        items[name] = _with(items[name], told, root / TOLD)
    return Folder(tuple(items.values()), tuple((path, path.parent.name) for path in pictures))


def _item(path: Path, root: Path) -> Item:
    parts = path.relative_to(root).parts[:-1]
    if not parts:
        raise CatalogueError(f"{path}: expected a folder for each item, got a picture beside them; which item is it?")
    name = parts[-1]
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise CatalogueError(f"{path.parent}: expected a printable name of up to {LONGEST_NAME} letters")
    return Item(name, parts[-2] if len(parts) > 2 else name, parts[0])


def _hidden(path: Path, root: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(root).parts)


def _told(path: Path) -> dict[str, Mapping[str, str]]:
    """Rows of items.csv by item; none where there is no such file."""
    if not path.is_file():
        return {}
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, strict=True)
            columns = reader.fieldnames or []
            if "item" not in columns or not set(columns) <= set(COLUMNS):
                raise CatalogueError(f"{path}: expected the columns item and any of {COLUMNS[1:]}, got {columns}")
            rows = [{key: (value or "").strip() for key, value in row.items() if key} for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CatalogueError(f"{path}: expected a table in UTF-8 with commas, got: {error}") from error
    told: dict[str, Mapping[str, str]] = {}
    for row in rows:
        if told.setdefault(row["item"], row) is not row:
            raise CatalogueError(f"{path}: expected one row for each item, got two for {row['item']!r}")
    return told


def _with(item: Item, told: Mapping[str, str], path: Path) -> Item:
    family, kind = told.get("family") or item.family, told.get("kind") or item.kind
    return replace(item, family=family, kind=kind, size=_size(item, told, path), mass=_mass(item, told, path))


def _size(item: Item, told: Mapping[str, str], path: Path) -> tuple[float, float, float] | None:
    edges = [told.get(edge, "") for edge in EDGES]
    if not any(edges):
        return None
    try:
        a, b, c = sorted((float(edge) / 1e3 for edge in edges), reverse=True)
    except ValueError:
        a = b = c = 0.0
    if not 0 < c <= a < 10:
        raise CatalogueError(f"{path}: expected three edges of {item.name!r} in millimetres, got {edges}")
    return (a, b, c)


def _mass(item: Item, told: Mapping[str, str], path: Path) -> float | None:
    if not (text := told.get(MASS, "")):
        return None
    try:
        mass = float(text) / 1e3
    except ValueError:
        mass = 0.0
    if not 0 < mass < 100:
        raise CatalogueError(f"{path}: expected a mass of {item.name!r} in grams, got {text!r}")
    return mass
