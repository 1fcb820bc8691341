"""Solids of no family: what completion learns from besides the goods of the suites, lest it know these by heart.

Hulls of random points, superellipsoids, turned bodies, and two or three convex pieces stuck into one another.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
from numpy.random import Generator

from perception.pose import Array
from sim.items.foreign import of_pieces
from sim.items.meshes import Triangles, ellipsoid_mesh, hull_mesh
from sim.items.spec import ItemSpec
from sim.suites import BIN_ITEMS, BIN_VOLUME

FAMILY = "random_solid"
SOLIDS = "solids"  # the suite of them
LONGEST = (0.05, 0.24)  # metres
SIDES = 24

Piece = tuple[Array, Triangles]


def random_solid(rng: Generator) -> ItemSpec:
    """Draw a solid."""
    makers: tuple[Callable[[Generator], list[Piece]], ...] = (_hull, _superellipsoid, _turned_body, _composite)
    pieces = makers[int(rng.integers(len(makers)))](rng)
    return of_pieces(FAMILY, pieces, float(rng.uniform(*LONGEST)), rng)


def solid_specs(rng: Generator) -> list[ItemSpec]:
    """The items of a bin of solids, as many as fit."""
    specs, room = [], BIN_VOLUME
    for _ in range(int(rng.integers(BIN_ITEMS[0], BIN_ITEMS[1] + 1))):
        spec = random_solid(rng)
        room -= float(spec.size.prod())
        if room > 0:
            specs.append(spec)
    return specs


def _edges(rng: Generator) -> Array:
    """Relative extents along three axes: from cubes to plates and rods."""
    return np.array([1.0, *np.exp(-rng.uniform(0, 1.6, 2))])


def _hull(rng: Generator) -> list[Piece]:
    directions = rng.normal(size=(int(rng.integers(8, 40)), 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    return [hull_mesh(directions * rng.uniform(0.6, 1.0, (len(directions), 1)) * _edges(rng))]


def _superellipsoid(rng: Generator) -> list[Piece]:
    vertices, _, _ = ellipsoid_mesh(_edges(rng), 12, 20, float(np.exp(rng.uniform(np.log(1.6), np.log(9)))))
    return [hull_mesh(vertices)]


def _turned_body(rng: Generator) -> list[Piece]:
    """Frusta on each other: bottles, bulbs, dumbbells."""
    count = int(rng.integers(2, 6))
    radius = rng.uniform(0.25, 1.0, count) * np.exp(rng.uniform(-1.2, 0.0))
    height = np.cumsum(rng.uniform(0.2, 1.0, count))
    turn = np.linspace(0, 2 * np.pi, SIDES, endpoint=False)
    ring = np.column_stack([np.cos(turn), np.sin(turn)])
    rings = [np.column_stack([r * ring, np.full(SIDES, z)]) for r, z in zip(radius, height / height[-1])]
    return [hull_mesh(np.concatenate(pair)) for pair in pairwise(rings)]


def _composite(rng: Generator) -> list[Piece]:
    """Boxes, hulls and ellipsoids, each with its middle inside the first."""
    first = _one(rng)
    reach = np.abs(first[0]).max(axis=0)
    pieces = [first]
    for _ in range(int(rng.integers(1, 3))):
        vertices, triangles = _one(rng)
        pieces.append((vertices * rng.uniform(0.4, 1.0) + rng.uniform(-0.9, 0.9, 3) * reach, triangles))
    return pieces


def _one(rng: Generator) -> Piece:
    if rng.random() < 0.5:
        corners = np.array(np.meshgrid(*[(-0.5, 0.5)] * 3)).reshape(3, -1).T
        return hull_mesh(corners * _edges(rng)[rng.permutation(3)])
    return hull_mesh(0.5 * _hull(rng)[0][0][:, rng.permutation(3)])
