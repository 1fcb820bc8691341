"""The record of a simulated bin: the loop's outcomes joined with the truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from handpick.harm import HEADLINE
from handpick.machine import machine
from handpick.outcome import PickOutcome, Result
from handpick.record import (
    BinRecord,
    Collision,
    Damage,
    Disturbance,
    Fate,
    ItemRecord,
    PickRecord,
    SamplePick,
)
from sim.damage.ledger import Severity
from sim.judge import Place, Truth
from sim.lay import Lay
from sim.order_records import order_records
from sim.plan import BinTask
from sim.workers.pool import Progress

FATES = {
    Place.DESTINATION: Fate.PLACED,
    Place.SOURCE: Fate.LEFT,
    Place.OUTSIDE: Fate.DROPPED,
    Place.HAND: Fate.DROPPED,
}


def word(severity: Severity | None) -> str:
    """A severity by name, empty for no harm."""
    return severity.value if severity else ""


def joined(index: int, outcome: PickOutcome, truth: Truth, lay: Mapping[int, Lay]) -> PickRecord:
    """An outcome with the item that the tool really held, if it held any. lay: how items lay before the pick."""
    held = truth.moved(outcome.started, outcome.ended)
    if not held:
        return PickRecord(index, outcome)
    lain, item = lay.get(held[0]), truth.items[held[0]]
    return PickRecord(index, outcome, held[0], item.family, lain.value if lain else "", item.name)


def counted(truth: Truth) -> dict[str, int]:
    """How many items are where, and how many are damaged."""
    places = {place.value: sum(item.place is place for item in truth.items) for place in Place}
    damaged = sum(item.harm(HEADLINE) is not None for item in truth.items)
    undamaged = sum(item.placed_undamaged for item in truth.items)
    return {"items": len(truth.items), **places, "damaged": damaged, "placed_undamaged": undamaged}


def bin_record(
    task: BinTask,
    truth: Truth,
    picks: list[PickRecord],
    samples: list[SamplePick],
    lay: Mapping[int, Lay],
    seconds: float,
    stopped: str,
    cut: bool,
    renderer: str,
    orders: Sequence[str] = (),
) -> BinRecord:
    """What became of one bin. Of one that was cut short, what is in the hand counts as left.

    lay: how each item lay when it was last in the source. orders: names of ordered items, where items are ordered so.
    """
    lain = {number: found.value for number, found in lay.items()}
    fates = {**FATES, Place.HAND: Fate.LEFT} if cut else FATES
    items = tuple(
        ItemRecord(
            *(task.index, i.item, i.family, i.mass, fates[i.place]),
            *(word(i.strict), word(i.practical), lain.get(i.item, "")),
        )
        for i in truth.items
    )
    ledger = tuple(
        Damage(
            *(task.index, e.time, e.item, e.family, e.cause.value, e.figure, e.threshold, e.unit),
            *map(word, (e.strict, e.practical)),
        )
        for e in truth.events
    )
    first = picks[0].outcome.started if picks else 0.0
    last = picks[-1].outcome.ended if picks else 0.0
    released = [p.outcome.released for p in picks if p.outcome.result is Result.PLACED and p.outcome.released]
    until = max(released, default=last)
    dropped = {p.outcome.index for p in picks if p.outcome.result is Result.DROPPED}
    return BinRecord(
        task.index,
        task.orders,
        items,
        tuple(picks),
        ledger,
        seconds=(seconds if stopped else last) - first,
        seconds_to_last=until - first,
        samples=tuple(samples),
        stopped=stopped,
        cut=cut,
        collisions=tuple(Collision(task.index, c.time, c.link, c.other, c.force) for c in truth.collisions),
        disturbances=tuple(
            Disturbance(
                *(task.index, d.pick, d.kind.value if d.kind else "", d.time),
                *(min(d.ended, seconds), d.item, d.stopped),
                lost=truth.freed(d.time, d.ended) if d.pick in dropped else None,
            )
            for d in truth.disturbances
        ),
        renderer=renderer,
        machine=machine(),
        by_item=order_records(task.index, orders, picks, items),
    )


def unless_lost(done: Progress[BinRecord, PickRecord], task: BinTask) -> BinRecord:
    """A bin's record, or what its worker had told before it failed; its orders then count as missed."""
    if done.result is not None:
        return done.result
    last = done.news[-1].outcome.ended if done.news else 0.0
    return BinRecord(task.index, task.orders, (), tuple(done.news), (), last, last, error=done.error)
