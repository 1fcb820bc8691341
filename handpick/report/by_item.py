"""Orders by name in figures and in words: delivered right, damaged, wrong, or not at all, and what was set aside."""

from __future__ import annotations

from collections import Counter
from typing import Any

from handpick.outcome import Cause, Result
from handpick.record import OrderFate, PickRecord, RunRecord

UNKNOWN = "unknown"


def by_item(run: RunRecord) -> dict[str, Any]:
    """What became of the orders by name, order by order, and of what else was in hand; empty where there were none."""
    orders = [order for bin_ in run.bins for order in bin_.by_item]
    if not orders:
        return {}
    fates = Counter(order.fate for order in orders)
    causes = Counter(order.cause or "not reached" for order in orders if order.fate is OrderFate.MISSED)
    return {
        "orders": len(orders),
        **{fate.name.lower(): fates[fate] for fate in OrderFate},
        "moves": sum(order.moves for order in orders),
        "put_back": sum(order.put_back for order in orders),
        "why_missed": dict(sorted(causes.items(), key=lambda row: (-row[1], row[0]))),
        "list": [
            {
                **{"bin": o.bin, "order": o.number, "item": o.item, "fate": o.fate.value, "delivered": o.delivered},
                **{"picks": o.picks, "moves": o.moves, "put_back": o.put_back},
                **{"seconds": round(o.seconds, 3), "cause": o.cause},
            }
            for o in orders
        ],
        "set_aside": [
            {"bin": pick.bin, "pick": pick.outcome.index, "named": told(pick), "truly": pick.name or "not in catalogue"}
            for pick in run.picks
            if pick.item is not None and is_set_aside(pick)
        ],
    }


def is_set_aside(pick: PickRecord) -> bool:
    """Whether an item was put back, or elsewhere, for an order that names another."""
    outcome = pick.outcome
    moved = outcome.result is Result.MOVED and outcome.aim is not None
    return moved or outcome.cause is Cause.WRONG_ITEM


def told(pick: PickRecord) -> str:
    """What an item was found to be: in hand, else by what was seen of it in the tote."""
    aim = pick.outcome.aim
    return pick.outcome.inspected or (aim.taken if aim else "") or UNKNOWN


def order_lines(rows: dict[str, Any]) -> list[str]:
    """Orders by name as the terminal shows them."""
    if not rows:
        return []
    n, counts = rows["orders"], [(fate.value, rows[fate.name.lower()]) for fate in OrderFate]
    lines = [
        "",
        "  orders by item",
        *(f"    {name:24s}{count:5d}   {count / n:6.1%}" for name, count in counts),
        f"    items moved for others  {rows['moves']:5d}, put back after a look in hand {rows['put_back']}",
    ]
    if rows["why_missed"]:
        lines.append("    why not delivered: " + ", ".join(f"{cause} {n}" for cause, n in rows["why_missed"].items()))
    return lines
