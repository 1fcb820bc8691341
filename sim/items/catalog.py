"""All families of items by name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from numpy.random import Generator

from perception.errors import HandpickError
from sim.items.books import hardcover, paperback
from sim.items.boxes import carton, chocolate_bar, gift_card, light_bulb, ruler
from sim.items.foreign import random_urdf
from sim.items.item_file import SUFFIX, item_from
from sim.items.round_goods import bottle, can, hammer, pen, poster_tube
from sim.items.soft_goods import granule_bag, plush, shirt
from sim.items.spec import ItemSpec

Family = Callable[[Generator], ItemSpec]

FAMILIES: dict[str, Family] = {
    family.__name__: family
    for family in (
        *(hardcover, paperback),
        *(carton, chocolate_bar, gift_card, ruler, light_bulb),
        *(poster_tube, pen, bottle, can, hammer),
        *(granule_bag, shirt, plush),
        random_urdf,
    )
}


class UnknownFamilyError(HandpickError):
    """No family of items has this name."""


def make_item(family: str, rng: Generator) -> ItemSpec:
    """Draw an item of a family; or the item of a file (`sim.items.item_file`), of which there is one.

    Raises:
        UnknownFamilyError: no such family; the message lists the valid names.
        ItemFileError: the file is no item.
    """
    if family.endswith(SUFFIX):
        return item_from(Path(family))
    if family not in FAMILIES:
        raise UnknownFamilyError(f"unknown family {family!r}; choose one of {', '.join(FAMILIES)}")
    return FAMILIES[family](rng)
