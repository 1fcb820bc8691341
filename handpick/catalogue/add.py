"""Pictures in folders, added to a catalogue without any training."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from handpick.catalogue.database import Database
from handpick.catalogue.errors import CatalogueError
from handpick.catalogue.folder import read_folder
from handpick.catalogue.look import look
from handpick.catalogue.rows import Shot
from perception.identity.cutout import squared
from perception.identity.encoder import Encoder
from perception.identity.errors import PictureError
from perception.identity.features import features
from perception.identity.text import reader
from perception.identity.worn import worn

BATCH = 500  # pictures of one commit: what is interrupted keeps those before, and goes on from there


@dataclass(frozen=True)
class Added:
    """What came of a folder.

    Attributes:
        items: that it has. pictures: new ones. known: that were there before. refused: why, one line each.
    """

    items: int
    pictures: int
    known: int
    refused: tuple[str, ...]


def add_folder(
    database: Database, encoder: Encoder, root: Path, told: Callable[[int, int], None] = lambda done, of: None
) -> Added:
    """Add all that is new in a folder; a second run changes nothing.

    Args:
        told: is called with the pictures done so far, and all of them.

    Raises:
        CatalogueError: the folder is not as it should be, or no picture of it can be used.
    """
    folder = read_folder(root)
    have = {id_ for id_, _, _ in database.pictures()}
    items = {item.name: item for item in folder.items}
    shots: list[Shot] = []
    refused: list[str] = []
    known = new = 0
    for done, (path, name) in enumerate(folder.pictures, start=1):
        try:
            if (id_ := picture_id(path, name)) in have:
                known += 1
            else:
                shots.append(shot(encoder, path, name, id_))
                have.add(id_)
        except PictureError as error:
            refused.append(str(error))
        if len(shots) == BATCH:
            new += database.add([items[name] for name in dict.fromkeys(s.item for s in shots)], shots)
            shots = []
        told(done, len(folder.pictures))
    if not (new or shots or known):
        raise CatalogueError(f"{root}: expected pictures that can be used, got none: {refused[0]}")
    kept = {s.item for s in shots} | {name for _, name, _ in database.pictures()}
    new += database.add([item for item in folder.items if item.name in kept], shots)
    return Added(len(folder.items), new, known, tuple(refused))


def shot(encoder: Encoder, path: Path, name: str, id_: str) -> Shot:
    """A picture as it is kept. Raises PictureError, MissingExtraError."""
    seen = look(path)
    rng = np.random.default_rng(int(id_[:16], 16))
    clean, poor = seen.cutout, worn(seen.cutout, rng)
    both = features([squared(clean), squared(poor)])
    words = reader().read(clean), reader().read(poor)
    vector, worn_vector = encoder.project(both)
    return Shot(id_, name, str(path), vector, worn_vector, seen.thumbnail, both, words)


def picture_id(path: Path, name: str) -> str:
    """Of a file's bytes as a picture of an item. Raises PictureError: it cannot be read."""
    try:
        with path.open("rb") as file:
            told = hashlib.file_digest(file, "sha256") if hasattr(hashlib, "file_digest") else _digest(file.read())
    except OSError as error:
        raise PictureError(f"{path}: expected a picture, got: {error}") from error
    return hashlib.sha256(told.digest() + name.encode()).hexdigest()


def _digest(data: bytes) -> hashlib._Hash:
    return hashlib.sha256(data)
