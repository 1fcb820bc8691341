"""Items of a catalogue with look-alikes: the same shape under other prints, and the same print in another size.

An item's place in the hierarchy: kind (what the simulator calls a family: carton, paperback ...), family (a base item
with its look-alikes), item.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator

from sim.items.catalog import make_item
from sim.items.spec import BodySpec, ItemSpec
from sim.render.visual import VisualMesh

# Shares of kinds: those of the suite `mixed`, and what is printed among the suite `unseen`.
SHARES: Mapping[str, float] = {
    **{"hardcover": 0.12, "paperback": 0.16, "carton": 0.20, "chocolate_bar": 0.10, "gift_card": 0.06, "ruler": 0.03},
    **{"pen": 0.03, "bottle": 0.08, "can": 0.08, "granule_bag": 0.06, "shirt": 0.03, "plush": 0.02, "light_bulb": 0.03},
}
LONGEST_FAMILY = 4
RESIZED = 1.15  # least ratio of edges at which the same print is another size
TRIES = 40


@dataclass(frozen=True, eq=False)
class CatalogueItem:
    """An item that has a name."""

    name: str
    family: str
    kind: str
    spec: ItemSpec


def catalogue_items(
    count: int, rng: Generator, prefix: str = "", of: Mapping[str, float] = SHARES
) -> list[CatalogueItem]:
    """That many items, family after family. of: shares of kinds."""
    kinds, shares = list(of), np.array(list(of.values()))
    items: list[CatalogueItem] = []
    number = 0
    while len(items) < count:
        kind = kinds[int(rng.choice(len(kinds), p=shares / shares.sum()))]
        family = f"{prefix}{kind}-{number:04d}"
        specs = look_alikes(kind, int(rng.integers(1, LONGEST_FAMILY + 1)), rng)
        items += [CatalogueItem(f"{family}-{letter}", family, kind, spec) for letter, spec in zip("abcdefgh", specs)]
        number += 1
    return items[:count]


def look_alikes(kind: str, count: int, rng: Generator) -> list[ItemSpec]:
    """A base item, then in turn its shape under another print and its print in another size."""
    base = make_item(kind, rng)
    made = [base]
    for number in range(1, count):
        other = make_item(kind, rng)
        if number % 2:
            made.append(printed(base, other))
        else:
            made.append(printed(_resized(base, other, rng), base))
    return made


def printed(shape: ItemSpec, print_: ItemSpec) -> ItemSpec:
    """The shape of one item with the print of another of its family, link for link."""
    looks = [link.visual for link in print_.links]
    bodies, number = [], 0
    for body in shape.bodies:
        links = []
        for link in body.links:
            look = looks[min(number, len(looks) - 1)]
            links.append(replace(link, visual=_with_look(link.visual, look)))
            number += 1
        bodies.append(BodySpec(tuple(links), body.origin, body.pressing))
    skin = shape.skin
    if skin is not None and print_.skin is not None:
        skin = replace(skin, mesh=_with_look(skin.mesh, print_.skin.mesh))
    return replace(shape, bodies=tuple(bodies), skin=skin)


def _with_look(mesh: VisualMesh, look: VisualMesh) -> VisualMesh:
    return replace(mesh, color=look.color, texture=look.texture if mesh.uv is not None else None, gloss=look.gloss)


def _resized(base: ItemSpec, first: ItemSpec, rng: Generator) -> ItemSpec:
    """Another draw of the same kind whose size differs so much that a shop would list it beside the base."""
    other = first
    for _ in range(TRIES):
        ratios = other.size / base.size
        if len(other.links) == len(base.links) and max(ratios.max(), 1 / ratios.min()) >= RESIZED:
            return other
        other = make_item(first.family, rng)
    return other
