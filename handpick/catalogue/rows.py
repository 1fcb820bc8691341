"""What a catalogue's tables hold: pictures, their features and items, as rows of Arrow tables and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handpick.catalogue.look import THUMBNAIL_LENGTH
from perception.identity.encoder import WIDTH, Vectors
from perception.identity.features import LENGTH, Features
from perception.identity.gallery import Item
from perception.identity.text import Words

WORDS = "words"  # a column of pictures


@dataclass(frozen=True, eq=False)
class Shot:
    """A picture to be kept.

    Attributes:
        id: of picture and item together. path: where it came from, for people.
        vector, worn: of length WIDTH. thumbnail: of length THUMBNAIL_LENGTH.
        features: of the picture and of the same worn, shape (2, LENGTH); None: later models need the picture again.
        words: on the picture and on the same worn; None: nobody has read them.
    """

    id: str
    item: str
    path: str
    vector: NDArray[np.float32]
    worn: NDArray[np.float32]
    thumbnail: NDArray[np.uint8]
    features: Features | None = None
    words: tuple[Words, Words] | None = None


def pictures_table(shots: Sequence[Shot], model: str) -> Any:
    """Pictures with the vectors of a model."""
    import pyarrow as pa

    vector = pa.list_(pa.float32(), WIDTH)
    fields = [pa.field(name, pa.string()) for name in ("id", "item", "path")]
    thumbnail = pa.list_(pa.uint8(), THUMBNAIL_LENGTH)
    schema = pa.schema(
        [*fields, ("vector", vector), ("worn", vector), ("thumbnail", thumbnail), words_field()],
        metadata={"model": model},
    )
    columns = [pa.array([getattr(shot, name) for shot in shots], pa.string()) for name in ("id", "item", "path")]
    for name in ("vector", "worn", "thumbnail"):
        kind = schema.field(name).type
        flat: Any = np.concatenate([getattr(shot, name) for shot in shots]) if shots else []
        columns.append(pa.FixedSizeListArray.from_arrays(pa.array(flat, kind.value_type), kind.list_size))
    columns.append(pa.array([shot.words and [*map(list, shot.words)] for shot in shots], schema.field(WORDS).type))
    return pa.table(columns, schema=schema)


def words_field() -> Any:
    """The column of words: on the picture and on the same worn, or null."""
    import pyarrow as pa

    return pa.field(WORDS, pa.list_(pa.list_(pa.string())))


def words_of(told: Any) -> tuple[Words, Words] | None:
    """Words out of a row."""
    return None if told is None else (tuple(told[0]), tuple(told[1]))


def with_words(rows: Any) -> Any:
    """Rows of pictures with their column of words, null where the table was made before they were read."""
    import pyarrow as pa

    if WORDS in rows.schema.names:
        return rows
    return rows.append_column(words_field(), pa.nulls(len(rows), words_field().type))


def words_in(rows: Any) -> tuple[Sequence[Words], Sequence[Words]]:
    """The words on each picture, and on each picture worn; none at all where nobody has read any."""
    told = rows[WORDS].to_pylist()
    if not any(told):
        return (), ()
    clean, worn = zip(*(words_of(one) or ((), ()) for one in told))
    return clean, worn


def shot_of(row: dict[str, Any]) -> Shot:
    """A picture out of a row, without its features."""
    vector, worn = (np.array(row[name], np.float32) for name in ("vector", "worn"))
    words = words_of(row.get(WORDS))
    return Shot(row["id"], row["item"], row["path"], vector, worn, np.array(row["thumbnail"], np.uint8), words=words)


def features_table(shots: Sequence[Shot]) -> Any:
    """Features of those pictures of which they are told, in half the precision: a thousandth is finer than they are."""
    import pyarrow as pa

    told = [(shot.id, shot.features) for shot in shots if shot.features is not None]
    kind = pa.list_(pa.float16(), LENGTH)
    schema = pa.schema([pa.field("id", pa.string()), ("clean", kind), ("worn", kind)])
    columns = [pa.array([id_ for id_, _ in told], pa.string())]
    for k in range(2):
        flat: Any = np.concatenate([seen[k] for _, seen in told]).astype(np.float16) if told else []
        columns.append(pa.FixedSizeListArray.from_arrays(pa.array(flat, pa.float16()), LENGTH))
    return pa.table(columns, schema=schema)


def items_table(items: Sequence[Item]) -> Any:
    """Items with their places in the hierarchy, their sizes and masses."""
    import pyarrow as pa

    fields = [pa.field(name, pa.string()) for name in ("name", "family", "kind")]
    schema = pa.schema([*fields, ("size", pa.list_(pa.float64())), ("mass", pa.float64())])
    rows = [vars(item) | {"size": item.size and list(item.size)} for item in items]
    return pa.Table.from_pylist(rows, schema=schema)


def item_of(row: dict[str, Any]) -> Item:
    """An item out of a row."""
    size = row["size"]
    return Item(row["name"], row["family"], row["kind"], tuple(size) if size else None, row.get("mass"))


def matrix_of(column: Any) -> Vectors:
    """Vectors (N, WIDTH) out of a column."""
    return np.asarray(column.combine_chunks().flatten().to_numpy(zero_copy_only=False), np.float32).reshape(-1, WIDTH)
