"""What is compared: cells that differ in tools and eyes, or in policies, and in the price of damage."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from grasping.policy import DEFAULT, PolicyError
from grasping.quality.worth import Stakes


@dataclass(frozen=True)
class Variant:
    """One cell of the comparison. key: in file names and compare.json; label: in tables and plots."""

    key: str
    label: str
    tools: str
    eyes: str
    policy: str = DEFAULT
    damage: float = Stakes.damage


VARIANTS = (
    Variant("suction-closed", "suction, eyes closed", "suction", "closed"),
    Variant("suction-open", "suction, eyes open", "suction", "open"),
    Variant("both-closed", "both tools, eyes closed", "both", "closed"),
    Variant("both-open", "both tools, eyes open", "both", "open"),
)
REFERENCE = VARIANTS[0]  # the suction robot that does not look while it moves


def by_policy(policies: Sequence[str], eyes: str = "closed") -> tuple[Variant, ...]:
    """The cell with both tools, by each of the policies. Raises PolicyError: there are not several."""
    if len(set(policies)) < max(len(policies), 2):
        raise PolicyError(f"expected two different policies to compare, or more, got {', '.join(policies)}")
    return tuple(Variant(_key(policy), policy, "both", eyes, policy) for policy in policies)


def at_price(robot: Variant, damage: float) -> Variant:
    """A robot that is told that a damaged item costs so many placed ones."""
    return replace(robot, key=f"{robot.key}.{damage:g}", label=f"{robot.label}, damage costs {damage:g}", damage=damage)


def _key(policy: str) -> str:
    """A policy in the name of a file: what can be read of it, and a hash that tells it from all others."""
    readable = re.sub(r"[^A-Za-z0-9]+", "-", policy).strip("-")[-40:]
    return f"{readable}-{hashlib.sha256(policy.encode()).hexdigest()[:8]}"


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
        return f"{self.variant.key}.{self.suite.replace(os.sep, '_')}.{self.seed}.json"


def trials(variants: Sequence[Variant], suites: Sequence[str], seeds: Sequence[int], orders: int) -> list[Trial]:
    """All runs. The cells of one bin come together, so that whatever is done early can be compared."""
    return [Trial(variant, suite, seed, orders) for seed in seeds for suite in suites for variant in variants]
