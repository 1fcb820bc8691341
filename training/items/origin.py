"""The item that a path begins at: of a file, or of a family as drawn from a seed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from perception.pose import Array
from sim.items.catalog import make_item
from sim.items.description import Description
from sim.items.item_file import SUFFIX, read_item
from sim.render.base import Renderer
from training.errors import ItemError
from training.items.describe import describe
from training.items.space import Space


@dataclass(frozen=True, eq=False)
class Start:
    """A name, latent values (Z,), and what harms the item; `true` is the item itself, of which the space keeps some."""

    name: str
    z: Array
    kind: str
    true: Description


def start_of(text: str, space: Space, renderer: Renderer) -> Start:
    """The item that a text names: a file as handpick items make writes it, or FAMILY:SEED.

    Raises:
        ItemFileError: the file is no item. UnknownFamilyError: no such family.
        ItemError: no seed is told. GeometryError: the family's item cannot be described.
    """
    if text.endswith(SUFFIX) or Path(text).exists():
        true, about = read_item(Path(text))
        known = about.get("space") == space.meaning and len(about.get("latent", ())) == space.size
        z = np.array(about["latent"], np.float64) if known else space.encode(true)
        return Start(Path(text).stem, z, true.kind, true)
    family, colon, seed = text.partition(":")
    if not colon or not (seed.isascii() and seed.isdigit()):
        raise ItemError(f"expected a file of an item ({SUFFIX}) or FAMILY:SEED, as in carton:3; got {text!r}")
    true = describe(make_item(family, np.random.default_rng(int(seed))), renderer)
    return Start(f"{family}_{seed}", space.encode(true), true.kind, true)
