"""Orders by name joined with the truth: what was delivered for each."""

from __future__ import annotations

from collections.abc import Sequence

from handpick.harm import HEADLINE
from handpick.outcome import Cause, Result
from handpick.record import Fate, ItemRecord, OrderFate, OrderRecord, PickRecord

STRANGE = "?"  # the name of what the catalogue lacks


def order_records(
    index: int, orders: Sequence[str], picks: Sequence[PickRecord], items: Sequence[ItemRecord]
) -> tuple[OrderRecord, ...]:
    """What became of each order of a bin. It counts as delivered if a pick for it ended with an item placed, and the
    item that was held in it really is in the destination.
    """
    return tuple(_record(index, number, name, picks, items) for number, name in enumerate(orders))


def _record(
    index: int, number: int, name: str, picks: Sequence[PickRecord], items: Sequence[ItemRecord]
) -> OrderRecord:
    own = [pick for pick in picks if pick.outcome.aim and pick.outcome.aim.order == number]
    placed = next((pick for pick in own if pick.outcome.result is Result.PLACED), None)
    fate, delivered = OrderFate.MISSED, ""
    if placed is not None and placed.item is not None:
        item = next(item for item in items if item.item == placed.item)
        if item.fate is Fate.PLACED:
            delivered = placed.name or STRANGE
            right = OrderFate.DAMAGED if item.harm(HEADLINE) else OrderFate.RIGHT
            fate = right if placed.name == name else OrderFate.WRONG
    last = own[-1].outcome if own else None
    return OrderRecord(
        *(index, number, name, fate, delivered, len(own)),
        moves=sum(pick.outcome.result is Result.MOVED for pick in own),
        put_back=sum(pick.outcome.cause is Cause.WRONG_ITEM for pick in own),
        seconds=sum(pick.outcome.ended - pick.outcome.started for pick in own),
        cause="" if last is None or placed is not None else str(last.cause or ""),
    )
