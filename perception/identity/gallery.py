"""What is known of items: their names and places in the hierarchy, and vectors of their pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from perception.arrays import readonly
from perception.identity.encoder import Vectors
from perception.identity.errors import GalleryError
from perception.identity.spelling import Lexicon
from perception.identity.text import Words

NOWHERE = -1.0  # cosine to an item of which no picture may be used


@dataclass(frozen=True)
class Item:
    """An item that has a name.

    Attributes:
        family: what it is one of, as a series or a brand; kind: what the family is one of, as books.
        size: extents, longest first, metres; mass: kilograms; None where nobody told.
    """

    name: str
    family: str
    kind: str
    size: tuple[float, float, float] | None = None
    mass: float | None = None


@dataclass(frozen=True, eq=False)
class Gallery:
    """Pictures of items as vectors, in the order of the items.

    Attributes:
        items: each with one picture at least.
        vectors: of pictures, shape (N, D); worn: of the same, covered in part, blurred and relit, shape (N, D).
        item: the index in `items` of each picture, ascending, shape (N,).
        words: that are read on each picture, N; worn_words: on the same worn; none where nobody has read them.
    """

    items: tuple[Item, ...]
    vectors: Vectors
    worn: Vectors
    item: NDArray[np.int64]
    words: tuple[Words, ...] = ()
    worn_words: tuple[Words, ...] = ()

    def __post_init__(self) -> None:
        n = len(self.item)
        object.__setattr__(self, "item", readonly(self.item, np.int64, (None,), "gallery item"))
        object.__setattr__(self, "vectors", readonly(self.vectors, np.float32, (n, None), "gallery vectors"))
        object.__setattr__(self, "worn", readonly(self.worn, np.float32, self.vectors.shape, "gallery worn vectors"))
        if not n:
            raise GalleryError("expected pictures of items, got an empty catalogue; add a folder of them first")
        if (np.unique(self.item) != np.arange(len(self.items))).any() or (np.diff(self.item) < 0).any():
            raise GalleryError("expected one picture of each item at least, in the order of the items")
        if any(len(words) not in (0, n) for words in (self.words, self.worn_words)):
            raise GalleryError(
                f"expected words of {n} pictures or of none, got {len(self.words)} and {len(self.worn_words)}"
            )

    @cached_property
    def starts(self) -> NDArray[np.int64]:
        """Where each item's pictures begin."""
        return np.searchsorted(self.item, np.arange(len(self.items)))

    @cached_property
    def counts(self) -> NDArray[np.int64]:
        """How many pictures each item has."""
        return np.bincount(self.item)

    @cached_property
    def families(self) -> NDArray[np.int64]:
        """A number for each item's family, shape (I,)."""
        return _numbered([(item.kind, item.family) for item in self.items])

    @cached_property
    def kinds(self) -> NDArray[np.int64]:
        """A number for each item's kind, shape (I,)."""
        return _numbered([item.kind for item in self.items])

    @cached_property
    def lexicon(self) -> Lexicon:
        """The words of each item's pictures."""
        found: list[dict[str, None]] = [{} for _ in self.items]
        for item, words in zip(self.item, self.words):
            found[item] |= dict.fromkeys(words)
        return Lexicon(tuple(tuple(own) for own in found))

    def nearest(self, views: Vectors, left_out: NDArray[np.int64] | None = None) -> NDArray[np.float32]:
        """The greatest cosine of each view to any picture of each item, shape (V, I).

        left_out: pictures that must not be used.
        """
        cosines = views @ self.vectors.T
        if left_out is not None:
            cosines[:, left_out] = NOWHERE
        return np.asarray(np.maximum.reduceat(cosines, self.starts, axis=1))


def gallery_of(
    items: Sequence[Item],
    vectors: Vectors,
    worn: Vectors,
    names: Sequence[str],
    words: Sequence[Words] = (),
    worn_words: Sequence[Words] = (),
) -> Gallery:
    """A gallery of pictures in any order, each with its item's name; items without pictures are left out."""
    shown = set(names)
    kept = tuple(item for item in items if item.name in shown)
    index = {item.name: number for number, item in enumerate(kept)}
    item = np.array([index[name] for name in names], np.int64)
    order = np.argsort(item, kind="stable")
    read = (tuple(some[k] for k in order) if len(some) else () for some in (words, worn_words))
    return Gallery(kept, vectors[order], worn[order], item[order], *read)


def _numbered(names: Sequence[object]) -> NDArray[np.int64]:
    numbers: dict[object, int] = {}
    return np.array([numbers.setdefault(name, len(numbers)) for name in names], np.int64)
