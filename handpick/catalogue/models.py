"""The models of a catalogue: which head makes its vectors now, which did before, and which agree.

They are the rows of a table `models` of its database, heads and all; the last one holds. A catalogue that was never
upgraded has no such table, and the head that Handpick brings.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from handpick.catalogue.database import Database, connected
from handpick.catalogue.errors import CatalogueError
from perception.identity.encoder import Encoder, shipped

MODELS = "models"


class Models:
    """The log of a catalogue's models.

    Args:
        address: of the catalogue, as of `Database`.

    Raises:
        MissingExtraError: LanceDB is not installed. CatalogueError: no database can be opened there.
    """

    def __init__(self, address: str | Path) -> None:
        self.address, self._db = address, connected(address)

    def heads(self) -> list[Encoder]:
        """All that were in use, the last one now. Raises ModelError: one of them is not whole."""
        if MODELS not in self._db.list_tables().tables:
            return [shipped()]
        rows = sorted(self._db.open_table(MODELS).to_arrow().to_pylist(), key=lambda row: row["number"])
        return [_read(row["head"]) for row in rows]

    def open(self) -> tuple[Database, Encoder]:
        """The database and the head that makes its vectors now. Raises as `Database` does."""
        heads = self.heads()
        return Database(self.address, heads[-1].model, agreeing(heads)), heads[-1]

    def use(self, head: Encoder) -> None:
        """From now on vectors are made by this head; one commit."""
        heads = self.heads()
        first = MODELS not in self._db.list_tables().tables
        rows = [*heads, head] if first else [head]
        start = 0 if first else len(heads)
        told = [{"number": start + k, "model": one.model, "head": _bytes(one)} for k, one in enumerate(rows)]
        if first:
            self._db.create_table(MODELS, told)
        else:
            self._db.open_table(MODELS).add(told)

    def before(self) -> Encoder:
        """The head that was in use before the one that is now. Raises CatalogueError: there was none."""
        heads = self.heads()
        others = [head for head in heads if head.model != heads[-1].model]
        if not others:
            raise CatalogueError(f"{self.address}: expected a catalogue that was upgraded, got one of a single model")
        return others[-1]


def agreeing(heads: list[Encoder]) -> tuple[str, ...]:
    """Models whose vectors can be compared with those of the last head: it was trained to agree, or they were."""
    now = heads[-1]
    later = (head.model for head in reversed(heads) if now.model in head.agrees)
    return tuple(dict.fromkeys((*later, *now.agrees)))


def _bytes(head: Encoder) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "head.safetensors"
        head.save(path)
        return path.read_bytes()


def _read(data: Any) -> Encoder:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "head.safetensors"
        path.write_bytes(data)
        return Encoder.load(path)
