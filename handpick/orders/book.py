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
        self._rounds, self._passes, self._looks = (dict.fromkeys(range(len(items)), 0) for _ in range(3))
        self.delivered: list[Order] = []

    @property
    def orders(self) -> tuple[Order, ...]:
        return self._all

    @property
    def open(self) -> bool:
        """Whether any order is left to be served."""
        return bool(self._waiting)

    def waiting(self, carried: int | None = None) -> tuple[Order, ...]:
        """Those that are left, the next one first, without the one, by its number, whose item is `carried`."""
        return tuple(order for order in self._waiting if order.number != carried)

    def gone(self, carried: int | None = None) -> frozenset[str]:
        """Items that are not in the tote any more, among them that of the order whose item is `carried`."""
        way = [order for order in self._waiting if order.number == carried]
        return frozenset(order.item for order in (*self.delivered, *way))

    def note(self, outcome: PickOutcome) -> None:
        """Keep what became of a pick. What failed too often lets others go first, and is given up at last."""
        if outcome.cause is Cause.NO_PLACE:
            return  # another destination will do
        first = self._waiting[0].number if self._waiting else None
        number = outcome.aim.order if outcome.aim else first
        if outcome.aim and outcome.result is Result.PLACED:
            self._close(outcome.aim.order)
        elif any(order.number == number for order in self._waiting):
            assert number is not None
            self._passes[number] += 1
            self._looks[number] = self._looks[number] + 1 if outcome.result is Result.NOT_EXECUTED else 0
            if self._passes[number] >= PASSES or self._looks[number] >= LOOKS:
                self._put_off(number)

    def _close(self, number: int) -> None:
        self._waiting = [order for order in self._waiting if order.number != number]
        self.delivered.append(self._all[number])

    def _put_off(self, number: int) -> None:
        self._waiting = [order for order in self._waiting if order.number != number]
        self._rounds[number] += 1
        if self._rounds[number] < ROUNDS:
            self._waiting.append(self._all[number])
        self._passes[number] = self._looks[number] = 0
