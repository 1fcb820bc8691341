"""Which item is it, by all that is known: its look, its size and weight, what is written on it and what is expected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from perception.identity.errors import GalleryError
from perception.identity.gallery import Gallery
from perception.identity.spelling import VIEWS_POWER
from perception.pose import Array

CONSIDERED = 64  # items beside those of the manifest
MANIFEST_FLOOR = 0.005  # share of what is in a tote though its manifest does not list it
SIZE_SPREAD = (0.03, 0.05, 0.2)  # relative errors of the extents of what is seen whole, longest first
COVERED = 0.25  # how often an extent is measured of a part: something lies on the item, or it hides its own thickness
SHORTER, LONGER = 0.8, 0.3  # mean logarithm by which an extent is then too short, or, a tenth as likely, too long
_TOO_SHORT = 10 / 11
MASS_SPREAD = 0.03  # relative, of items of one name: how they are filled, and what is told of them
OTHER_MASS = 0.05  # how often a weight says nothing: a part was weighed, or two items
MASSES = (0.01, 3.0)  # kg, between which a weight then is, alike on a logarithmic scale


@dataclass(frozen=True, eq=False)
class Belief:
    """Items that come into question.

    Attributes:
        items: indices in the gallery, most probable first. probability: of each, sums to 1, shape (C,).
        fits: how well each would fit what was measured, by itself.
        views: how many there are.
    """

    items: NDArray[np.int64]
    probability: Array
    fits: Fits
    views: int


@dataclass(frozen=True, eq=False)
class Fits:
    """How well items fit what was seen and measured, each by itself, shapes (I,).

    Attributes:
        alike: mean cosine of the views, less what crowding adds. size, mass: log likelihoods; 0 where not measured.
    """

    alike: Array
    size: Array
    mass: Array

    def of(self, items: NDArray[np.int64]) -> Fits:
        """Those of some items."""
        return Fits(self.alike[items], self.size[items], self.mass[items])


@dataclass(frozen=True)
class Weight:
    """What an item was found to weigh. mass: kilograms; error: of the scale, its standard deviation, kilograms."""

    mass: float
    error: float = 0.002

    def __post_init__(self) -> None:
        if not (0 < self.mass < 100 and 0 < self.error < 100):
            raise GalleryError(f"expected a mass and its error in kilograms, got {self.mass} and {self.error}")


@dataclass(frozen=True)
class Scale:
    """What a cosine is worth.

    Attributes:
        sharpness: of likelihoods, per unit of cosine.
        crowding: cosine by which anything is nearer to an item, per unit of the logarithm of its pictures.
    """

    sharpness: float
    crowding: float


def believe(
    gallery: Gallery,
    nearest: NDArray[np.float32],
    scale: Scale,
    manifest: NDArray[np.bool_] | None = None,
    size: Sequence[float] | Array | None = None,
    weight: Weight | None = None,
    text: Array | None = None,
) -> Belief:
    """Weigh the items, each by itself.

    Args:
        nearest: as `Gallery.nearest` gives them, shape (V, I).
        scale: of likelihoods.
        manifest: which items are meant to be there, shape (I,). size: measured extents, metres. weight: as weighed.
        text: log likelihood of what is written on it, shape (I,).
    """
    log, fits = likelihood(gallery, nearest, scale, size, weight, text)
    if manifest is not None:
        log = log + np.log(manifest_prior(manifest))
    return ranked(np.exp(log - log.max()), fits, len(nearest))


def likelihood(
    gallery: Gallery,
    nearest: NDArray[np.float32],
    scale: Scale,
    size: Sequence[float] | Array | None = None,
    weight: Weight | None = None,
    text: Array | None = None,
) -> tuple[Array, Fits]:
    """Log likelihood of what was seen and measured for each item, up to a constant, shape (I,), and how each fits."""
    look, alike = look_likelihood(gallery, nearest, scale)
    nothing = np.zeros(len(look))
    of_size = nothing if size is None else size_likelihood(gallery, size)
    of_mass = nothing if weight is None else mass_likelihood(gallery, weight)
    return look + of_size + of_mass + (nothing if text is None else text), Fits(alike, of_size, of_mass)


def ranked(weight: Array, fits: Fits, views: int) -> Belief:
    """The likeliest of all items of a gallery, by weights (I,) of all."""
    count = min(CONSIDERED, len(weight))
    chosen = np.argpartition(-weight, count - 1)[:count]
    chosen = chosen[np.argsort(-weight[chosen], kind="stable")]
    return Belief(chosen, weight[chosen] / weight[chosen].sum(), fits.of(chosen), views)


def look_likelihood(gallery: Gallery, nearest: NDArray[np.float32], scale: Scale) -> tuple[Array, Array]:
    """Log likelihood of the views for each item by their look, up to a constant, and how alike they are; shapes (I,).

    nearest: as `Gallery.nearest` gives them, shape (V, I).
    """
    alike = nearest.mean(axis=0).astype(np.float64) - scale.crowding * np.log(gallery.counts)
    return scale.sharpness * len(nearest) ** VIEWS_POWER * alike, alike


def manifest_prior(manifest: NDArray[np.bool_]) -> Array:
    """Of each item, shape (I,): most of it on what is listed, and a floor for everything."""
    listed = int(manifest.sum())
    if not listed:
        return np.full(len(manifest), 1 / len(manifest))
    return (1 - MANIFEST_FLOOR) * manifest / listed + MANIFEST_FLOOR / len(manifest)


def size_likelihood(gallery: Gallery, size: Sequence[float] | Array) -> Array:
    """Log likelihood of measured extents (in any order) for each item, shape (I,); the mean where none is known.

    Raises:
        GalleryError: not three lengths.
    """
    if len(size) != 3 or not all(0 < edge < 10 for edge in size):
        raise GalleryError(f"expected three extents in metres, got {tuple(size)}")
    known = np.array([item.size is not None for item in gallery.items])
    sizes = np.array([sorted(item.size, reverse=True) for item in gallery.items if item.size is not None])
    return _logs(known, _edges(np.log(np.sort(size)[::-1] / sizes.reshape(-1, 3))).prod(axis=1))


def mass_likelihood(gallery: Gallery, weight: Weight) -> Array:
    """Log likelihood of a weight for each item, shape (I,); the mean where none is known."""
    known = np.array([item.mass is not None for item in gallery.items])
    masses = np.array([item.mass for item in gallery.items if item.mass is not None], np.float64)
    spread = np.hypot(MASS_SPREAD * masses, weight.error)
    own = np.exp(-0.5 * ((weight.mass - masses) / spread) ** 2) / (np.sqrt(2 * np.pi) * spread)
    other = 1 / (weight.mass * np.log(MASSES[1] / MASSES[0]))
    return _logs(known, (1 - OTHER_MASS) * own + OTHER_MASS * other)


def weighed(mass: float, error: float, rng: Generator) -> Weight:
    """An item of some mass as it would be weighed: a draw from what `mass_likelihood` weighs."""
    found = mass * (1 + MASS_SPREAD * rng.standard_normal()) + error * rng.standard_normal()
    other = float(np.exp(rng.uniform(*np.log(MASSES))))
    return Weight(max(1e-3, other if rng.random() < OTHER_MASS else found), error)


def _logs(known: NDArray[np.bool_], likelihood: Array) -> Array:
    """Logarithms of the likelihoods of those items (I,) of which something is known; of the others, their mean's."""
    out = np.zeros(len(known))
    if known.any():
        out[:] = np.log(likelihood.mean())
        out[known] = np.log(likelihood)
    return out


def _edges(off: Array) -> Array:
    """Likelihood of logarithms of measured over true extents, shape (N, 3)."""
    whole = np.exp(-0.5 * (off / SIZE_SPREAD) ** 2) / (np.sqrt(2 * np.pi) * np.array(SIZE_SPREAD))
    part = np.where(off < 0, np.exp(off / SHORTER) / SHORTER, 0.1 * np.exp(-np.abs(off) / LONGER) / LONGER)
    return np.asarray((1 - COVERED) * whole + COVERED * part)


def measured(size: Sequence[float], rng: Generator) -> Array:
    """Extents of an item of some size as they would be measured, shape (3,): a draw from what `_edges` weighs."""
    whole = rng.normal(0, SIZE_SPREAD)
    part = np.where(rng.random(3) < _TOO_SHORT, -rng.exponential(SHORTER, 3), rng.exponential(LONGER, 3))
    off = np.where(rng.random(3) < COVERED, part, whole)
    return np.asarray(np.clip(np.sort(size)[::-1] * np.exp(off), 1e-3, 9.0))


def shares(belief: Belief, groups: NDArray[np.int64]) -> tuple[int, float]:
    """The group (family, kind or item, by item of the gallery) with the greatest probability, and that."""
    own = groups[belief.items]
    found, inverse = np.unique(own, return_inverse=True)
    sums = np.bincount(inverse, weights=belief.probability)
    best = int(np.argmax(sums))
    return int(found[best]), float(sums[best])
