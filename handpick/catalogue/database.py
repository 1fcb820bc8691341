"""A catalogue as a LanceDB database: a folder on this machine, or an address of shared storage.

Tables: `pictures` (vectors and the item's name), `items` (places in the hierarchy, sizes), and `features` (of which
heads make vectors). A later model has pictures in a table of its own, `pictures_MODEL`; those that it lacks are
compared by the vectors of the model before, which it was trained to agree with. Every change is one commit of a table:
who is killed meanwhile leaves the table as it was, and readers see the last commit.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handpick.catalogue.errors import CatalogueError
from handpick.catalogue.look import THUMBNAIL_LENGTH
from handpick.catalogue.rows import (
    WORDS,
    Shot,
    features_table,
    item_of,
    items_table,
    matrix_of,
    pictures_table,
    shot_of,
    with_words,
    words_field,
    words_in,
)
from perception.identity.encoder import WIDTH, Vectors
from perception.identity.errors import INSTALL, MissingExtraError, ModelError
from perception.identity.features import Features
from perception.identity.gallery import Gallery, Item, gallery_of

PICTURES, ITEMS, FEATURES = "pictures", "items", "features"
MASS = "mass"  # a column of ITEMS
LATER = "pictures_"  # and the model's name
LOADED = 200_000  # pictures: up to here a gallery is held in memory, and searched exactly
INDEXED = 50_000  # pictures: from here on an index is made
FOUND = 200  # pictures next to each view whose items are considered
EFFORT = 128  # candidates of the graph search
REFINED = 4  # times as many as wanted are compared exactly
PER_PART = 250_000  # pictures of a part of the index


class Database:
    """An open catalogue.

    Args:
        address: a folder, or what else LanceDB can connect to.
        model: whose vectors it holds, or will hold. agrees: the models whose vectors can be compared with that one's.

    Raises:
        MissingExtraError: LanceDB is not installed.
        CatalogueError: no database can be opened there. ModelError: its vectors are another model's.
    """

    def __init__(self, address: str | Path, model: str, agrees: Sequence[str] = ()) -> None:
        self.address, self.model, self.agrees = str(address), model, tuple(agrees)
        self._db = connected(address)
        try:
            self._tables: dict[str, Any] = {name: self._db.open_table(name) for name in self._names()}
        except (OSError, ValueError, RuntimeError) as error:
            raise CatalogueError(f"{address}: expected a catalogue, got: {_first_line(error)}") from error
        self._check_model()

    def add(self, items: Sequence[Item], shots: Sequence[Shot]) -> int:
        """Keep items and pictures; how many pictures are new. Items of which more is told now are changed.

        Raises:
            CatalogueError: an item is there already in another family or kind.
        """
        known = {item.name: item for item in self.items()}
        for item in items:
            old = known.get(item.name)
            if old is not None and (old.family, old.kind) != (item.family, item.kind):
                raise CatalogueError(
                    f"{item.name!r}: expected an item of {old.kind}/{old.family}, as it was added before, got one of "
                    f"{item.kind}/{item.family}; rename it, or remove the old one first"
                )
        before = self.count()
        self._merge(ITEMS, "name", items_table(items), update=True)
        self._merge(FEATURES, "id", features_table(shots), update=False)
        self._merge(self._own, "id", pictures_table(shots, self.model), update=False)
        self._index()
        return self.count() - before

    def remove(self, names: Sequence[str]) -> int:
        """Forget items and their pictures; how many pictures that were. Raises CatalogueError: no such item."""
        known = {item.name for item in self.items()}
        if missing := [name for name in names if name not in known]:
            raise CatalogueError(f"expected items of the catalogue, got {', '.join(map(repr, missing))}")
        before = self.count()
        gone = [id_ for id_, item, _ in self.pictures() if item in set(names)]
        for table in filter(_of_pictures, self._tables):
            self._tables[table].delete(_among("item", names))
        self._tables[ITEMS].delete(_among("name", names))
        if FEATURES in self._tables:
            self._tables[FEATURES].delete(_among("id", gone))
        return before - self.count()

    def items(self) -> tuple[Item, ...]:
        """All items, by name."""
        if ITEMS not in self._tables:
            return ()
        rows = self._fresh(ITEMS).to_arrow().to_pylist()
        return tuple(sorted((item_of(row) for row in rows), key=lambda item: item.name))

    def count(self) -> int:
        """Pictures."""
        if len(self._models) == 1:
            return int(self._fresh(self._models[0]).count_rows())
        return len({id_ for table in self._models for id_ in self.ids(table)})

    def version(self) -> int:
        """Grows with every picture that comes or goes; an upgrade of the model changes nothing of it."""
        told = FEATURES if FEATURES in self._tables else PICTURES
        return int(self._fresh(told).version) if told in self._tables else 0

    def lacking(self) -> list[str]:
        """Ids of the pictures that this model has no vectors of yet."""
        models = self._models
        have = set(self.ids(self._own)) if self._own in models else set()
        return sorted({id_ for table in models for id_ in self.ids(table)} - have)

    def ids(self, table: str) -> list[str]:
        """Ids of the pictures in one of the tables."""
        rows = self._fresh(table).search().select(["id"]).limit(self._fresh(table).count_rows()).to_arrow()
        return [str(id_) for id_ in rows["id"].to_pylist()]

    def kept(self, ids: Sequence[str]) -> list[tuple[Shot, Features | None]]:
        """Pictures by their ids, as another model has them, and their features where they were kept."""
        some = _among("id", ids)
        rows: dict[str, dict[str, Any]] = {}
        for table in reversed(self._models):
            found = self._fresh(table).search().where(some).limit(len(ids)).to_arrow()
            rows |= {row["id"]: row for row in found.to_pylist()}
        known: dict[str, Features] = {}
        if FEATURES in self._tables:
            for row in self._fresh(FEATURES).search().where(some).limit(len(ids)).to_arrow().to_pylist():
                known[row["id"]] = np.array([row["clean"], row["worn"]], np.float32)
        return [(shot_of(row), known.get(id_)) for id_, row in rows.items()]

    def put(self, shots: Sequence[Shot]) -> None:
        """Keep vectors of this model for pictures that are there already; one commit."""
        self._merge(self._own, "id", pictures_table(shots, self.model), update=False)

    def pictures(self) -> list[tuple[str, str, str]]:
        """Id, item and path of each picture, in the order of `seen`."""
        if not self.count():
            return []
        rows = self._rows().select(["id", "item", "path"]).to_pylist()
        return [(row["id"], row["item"], row["path"]) for row in rows]

    def seen(self) -> tuple[Vectors, NDArray[np.uint8]]:
        """Vectors (N, WIDTH) and thumbnails (N, THUMBNAIL_LENGTH) of all pictures."""
        if not self.count():
            return np.empty((0, WIDTH), np.float32), np.empty((0, THUMBNAIL_LENGTH), np.uint8)
        rows = self._rows()
        thumbnails = rows["thumbnail"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
        return matrix_of(rows["vector"]), np.asarray(thumbnails, np.uint8).reshape(-1, THUMBNAIL_LENGTH)

    def gallery(self, views: Vectors | None = None, names: Iterable[str] = ()) -> Gallery:
        """What views can be compared with: everything, or of a large catalogue the items that come into question.

        Args:
            views: shape (V, WIDTH); None: a sample of a large catalogue, to calibrate on.
            names: items that come into question whatever they look like, as those of a manifest.

        Raises:
            GalleryError: the catalogue is empty.
        """
        items, count = self.items(), self.count()
        if count <= LOADED:
            rows = self._rows() if count else None
        else:
            wanted = self._sample(items) if views is None else self._near(views) | set(names)
            rows = self._rows(_among("item", sorted(wanted)))
        if rows is None:
            nothing = np.empty((0, WIDTH), np.float32)
            return gallery_of((), nothing, nothing, ())
        vectors = matrix_of(rows["vector"]), matrix_of(rows["worn"])
        return gallery_of(items, *vectors, rows["item"].to_pylist(), *words_in(rows))

    def search(self, view: NDArray[np.float32], count: int) -> list[tuple[str, str, float]]:
        """Id, item and cosine of the nearest pictures, nearest first."""
        found: dict[str, tuple[str, str, float]] = {}
        for name in self._models:
            table = self._tables[name]
            parts = 1 + table.count_rows() // PER_PART
            query = table.search(view, vector_column_name="vector").distance_type("cosine")
            query = query.ef(max(EFFORT, count)).refine_factor(REFINED).nprobes(parts)
            near = query.select(["id", "item", "_distance"]).limit(count).to_arrow().to_pylist()
            near = near if name == self._own else self._without_own(near)
            found |= {row["id"]: (row["id"], row["item"], 1 - row["_distance"]) for row in near}
        return sorted(found.values(), key=lambda row: -row[2])[:count]

    def _without_own(self, near: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Without the pictures that this model has vectors of: those of another one do not count any more."""
        if self._own not in self._tables:
            return near
        query = self._tables[self._own].search().where(_among("id", [row["id"] for row in near]))
        have = set(query.select(["id"]).limit(len(near)).to_arrow()["id"].to_pylist())
        return [row for row in near if row["id"] not in have]

    def _rows(self, where: str | None = None) -> Any:
        """All pictures, or those `where`: by this model's vectors where it has them."""
        import pyarrow as pa

        parts: list[Any] = []
        have: set[str] = set()
        for name in self._models:
            table = self._fresh(name)
            found = table.to_arrow() if where is None else table.search().where(where).limit(self.count()).to_arrow()
            if have:
                found = found.filter(pa.array([id_ not in have for id_ in found["id"].to_pylist()], pa.bool_()))
            found = with_words(found.replace_schema_metadata(None))
            have |= set(found["id"].to_pylist()) if len(self._models) > 1 else set()
            parts.append(found)
        return pa.concat_tables(parts).combine_chunks()

    def _near(self, views: Vectors) -> set[str]:
        return {item for view in views for _, item, _ in self.search(view, FOUND)}

    def _sample(self, items: Sequence[Item]) -> set[str]:
        step = max(1, self.count() // LOADED)
        return {item.name for item in items[::step]}

    def _names(self) -> list[str]:
        return [n for n in self._db.list_tables().tables if n in (ITEMS, FEATURES) or _of_pictures(n)]

    @property
    def _own(self) -> str:
        """The table of this model's pictures."""
        if PICTURES not in self._tables or self._model_of(PICTURES) == self.model:
            return PICTURES
        return LATER + self.model

    @property
    def _models(self) -> tuple[str, ...]:
        """The tables of pictures that this model can be compared with, its own first."""
        if self._own not in self._tables:  # another process may have made it meanwhile
            self._tables |= {name: self._db.open_table(name) for name in self._names() if name not in self._tables}
        own = (self._own,) if self._own in self._tables else ()
        others = {self._model_of(name): name for name in filter(_of_pictures, self._tables)}
        agreeing = (others[model] for model in self.agrees if model in others)
        return tuple(dict.fromkeys((*own, *agreeing)))

    def _model_of(self, table: str) -> str:
        return str((self._tables[table].schema.metadata or {}).get(b"model", b"?").decode())

    def _fresh(self, name: str) -> Any:
        """The table as others may have changed it meanwhile."""
        self._tables[name].checkout_latest()
        return self._tables[name]

    def _merge(self, name: str, key: str, rows: Any, update: bool) -> None:
        """One commit that adds rows whose key is new, and changes the others where `update`."""
        if name not in self._tables:
            self._tables[name] = self._db.create_table(name, schema=rows.schema, exist_ok=True)
        if name == ITEMS and MASS not in self._tables[name].schema.names:  # made before items were weighed
            self._tables[name].add_columns({MASS: "cast(NULL as double)"})
        if _of_pictures(name) and WORDS not in self._tables[name].schema.names:  # made before they were read
            self._tables[name].add_columns(words_field())
        if not len(rows):
            return
        change = self._tables[name].merge_insert(key).when_not_matched_insert_all()
        (change.when_matched_update_all() if update else change).execute(rows)

    def _index(self) -> None:
        """Make an index of many pictures, or take what is new into the one that there is."""
        if (count := self.count()) < INDEXED:
            return
        table = self._tables[self._own]
        if table.list_indices():
            table.optimize()
            return
        from lancedb.index import HnswSq

        parts = 1 + count // PER_PART
        table.create_index("vector", config=HnswSq(distance_type="cosine", num_partitions=parts))
        table.create_scalar_index("item")

    def _check_model(self) -> None:
        if PICTURES not in self._tables or self._models:
            return
        if (got := self._model_of(PICTURES)) != self.model:
            raise ModelError(
                f"{self.address}: expected vectors of model {self.model}, got those of {got}; add the pictures to "
                "a new catalogue, use the version of Handpick that made this one, or upgrade it"
            )


def connected(address: str | Path) -> Any:
    """A connection to the database at an address. Raises MissingExtraError, CatalogueError."""
    try:
        import lancedb
    except ImportError as error:
        raise MissingExtraError(f"a catalogue needs packages that are not installed; run  {INSTALL}") from error
    if isinstance(address, Path) and address.exists() and not address.is_dir():
        raise CatalogueError(f"{address}: expected a folder of a catalogue, got a file")
    try:
        return lancedb.connect(str(address))
    except (OSError, ValueError, RuntimeError) as error:
        raise CatalogueError(f"{address}: expected a catalogue, got: {_first_line(error)}") from error


def _of_pictures(table: str) -> bool:
    return table == PICTURES or table.startswith(LATER)


def _among(column: str, names: Iterable[str]) -> str:
    quoted = ", ".join("'" + name.replace("'", "''") + "'" for name in names)
    return f"{column} IN ({quoted})" if quoted else "false"


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0][:200]
