"""What was believed of grasps, beside what came of them: whether odds are as sure as they say, by tool and skill."""

from __future__ import annotations

from typing import Any

import numpy as np

from handpick.harm import HEADLINE
from handpick.outcome import Cause, PickOutcome
from handpick.record import BinRecord, RunRecord

# Whether the tool acquired the item, where the hold decided how the pick ended.
ACQUIRED = {
    None: True,
    Cause.NO_HOLD: False,
    Cause.GAVE_WAY: True,
    Cause.LOST_ON_LIFTING: True,
    Cause.LOST_IN_TRANSFER: True,
    Cause.LEFT_A_PART: True,
    Cause.HOLD_TIRED: True,
}
EVENTS = ("acquired", "held", "harmed")  # of the picks; of those that acquired an item; of the same

Row = dict[str, Any]


def believed(run: RunRecord) -> dict[str, Row]:
    """By tool and skill: picks that were decided by odds, how many acquired, and the mean odds and shares of EVENTS.

    Picks are left out that ended by what is not the hold's fault, and those that move things aside.
    """
    ways: dict[str, list[tuple[PickOutcome, bool]]] = {}
    for bin_ in run.bins:
        for outcome, harmed in zip((pick.outcome for pick in bin_.picks), harms(bin_)):
            if outcome.believed is not None and outcome.cause in ACQUIRED:
                ways.setdefault(f"{outcome.hold} {outcome.skill}", []).append((outcome, harmed))
    return {way: row(some) for way, some in sorted(ways.items())}


def harms(bin_: BinRecord) -> list[bool]:
    """Whether something that was whole was damaged from the beginning of each pick to that of the next."""
    started = [pick.outcome.started for pick in bin_.picks]
    first: dict[int, float] = {}  # when each item was damaged
    for damage in bin_.ledger:
        if damage.under(HEADLINE):
            first[damage.item] = min(damage.time, first.get(damage.item, np.inf))
    times = np.array(list(first.values()))
    return [bool(((times >= begin) & (times < end)).any()) for begin, end in zip(started, [*started[1:], np.inf])]


def row(picks: list[tuple[PickOutcome, bool]]) -> Row:
    """Means over picks, each with whether it did harm."""
    odds = [outcome.believed for outcome, _ in picks]
    acquired = np.array([ACQUIRED[outcome.cause] for outcome, _ in picks])
    came = {
        "acquired": acquired,
        "held": np.array([outcome.cause is None for outcome, _ in picks])[acquired],
        "harmed": np.array([harmed for _, harmed in picks])[acquired],
    }
    told = {
        "acquired": np.array([each.acquire for each in odds if each]),
        "held": np.array([each.hold for each in odds if each])[acquired],
        "harmed": np.array([each.damage for each in odds if each])[acquired],
    }
    means = {event: {"believed": mean(told[event]), "came": mean(came[event])} for event in EVENTS}
    return {"picks": len(picks), "acquired_picks": int(acquired.sum()), **means}


def mean(values: np.ndarray) -> float | None:
    """To six digits; None of nothing."""
    return round(float(values.mean()), 6) if len(values) else None


def believed_lines(rows: dict[str, Row]) -> list[str]:
    """The same as text: what was believed, and what came."""
    if not rows:
        return []
    header = f"  {'believed / came':20s}{'picks':>7s}" + "".join(f"{event:>16s}" for event in EVENTS)
    return ["", header] + [
        f"  {way:20s}{row['picks']:7d}" + "".join(f"{beside(row[event]):>16s}" for event in EVENTS)
        for way, row in rows.items()
    ]


def beside(shares: dict[str, float | None]) -> str:
    """What was believed and what came, as text."""
    return " / ".join("-" if share is None else f"{share:.0%}" for share in (shares["believed"], shares["came"]))
