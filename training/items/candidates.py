"""Items of the space by their latent values, as a search and its judges handle them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.random import Generator

from perception.errors import GeometryError
from perception.pose import Array
from sim.items.description import Description
from sim.items.made_item import spec_of
from sim.render.base import Renderer
from training.items.measure import measured
from training.items.possible import problems
from training.items.space import Space
from training.items.tries import Latent


@dataclass(frozen=True, eq=False)
class Candidates:
    """Items of the space: latent values (N, Z), what harms each, and what each is measured to be like (N, A)."""

    z: Array
    kinds: tuple[str, ...]
    attributes: Array

    def latent(self, number: int) -> Latent:
        return tuple(self.z[number].tolist()), self.kinds[number]

    def __len__(self) -> int:
        return len(self.z)

    def only(self, rows: Sequence[int]) -> Candidates:
        return Candidates(self.z[list(rows)], tuple(self.kinds[k] for k in rows), self.attributes[list(rows)])

    def with_(self, other: Candidates) -> Candidates:
        z, attributes = np.concatenate([self.z, other.z]), np.concatenate([self.attributes, other.attributes])
        return Candidates(z, self.kinds + other.kinds, attributes)


def drawn(space: Space, count: int, renderer: Renderer, rng: Generator) -> Candidates:
    """So many possible items at random."""
    return made(space, count, renderer, lambda: space.draw(rng))


def made(space: Space, count: int, renderer: Renderer, draw: Callable[[], tuple[Array, str]]) -> Candidates:
    """So many items that can be, of those that are drawn."""
    z: list[Array] = []
    kinds: list[str] = []
    attributes: list[Array] = []
    while len(z) < count:
        latent, kind = draw()
        try:
            spec = spec_of(space.decode(latent, kind))
        except GeometryError:
            continue
        if not problems(spec):
            z.append(latent)
            kinds.append(kind)
            attributes.append(measured(spec, renderer))
    return Candidates(np.array(z), tuple(kinds), np.array(attributes))


def read(found: Sequence[tuple[Description, dict[str, Any]]], space: Space, renderer: Renderer) -> Candidates:
    """Items that `write` wrote."""
    z = np.array([about.get("latent") or space.encode(description) for description, about in found])
    attributes = np.array([measured(spec_of(description), renderer) for description, _ in found])
    return Candidates(z, tuple(description.kind for description, _ in found), attributes)


def inputs(space: Space, items: Candidates, units: Array) -> Array:
    """What the surrogate sees of items: attributes over `units` (A,), and latent values over twice their spreads."""
    return np.concatenate([items.attributes / units, 0.5 * space.scaled(items.z)], axis=1)
