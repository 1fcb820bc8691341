"""What is in the bins: suites of families, and the items of one bin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from perception.errors import HandpickError

if TYPE_CHECKING:
    from numpy.random import Generator

    from sim.items.spec import ItemSpec

BIN_ITEMS = (10, 20)
BIN_VOLUME = 0.0125  # m^3 of the items' bounding boxes: 31% of the standard tote, about half of it once poured
LONGEST_EDGE = 0.52  # m, fits into the standard tote

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


def bin_specs(suite: str, rng: Generator) -> list[ItemSpec]:
    """The items of one bin: 10 to 20 as far as they fit, drawn by the suite's shares.

    Raises:
        UnknownSuiteError: no such suite; the message lists the valid names.
    """
    import numpy as np  # late, as the families: names of suites are checked before anything heavy is loaded

    from sim.items.catalog import make_item

    shares = suite_shares(suite)
    families, weights = list(shares), np.array(list(shares.values()))
    count = int(rng.integers(BIN_ITEMS[0], BIN_ITEMS[1] + 1))
    specs: list[ItemSpec] = []
    room = BIN_VOLUME
    while len(specs) < count:
        spec = make_item(families[int(rng.choice(len(families), p=weights / weights.sum()))], rng)
        volume = float(spec.size.prod())
        # What remains must hold the least number of items: one item never takes more than its share of it.
        share = room / max(1, BIN_ITEMS[0] - len(specs))
        if volume > max(share, 0) * 2.0 and len(specs) < BIN_ITEMS[0]:
            continue
        if volume > room and len(specs) >= BIN_ITEMS[0]:
            break
        if spec.size.max() <= LONGEST_EDGE:
            specs.append(spec)
            room -= volume
    return specs


def suite_shares(suite: str) -> Mapping[str, float]:
    """Share of each family in a suite.

    Raises:
        UnknownSuiteError: no such suite; the message lists the valid names.
    """
    if suite not in SUITES:
        raise UnknownSuiteError(f"unknown suite {suite!r}; choose one of {', '.join(SUITES)}")
    return SUITES[suite]
