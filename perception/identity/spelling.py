"""What words that are read on an item say of which it is: a noisy channel from those that its pictures show.

A word is read off one of the item's words, or a piece of it, with some letters wrong; else off anything that a package
may bear: a word of the whole catalogue, or any letters at all (Kernighan, Church and Gale, COLING 1990, have such a
channel for words that are typed). So what is on every package says little, and what is on one of them, much.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from perception.identity.errors import INSTALL, MissingExtraError
from perception.identity.text import Words
from perception.pose import Array

LETTERS = 36  # the alphabet and the figures
VIEWS_POWER = 0.5  # views of one item are not independent: four of them weigh as two
ANYTHING = 0.5  # share of what is not on an item's pictures that is no word of the catalogue, either


@dataclass(frozen=True)
class Spelling:
    """How text is read.

    Attributes:
        shown: share of the words that are read which the item's pictures show, too. slips: of letters that are misread.
    """

    shown: float = 0.5
    slips: float = 0.1


@dataclass(frozen=True, eq=False)
class Lexicon:
    """The words of each item's pictures, each once, item by item."""

    items: tuple[Words, ...]

    @cached_property
    def words(self) -> Words:
        """All of them, each once."""
        return tuple(dict.fromkeys(word for own in self.items for word in own))

    @cached_property
    def numbers(self) -> Mapping[str, int]:
        """Where each word is in `words`."""
        return {word: number for number, word in enumerate(self.words)}

    @cached_property
    def written(self) -> NDArray[np.bool_]:
        """Which items have words, shape (I,)."""
        return np.array([bool(own) for own in self.items])

    def likelihood(self, read: Sequence[Words], spelling: Spelling) -> Array:
        """Log likelihood of what was read in views of one item, for each item, up to a constant, shape (I,)."""
        told = counted(read)
        if not told or not self.words:
            return np.zeros(len(self.items))
        each = Alignment.of(list(told), self.words).likelihood(spelling)
        return mixed(self.own(each), self.written, spelling, np.array(list(told.values())))

    def own(self, each: Array) -> Array:
        """Likelihood of words that are read off the items, shape (Q, I), by that off each of `words`, shape (Q, W)."""
        columns, starts = self._columns
        found = np.zeros((len(each), len(self.items)))
        counts = np.diff([*starts, len(columns)])
        found[:, self.written] = np.add.reduceat(each[:, columns], starts, axis=1) / counts
        return found

    @cached_property
    def _columns(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The numbers of the items' words, item by item, and where those of each item that has some begin."""
        counts = np.array([len(own) for own in self.items if own], np.int64)
        columns = np.array([self.numbers[word] for own in self.items for word in own], np.int64)
        return columns, np.cumsum(counts) - counts


def counted(read: Sequence[Words]) -> dict[str, float]:
    """What each word counts that was read in some views of one item."""
    found = Counter(word for view in read for word in view)
    return {word: count / len(read) ** VIEWS_POWER for word, count in found.items()}


def mixed(own: Array, written: NDArray[np.bool_], spelling: Spelling, told: Array) -> Array:
    """Log likelihood for each item, shape (I,).

    Args:
        own: likelihood of each word that was read off each item's words, over that of any letters, shape (Q, I).
        written: which items have words, shape (I,). told: what each word counts, shape (Q,).
    """
    if not written.any():
        return np.zeros(len(written))
    other = ANYTHING + (1 - ANYTHING) * own[:, written].mean(axis=1, keepdims=True)
    shown = spelling.shown * written
    return np.asarray(told @ np.log((1 - shown) * other + shown * own))


@dataclass(frozen=True, eq=False)
class Alignment:
    """How words that are read lie best on words that may be there.

    Attributes:
        alike: share of the shorter word's letters that are right, shape (Q, W).
        read, there: how many letters the words have, shapes (Q,) and (W,).
    """

    alike: NDArray[np.float32]
    read: Array
    there: Array

    @staticmethod
    def of(read: Sequence[str], there: Sequence[str]) -> Alignment:
        """Raises MissingExtraError: RapidFuzz is not installed."""
        try:
            from rapidfuzz import fuzz, process
        except ImportError as error:
            raise MissingExtraError(f"comparing words needs a package that is not installed; run  {INSTALL}") from error
        alike = process.cdist(read, there, scorer=fuzz.partial_ratio, dtype=np.float32) / 100
        lengths = (np.array([len(word) for word in words], float) for words in (read, there))
        return Alignment(np.asarray(alike, np.float32), *lengths)

    def likelihood(self, spelling: Spelling) -> Array:
        """Of what is read, off what may be there over that of any letters, shape (Q, W)."""
        letters = np.minimum(self.read[:, None], self.there)
        places = 1 + np.abs(self.read[:, None] - self.there)  # in which the shorter one can lie along the longer one
        right, wrong = np.log(LETTERS * (1 - spelling.slips)), np.log(spelling.slips)
        return np.asarray(np.exp(letters * (self.alike * right + (1 - self.alike) * wrong)) / places)
