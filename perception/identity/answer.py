"""The answer to "which item is it?" at the finest level at which it can be trusted, or that nobody knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from perception.identity import logistic
from perception.identity.belief import Belief, Scale, Weight, believe, shares
from perception.identity.encoder import Vectors
from perception.identity.errors import GalleryError
from perception.identity.gallery import Gallery
from perception.identity.spelling import Spelling, counted
from perception.identity.text import Words
from perception.pose import Array

SURE = 0.99  # an answer is given at the finest level that is right as often as this
SHOWN = 5  # items named beside the answer
MOST_VIEWS = 4  # of an item that confidence is learned from; more count as many
INPUTS = ("log odds", "alike", "lead", "log views", "size", "mass")


class Level(Enum):
    """How fine an answer is."""

    ITEM = "item"
    FAMILY = "family"
    KIND = "kind"


class Told(NamedTuple):
    """Whether a manifest, a size, a weight, and what is written on the item are told beside the views."""

    manifest: bool
    size: bool
    weight: bool
    text: bool


TOLD = tuple(Told(a, b, c, text) for text, a, b, c in product((False, True), repeat=4))


@dataclass(frozen=True, eq=False)
class Calibration:
    """How far beliefs can be trusted, learned from the gallery itself.

    Attributes:
        scale: what a cosine is worth. spelling: how text is read.
        weights: of INPUTS and a constant, by level and by what is told beside the views.
    """

    scale: Scale
    spelling: Spelling
    weights: Mapping[tuple[Level, Told], Array]


@dataclass(frozen=True)
class Guess:
    """One level's best name, and the probability that it is right."""

    level: Level
    name: str
    confidence: float


@dataclass(frozen=True)
class Answer:
    """What an item is.

    Attributes:
        given: the finest guess that can be trusted; None: I don't know.
        guesses: of all levels, finest first. likely: items and their probabilities if it is one of the catalogue.
        read: the words that were read on it, each once.
    """

    given: Guess | None
    guesses: tuple[Guess, ...]
    likely: tuple[tuple[str, float], ...]
    read: Words = ()

    @property
    def known(self) -> float:
        """Probability that the best item is the right one: low for what the catalogue lacks."""
        return self.guesses[0].confidence


def answer(
    gallery: Gallery,
    calibration: Calibration,
    views: Vectors,
    manifest: Sequence[str] | None = None,
    size: Sequence[float] | None = None,
    weight: Weight | None = None,
    read: Sequence[Words] | None = None,
    sure: float = SURE,
) -> Answer:
    """What views of one item show.

    Args:
        views: vectors, shape (V, D), one at least. manifest: names of the items meant to be there.
        size: measured extents, metres. weight: as weighed. read: the words on each view, V.
        sure: how often an answer should be right.

    Raises:
        GalleryError: no views, or vectors of another length than the gallery's. MissingExtraError: words, but RapidFuzz
            is not installed.
    """
    if views.ndim != 2 or not len(views) or views.shape[1] != gallery.vectors.shape[1]:
        raise GalleryError(f"expected vectors of {gallery.vectors.shape[1]} numbers, got an array of {views.shape}")
    listed = None if manifest is None else listed_items(gallery, manifest)
    text = None if read is None else gallery.lexicon.likelihood(read, calibration.spelling)
    belief = believe(gallery, gallery.nearest(views), calibration.scale, listed, size, weight, text)
    told = Told(listed is not None, size is not None, weight is not None, read is not None)
    return replace(answered(gallery, calibration, belief, told, sure), read=tuple(counted(read or ())))


def answered(gallery: Gallery, calibration: Calibration, belief: Belief, told: Told, sure: float = SURE) -> Answer:
    """What a belief comes to."""
    guesses = tuple(_guess(gallery, calibration, belief, level, told) for level in Level)
    given = next((guess for guess in guesses if guess.confidence >= sure), None)
    names = [gallery.items[k].name for k in belief.items[:SHOWN]]
    return Answer(given, guesses, tuple(zip(names, map(float, belief.probability))))


def listed_items(gallery: Gallery, names: Sequence[str]) -> NDArray[np.bool_]:
    """Which items a manifest lists, shape (I,). What the catalogue lacks is passed over."""
    wanted = set(names)
    return np.array([item.name in wanted for item in gallery.items])


def groups(gallery: Gallery, level: Level) -> NDArray[np.int64]:
    """A number for each item's group at a level, shape (I,)."""
    own = {Level.ITEM: np.arange(len(gallery.items)), Level.FAMILY: gallery.families, Level.KIND: gallery.kinds}
    return own[level]


def inputs(belief: Belief, level_groups: NDArray[np.int64]) -> tuple[int, Array]:
    """A level's best group, and what its confidence is judged by, shape (len(INPUTS),)."""
    group, share = shares(belief, level_groups)
    own = level_groups[belief.items] == group
    share = min(max(share, 1e-4), 1 - 1e-4)
    alike = float(belief.fits.alike[own].max())
    other = float(belief.fits.alike[~own].max()) if (~own).any() else -1.0
    first = int(np.flatnonzero(own)[0])  # the likeliest of the group
    fits, views = (belief.fits.size[first], belief.fits.mass[first]), min(belief.views, MOST_VIEWS)
    return group, np.array([np.log(share / (1 - share)), alike, alike - other, np.log(views), *fits])


def _guess(gallery: Gallery, calibration: Calibration, belief: Belief, level: Level, told: Told) -> Guess:
    of = groups(gallery, level)
    group, x = inputs(belief, of)
    item = gallery.items[int(np.flatnonzero(of == group)[0])]
    confidence = float(logistic.probability(calibration.weights[level, told], x[None])[0])
    return Guess(level, str(getattr(item, "name" if level is Level.ITEM else level.value)), confidence)
