"""Orders that name items: served one after the other, put off where they cannot be, and given up at the second time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from handpick.outcome import Cause, PickOutcome, Result

PASSES = 6  # of the loop for one order, after which the next one's turn comes
LOOKS = 2  # in a row that lead to nothing, after which it does, too
ROUNDS = 2  # times that an order is tried: others' items may have lain on it


@dataclass(frozen=True)
class Order:
    """One item, by its name in the catalogue."""

    number: int
    item: str


class Book:
    """The orders of one tote. It knows what the robot believes to have done, not what is true."""

    def __init__(self, items: Sequence[str]) -> None:
        self._all = tuple(Order(number, item) for number, item in enumerate(items))
        self._waiting = list(self._all)
        self._rounds = dict.fromkeys(range(len(items)), 0)
        self._passes = self._looks = 0
        self.delivered: list[Order] = []

    @property
    def orders(self) -> tuple[Order, ...]:
        return self._all

    @property
    def open(self) -> bool:
        """Whether any order is left to be served."""
        return bool(self._waiting)

    def turn(self, carried: bool = False) -> Order | None:
        """Whose turn it is; None where none is left.

        carried: while what the first one asks for is on its way, so that the turn is the next one's.
        """
        return next(iter(self._waiting[carried:]), None)

    def gone(self, carried: bool = False) -> frozenset[str]:
        """Items that are not in the tote any more, the one on its way among them if one is `carried`."""
        way = self._waiting[: int(carried)]
        return frozenset(order.item for order in (*self.delivered, *way))

    def note(self, outcome: PickOutcome) -> None:
        """Keep what became of a pick. What failed too often lets others go first, and is given up at last."""
        if outcome.cause is Cause.NO_PLACE:
            return  # another destination will do
        if outcome.aim and outcome.result is Result.PLACED:
            self._close(outcome.aim.order)
            return
        self._passes += 1
        self._looks = self._looks + 1 if outcome.result is Result.NOT_EXECUTED else 0
        if self._waiting and (self._passes >= PASSES or self._looks >= LOOKS):
            self._put_off()

    def _close(self, number: int) -> None:
        self._waiting = [order for order in self._waiting if order.number != number]
        self.delivered.append(self._all[number])
        self._passes = self._looks = 0

    def _put_off(self) -> None:
        order = self._waiting.pop(0)
        self._rounds[order.number] += 1
        if self._rounds[order.number] < ROUNDS:
            self._waiting.append(order)
        self._passes = self._looks = 0
