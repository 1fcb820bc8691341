"""What is in the bins: suites of families, and the items of one bin."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from perception.errors import HandpickError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.random import Generator

    from sim.items.spec import ItemSpec

BIN_ITEMS = (10, 20)
BIN_VOLUME = 0.0125  # m^3 of the items' bounding boxes: 31% of the standard tote, about half of it once poured
LONGEST_EDGE = 0.52  # m, fits into the standard tote
MOST_REFUSED = 1000  # items in a row that are too large for the room that is left: then the bin has fewer

# Share of each family, by suite. `unseen` holds families that no other suite has: never trained or tuned on.
SUITES: Mapping[str, Mapping[str, float]] = {
    "boxes": {"carton": 0.75, "chocolate_bar": 0.25},
    "books": {"hardcover": 0.5, "paperback": 0.5},
    "bags": {"granule_bag": 0.4, "shirt": 0.35, "plush": 0.25},
    "mixed": {
        **{"hardcover": 0.10, "paperback": 0.14, "carton": 0.18, "chocolate_bar": 0.09, "gift_card": 0.05},
        **{"ruler": 0.04, "pen": 0.05, "bottle": 0.09, "can": 0.07, "granule_bag": 0.07, "shirt": 0.06, "plush": 0.06},
    },
    "unseen": {"hammer": 0.15, "light_bulb": 0.25, "poster_tube": 0.15, "random_urdf": 0.45},
}


class UnknownSuiteError(HandpickError):
    """No suite has this name."""


def bin_specs(suite: str, rng: Generator, make: Callable[[str, Generator], ItemSpec] | None = None) -> list[ItemSpec]:
    """The items of one bin: 10 to 20, or fewer where no more fit, drawn by the suite's shares.

    make: draws an item of a family; a new one if None.

    Raises:
        UnknownSuiteError: no such suite; the message lists the valid names.
    """
    import numpy as np  # late, as the families: names of suites are checked before anything heavy is loaded

    from sim.items.catalog import make_item

    make = make or make_item
    shares = suite_shares(suite)
    families, weights = list(shares), np.array(list(shares.values()))
    count = int(rng.integers(BIN_ITEMS[0], BIN_ITEMS[1] + 1))
    specs: list[ItemSpec] = []
    room, refused = BIN_VOLUME, 0
    while len(specs) < count and refused < MOST_REFUSED:
        spec = make(families[int(rng.choice(len(families), p=weights / weights.sum()))], rng)
        volume = float(spec.size.prod())
        # What remains must hold the least number of items: one item never takes more than its share of it.
        share = room / max(1, BIN_ITEMS[0] - len(specs))
        if volume > max(share, 0) * 2.0 and len(specs) < BIN_ITEMS[0]:
            refused += 1
            continue
        if volume > room and len(specs) >= BIN_ITEMS[0]:
            break
        if spec.size.max() <= LONGEST_EDGE:
            refused = 0
            specs.append(spec)
            room -= volume
    return specs


def suite_shares(suite: str) -> Mapping[str, float]:
    """Share of each family in a suite; of a folder of items made to order, that of each of them, by its file.

    Raises:
        UnknownSuiteError: no such suite; the message lists the valid names.
        ItemFileError: the folder has no items.
    """
    if suite in SUITES:
        return SUITES[suite]
    if not Path(suite).is_dir():
        raise UnknownSuiteError(f"unknown suite {suite!r}; choose one of {', '.join(SUITES)}, or a folder of items")
    from sim.items.item_file import item_files

    files = item_files(Path(suite))
    return {str(path): 1 / len(files) for path in files}


def made_of(suite: str) -> str:
    """SHA-256 of the items of a folder; empty for what has a name. Raises ItemFileError."""
    if suite in SUITES:
        return ""
    from sim.items.item_file import digest_of_items

    return digest_of_items(Path(suite))
