"""Limits of what goods bear: where harm begins and where it is grave, under both sets of rules, and who says so."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from handpick.harm import RuleSet
from perception.errors import GeometryError

NEVER = (np.inf, np.inf)
JUDGEMENT = "judgement"  # begins the source of a figure that nobody has measured


@dataclass(frozen=True)
class Limit:
    """A figure's minor and major threshold under each set of rules; infinite where it does no harm.

    Attributes:
        source: who measured or published the thresholds, or "judgement" with its reason.

    Raises:
        GeometryError: minor above major, strict above practical, or no source.
    """

    strict: tuple[float, float] = NEVER
    practical: tuple[float, float] = NEVER
    source: str = ""

    def __post_init__(self) -> None:
        ordered = all(minor <= major for minor, major in (self.strict, self.practical))
        stricter = all(s <= p for s, p in zip(self.strict, self.practical))
        if not (ordered and stricter and (self.source or self.strict == self.practical == NEVER)):
            raise GeometryError(f"limit: expected minor <= major, strict <= practical, and a source, got {self}")

    def under(self, rules: RuleSet) -> tuple[float, float]:
        """Minor and major threshold."""
        return self.strict if rules is RuleSet.STRICT else self.practical


def alike(minor: float, major: float = np.inf, source: str = JUDGEMENT) -> Limit:
    """The same under both sets."""
    return Limit((minor, major), (minor, major), source)


NONE = Limit()
