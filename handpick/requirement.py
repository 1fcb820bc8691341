"""What a run must reach, as `--require` tells it: a figure of the report, an operator and a bound."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from perception.errors import HandpickError

OPERATORS: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}
# Of what is counted in items, shares of the orders: by figure, the entry of report.json.
COUNTED = {
    "placed": "placed",
    "placed_undamaged": "placed_undamaged",
    "damaged": "damaged_items",
    "dropped": "dropped",
    "missed": "missed",
}
SHARES = (*COUNTED, "drag_share")
FIGURES = (*SHARES, "units_per_hour", "undamaged_units_per_hour", "arm_collisions")
FORM = re.compile(r"\s*(\w+)\s*(>=|<=|>|<)\s*(\S+)\s*")


class RequirementError(HandpickError):
    """A requirement that cannot be read, or that no run could be held to."""


@dataclass(frozen=True)
class Requirement:
    """A figure of a run, and what it is to be: `placed_undamaged>=0.9`."""

    figure: str
    sign: str
    bound: float

    def __str__(self) -> str:
        return f"{self.figure}{self.sign}{self.bound:g}"

    def met(self, summary: Mapping[str, Any]) -> bool:
        return OPERATORS[self.sign](figure(self.figure, summary), self.bound)


def requirement(text: str) -> Requirement:
    """Read a requirement.

    Raises:
        RequirementError: it is none, names no figure of a run, or asks of a share what no share can be.
    """
    found = FORM.fullmatch(text)
    if found is None or found[1] not in FIGURES:
        raise RequirementError(
            f"--require: expected FIGURE>=NUMBER (or <=, >, <) of one of {', '.join(FIGURES)}, got {text!r}"
        )
    name, sign, bound = found[1], found[2], _number(found[3])
    if bound is None or not 0 <= bound <= (1.0 if name in SHARES else float("inf")):
        told = "a share of 0 to 1" if name in SHARES else "a number of 0 or more"
        raise RequirementError(f"--require: expected {told} for {name}, got {found[3]!r}")
    return Requirement(name, sign, bound)


def figure(name: str, summary: Mapping[str, Any]) -> float:
    """A figure out of report.json: counts of items as shares of the orders."""
    if name in COUNTED:
        return float(summary[COUNTED[name]]) / max(summary["orders"], 1)
    return float(summary[name])


def shortfalls(required: Sequence[Requirement], summary: Mapping[str, Any]) -> list[str]:
    """A line for each requirement that a run did not meet: the figure, what was wanted, and what came."""
    return [
        f"{each.figure}: wanted {each.sign} {each.bound:g}, got {figure(each.figure, summary):.4g}"
        for each in required
        if not each.met(summary)
    ]


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if abs(number) < float("inf") else None
