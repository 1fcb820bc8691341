"""Rows of the comparison: a situation, what each engine makes of it, and whether that agrees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

SEAL, PINCH, NO_LIMIT = 0.05, 0.15, float("inf")  # relative differences that are tolerated
WIDTHS = 54, 22, 22, 8
HEADER = "situation", "PyBullet", "MuJoCo", "differ"


@dataclass(frozen=True)
class Found:
    """What came of a situation in one engine.

    Attributes:
        figure: what was measured, None where it did not come to that.
        outcome: what is compared as such, in a word or two.
    """

    figure: float | None
    outcome: str


@dataclass(frozen=True)
class Row:
    """One situation in both engines.

    Attributes:
        unit: of both figures. tolerance: of their relative difference.
    """

    situation: str
    unit: str
    bullet: Found
    mujoco: Found
    tolerance: float

    @property
    def difference(self) -> float | None:
        """Of MuJoCo's figure from PyBullet's, over that; None where one of them has none."""
        a, b = self.bullet.figure, self.mujoco.figure
        return None if a is None or b is None else (b - a) / a if a else float(b != a)

    @property
    def equal(self) -> bool:
        """Whether both outcomes are the same."""
        return self.bullet.outcome == self.mujoco.outcome

    @property
    def within(self) -> bool:
        """Whether the figures are within tolerance, or neither engine has one."""
        missing = self.bullet.figure is None, self.mujoco.figure is None
        return all(missing) or (not any(missing) and abs(self.difference or 0.0) <= self.tolerance)

    def line(self) -> str:
        """Of the table."""
        told = [f"{shown(found, self.unit):>{width}}" for found, width in zip((self.bullet, self.mujoco), WIDTHS[1:])]
        differ = "" if self.difference is None else f"{self.difference:+.1%}"
        notes = [*([] if self.equal else ["OUTCOME DIFFERS"]), *([] if self.within else ["out of tolerance"])]
        return f"{self.situation:<{WIDTHS[0]}}{''.join(told)}{differ:>{WIDTHS[3]}}  {', '.join(notes) or 'equal'}"


def shown(found: Found, unit: str) -> str:
    """A figure with its unit, and the outcome."""
    figure = "" if found.figure is None else f"{found.figure:.3g} {unit}, "
    return f"{figure}{found.outcome}"


def header() -> str:
    """The table's first line."""
    first, *others = (f"{word:>{width}}" for word, width in zip(HEADER, WIDTHS))
    return f"{first.strip():<{WIDTHS[0]}}{''.join(others)}  outcome"


def summary(rows: Sequence[Row]) -> str:
    """The share of outcomes that are equal, and what is out of tolerance."""
    equal = sum(row.equal for row in rows)
    lines = [f"outcomes equal: {equal} of {len(rows)} ({equal / max(1, len(rows)):.0%})"]
    beyond = [row.situation for row in rows if not row.within]
    lines.append(f"out of tolerance: {len(beyond)} of {len(rows)}{': ' if beyond else ''}{'; '.join(beyond)}")
    return "\n".join(lines)
