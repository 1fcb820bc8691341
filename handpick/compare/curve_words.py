"""The readings of a comparison over prices, in sentences."""

from __future__ import annotations

from typing import Any

from handpick.compare.statistics import LEVEL
from handpick.compare.table import span

Json = dict[str, Any]
PERCENT, HOURLY, TIMES = "{:.1%}", "{:.0f}", "{:.2f}"


def headlines(summary: Json, rows: Json) -> list[str]:
    """What each robot does where it places as much as the reference can, by the rules of the headline."""
    return [
        equal_share(row["at_equal_share"][summary["rules"]], summary["labels"][key])
        for key, row in rows.items()
        if "at_equal_share" in row
    ]


def tiles(summary: Json, rows: Json) -> list[tuple[str, str]]:
    """What the page says first: by how much more the reference damages than each robot."""
    labels, rules = summary["labels"], summary["rules"]
    return [tile(row["at_equal_share"][rules], labels[key]) for key, row in rows.items() if "at_equal_share" in row]


def tile(reading: Json, label: str) -> tuple[str, str]:
    """The ratio of damage in large, and what it is; where there is none, why."""
    ratio, ours = reading["damage_ratio"]["value"], reading["own"]["damage_rate"]["value"]
    place = f"both placing {PERCENT.format(reading['share']['value'])}: {label}"
    if ours is None:
        return "no headline", f"they place nowhere as much: {label}"
    if ratio is None:
        by = "by this robot" if reading["reference"]["damage_rate"]["value"] else "by the reference or by this robot"
        return "none damaged", f"{by}, {place}"
    return f"{ratio:.1f}×", f"damage of the reference over this robot's, {place}"


def equal_share(reading: Json, label: str) -> str:
    """One reading, or why there is none."""
    most = f"{PERCENT.format(reading['share']['value'])} of the orders"
    theirs, ours = reading["reference"], reading["own"]
    if ours["damage_rate"]["value"] is None:
        return f"{label}: no headline. The reference places {most} at most, and this robot {_reach(reading)}."
    told = f"{label}: where both place {most}, the most that the reference can, {_damage(reading)}"
    speed = span(reading["speed_ratio"], TIMES)
    units = [HOURLY.format(one["undamaged_units_per_hour"]["value"] or 0.0) for one in (ours, theirs)]
    told += f" It places {units[0]} undamaged units an hour, the reference {units[1]}: {speed} times as many."
    if reading["overlap"] < LEVEL:
        told += f" No interval: only in {reading['overlap']:.0%} of the draws of bins do both place as much."
    return told


def _reach(reading: Json) -> str:
    """Where a frontier is that does not reach the share that is asked for."""
    if reading["from"] > reading["share"]["value"]:
        return f"{PERCENT.format(reading['from'])} at least, wherever no other of its prices is better"
    return f"{PERCENT.format(reading['to'])} at most, at any price"


def _damage(reading: Json) -> str:
    theirs, ours = reading["reference"]["damage_rate"], reading["own"]["damage_rate"]
    if ours["value"] == 0:
        limit = f" (up to {PERCENT.format(ours['high'])})" if ours["high"] is not None else ""
        if theirs["value"] == 0:
            return f"neither damages anything{limit}."
        return f"the reference damages {span(theirs, PERCENT)} and this robot none{limit}."
    ratio = span(reading["damage_ratio"], TIMES)
    damages = f"the reference damages {span(theirs, PERCENT)} and this robot {span(ours, PERCENT)}"
    return f"{damages}: {ratio} times as many by the reference."


def costs(summary: Json, rows: Json) -> list[str]:
    """What each robot costs at the price at which it costs least."""
    return [cheapest(row["cheapest"], summary["labels"][key]) for key, row in rows.items() if "cheapest" in row]


def cheapest(found: Json, label: str) -> str:
    ours, theirs = minutes(found["cost"]), minutes(found["reference_cost"])
    at, ratio = f"{theirs} at {found['reference_price']:g}", span(found["ratio"], TIMES)
    told = f"{label}: a hundred orders cost {ours} minutes at the price {found['price']:g}, by the reference {at}"
    return f"{told}: {ratio} times as many."


def minutes(cost: Json) -> str:
    """Seconds with their interval, in minutes."""
    return span({name: None if value is None else value / 60 for name, value in cost.items()}, "{:.1f}")
