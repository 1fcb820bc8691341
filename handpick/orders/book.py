"""Orders that name items: all of a tote are open at once, and each is given up where it fails too often."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from handpick.outcome import Cause, PickOutcome, Result

PASSES = 12  # of the loop for one order, after which it is given up
LOOKS = 3  # in a row that lead to nothing, after which all are: nothing has moved in between


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
        self._passes = dict.fromkeys(range(len(items)), 0)
        self._idle = 0  # looks in a row that led to nothing
        self.delivered: list[Order] = []

    @property
    def orders(self) -> tuple[Order, ...]:
        return self._all

    @property
    def open(self) -> bool:
        """Whether any order is left to be served."""
        return bool(self._waiting)

    def waiting(self, carried: int | None = None) -> tuple[Order, ...]:
        """Those that are left, without the one, by its number, whose item is `carried`."""
        return tuple(order for order in self._waiting if order.number != carried)

    def gone(self, carried: int | None = None) -> frozenset[str]:
        """Items that are not in the tote any more, among them that of the order whose item is `carried`."""
        way = [order for order in self._waiting if order.number == carried]
        return frozenset(order.item for order in (*self.delivered, *way))

    def note(self, outcome: PickOutcome) -> None:
        """Keep what became of a pick."""
        if outcome.cause is Cause.NO_PLACE:
            return  # another destination will do
        self._idle = self._idle + 1 if outcome.result is Result.NOT_EXECUTED else 0
        if self._idle >= LOOKS:
            self._waiting.clear()
        elif outcome.aim and outcome.result is Result.PLACED:
            self._close(outcome.aim.order)
            self.delivered.append(self._all[outcome.aim.order])
        elif outcome.aim:
            self._passes[outcome.aim.order] += 1
            if self._passes[outcome.aim.order] >= PASSES:
                self._close(outcome.aim.order)

    def _close(self, number: int) -> None:
        self._waiting = [order for order in self._waiting if order.number != number]
