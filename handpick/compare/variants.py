"""What is compared: four cells that differ in their tools and their eyes, and in nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Variant:
    """One cell of the comparison. key: in file names and compare.json; label: in tables and plots."""

    key: str
    label: str
    tools: str
    eyes: str


VARIANTS = (
    Variant("suction-closed", "suction, eyes closed", "suction", "closed"),
    Variant("suction-open", "suction, eyes open", "suction", "open"),
    Variant("both-closed", "both tools, eyes closed", "both", "closed"),
    Variant("both-open", "both tools, eyes open", "both", "open"),
)
REFERENCE = VARIANTS[0]  # the suction robot that does not look while it moves


@dataclass(frozen=True)
class Trial:
    """One run of the comparison: `orders` of a suite through one cell; the seed decides the bins."""

    variant: Variant
    suite: str
    seed: int
    orders: int

    @property
    def file(self) -> str:
        """Name of the file that holds its result."""
        return f"{self.variant.key}.{self.suite}.{self.seed}.json"


def trials(variants: Sequence[Variant], suites: Sequence[str], seeds: Sequence[int], orders: int) -> list[Trial]:
    """All runs. The cells of one bin come together, so that whatever is done early can be compared."""
    return [Trial(variant, suite, seed, orders) for seed in seeds for suite in suites for variant in variants]
