"""A shop in simulation: a catalogue of items drawn from a seed, and bins filled with them to serve orders by name.

The specs are the simulation's truth; the robot gets the rendered catalogue, a manifest, and the names that are ordered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.random import Generator

from sim.catalogue.lookalikes import CatalogueItem, catalogue_items
from sim.items.catalog import make_item
from sim.items.spec import ItemSpec
from sim.suites import bin_specs, suite_shares

ORDERED = 0.5  # share of a bin's items that somebody orders


@dataclass(frozen=True)
class Shop:
    """What decides a shop.

    Attributes:
        suite: kinds of items and their shares. items: in the catalogue, look-alikes among them. seed: that draws them.
        pictures: of each item, at most. absent: share of what is in the bins that the catalogue lacks.
        errors: share of the names on a manifest that are wrong.
    """

    suite: str = "mixed"
    items: int = 200
    pictures: int = 4
    seed: int = 0
    absent: float = 0.03
    errors: float = 0.05

    def catalogue(self) -> dict[str, object]:
        """What decides its pictures, as plain JSON data."""
        told = asdict(self)
        return {name: told[name] for name in ("suite", "items", "pictures", "seed")}


@dataclass(frozen=True, eq=False)
class NamedBin:
    """A bin and what the robot is told of it.

    Attributes:
        specs: what is truly in it, each with its name, or none.
        manifest: names that should be in it. orders: names that are ordered out of it, one after the other.
    """

    specs: tuple[ItemSpec, ...]
    manifest: tuple[str, ...]
    orders: tuple[str, ...]


@lru_cache(maxsize=2)
def stock(shop: Shop) -> tuple[CatalogueItem, ...]:
    """The items of the catalogue; their specs bear their names. Raises UnknownSuiteError."""
    made = catalogue_items(shop.items, np.random.default_rng([shop.seed, 7]), of=suite_shares(shop.suite))
    return tuple(replace(item, spec=replace(item.spec, name=item.name)) for item in made)


def named_bin(shop: Shop, items: Generator, told: Generator) -> NamedBin:
    """Fill a bin out of the stock, no item twice, some that the catalogue lacks among them.

    Args:
        items: draws what is in it. told: draws what is said of it and ordered.
    """
    by_kind: dict[str, list[ItemSpec]] = {}
    for item in stock(shop):
        by_kind.setdefault(item.kind, []).append(item.spec)

    def make(family: str, rng: Generator) -> ItemSpec:
        known = by_kind.get(family, [])
        return known[int(rng.integers(len(known)))] if known and rng.random() >= shop.absent else make_item(family, rng)

    drawn = bin_specs(shop.suite, items, make)
    specs = [spec for k, spec in enumerate(drawn) if not any(spec is other for other in drawn[:k])]
    there = [spec.name for spec in specs if spec.name]
    manifest = _manifest(there, [item.name for item in stock(shop)], shop.errors, told)
    orderable = [name for name in there if name in manifest]
    orders = told.permutation(np.array(orderable, dtype=str))[: max(1, round(ORDERED * len(there)))]
    return NamedBin(tuple(specs), manifest, tuple(str(name) for name in orders))


def _manifest(there: Sequence[str], known: Sequence[str], errors: float, rng: Generator) -> tuple[str, ...]:
    """Names of what is there, some of them replaced by others of the catalogue; in no order that tells anything."""
    wrong = rng.random(len(there)) < errors
    listed = [known[int(rng.integers(len(known)))] if bad else name for name, bad in zip(there, wrong)]
    return tuple(str(name) for name in rng.permutation(sorted(set(listed))))
