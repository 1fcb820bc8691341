"""Items that the learned space is made of: families that are not held back, and solids of no family."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
from numpy.random import Generator

from perception.errors import GeometryError
from sim.items.catalog import FAMILIES
from sim.items.description import BOUNDS, Description
from sim.items.spec import ItemSpec
from sim.render.base import Renderer
from sim.suites import SUITES
from training.completion.random_solids import random_solid
from training.items.describe import describe
from training.split import UNSEEN

SOLID_SHARE = 0.35  # of the samples that are of no family
OPENED, HEAVY_ENDED = 0.3, 0.5  # share of samples that get windows, and another centre of mass
STRETCH = 0.25  # standard deviation of the logarithm of what each edge is stretched by
KNOWN = tuple(name for name in FAMILIES if name not in SUITES[UNSEEN])


def samples(count: int, renderer: Renderer, rng: Generator) -> Iterator[Description]:
    """So many descriptions, drawn."""
    while count > 0:
        try:
            yield varied(describe(_drawn(rng), renderer), rng)
            count -= 1
        except GeometryError:  # a sliver, or one that stretching made larger than any item
            continue


def varied(description: Description, rng: Generator) -> Description:
    """The same item with other proportions, maybe with windows or a heavy end."""
    stretched = description.size * np.exp(STRETCH * rng.normal(size=3))
    size = stretched if (np.diff(stretched) <= 0).all() else description.size  # the longest edge stays the first
    openings, balance = np.zeros(6), np.zeros(3)
    if rng.random() < OPENED:
        faces = rng.permutation(6)[: int(rng.integers(1, 5))]
        openings[faces] = rng.uniform(0.2, 0.9, len(faces))
    if rng.random() < HEAVY_ENDED:
        balance = np.clip(rng.normal(0, 0.08, 3), *BOUNDS["balance"])
    return replace(description, size=np.clip(size, *BOUNDS["size"]), openings=openings, balance=balance)


def _drawn(rng: Generator) -> ItemSpec:
    make: Callable[[Generator], ItemSpec] = (
        random_solid if rng.random() < SOLID_SHARE else FAMILIES[KNOWN[int(rng.integers(len(KNOWN)))]]
    )
    return make(rng)
