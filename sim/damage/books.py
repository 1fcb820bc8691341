"""What opening does to books: how they land, how they hang, and whether a cup bends their covers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from perception.pose import Array
from sim.damage.impulse import Parties
from sim.damage.ledger import Cause
from sim.damage.verdicts import Verdict, hanging_verdict, landing_verdict, opening_risk
from sim.items.body import ItemBody
from sim.world import GRAVITY

ON = ("source", "destination", "table")
Found = tuple[int, Cause, Verdict | None]  # item, cause, verdict


class Books:
    """Follows the books of a bin. A book lands when it has been in the air and touches where it comes to lie.

    In the source a book that is still held does not land: it is being lifted from there.
    """

    def __init__(self, items: Sequence[ItemBody], parties: Parties) -> None:
        self._books = [(i, item) for i, item in enumerate(items) if item.spec.spread]
        self._destination = parties.number("destination")
        self._on = [parties.number(name) for name in ON]
        self._aloft = np.zeros(len(items), bool)  # has been in the air since the tool took it, or since it fell
        self._weights = np.array([item.spec.mass * GRAVITY for item in items])

    def fly(self, free: Array, taken: Sequence[int]) -> None:
        """Take the flight of one step. `free`: items, (N,), that touch nothing but the tool; `taken`: newly held."""
        self._aloft[list(taken)] = False
        self._aloft |= free

    def judge(self, forces: Array, free: Array, held: Sequence[int]) -> Iterator[Found]:
        """Verdicts on a moment. `forces` on each item by each party, newtons; `free` and `held` as in `fly`."""
        for i, item in self._books:
            opening = item.opening()
            yield i, Cause.OPENING, opening_risk(item.spec.fragility, opening)
            if free[i]:
                yield i, Cause.OVEROPENED, hanging_verdict(item.spec.fragility, opening)
            on = [self._destination] if i in held else self._on
            borne = float(forces[i, on].sum())
            if self._aloft[i] and borne > 0:
                yield i, Cause.FOLD, landing_verdict(item.spec.fragility, opening, borne / self._weights[i])
