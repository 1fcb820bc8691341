"""How often a grasp that is tried again in the same state ends otherwise: flips that no update has caused."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta

from training.metrics import unharmed

LEVEL = 0.95
SAME = ("bin", "state", "views", "target", "tool", "skill", "T_base_tool", "opening", "features")


@dataclass(frozen=True)
class Replay:
    """Tries of the same grasp in the same state, and how many of the second ones ended otherwise than the first."""

    repeats: int
    differed: int

    @property
    def share(self) -> float | None:
        """In which one that placed undamaged does not when replayed, or the other way round; None: nobody knows."""
        return self.differed / self.repeats if self.repeats else None

    @property
    def span(self) -> tuple[float, float]:
        """An exact interval of the share (Clopper & Pearson 1934)."""
        k, n, tail = self.differed, self.repeats, (1 - LEVEL) / 2
        low = float(beta.ppf(tail, k, n - k + 1)) if k else 0.0
        return low, float(beta.ppf(1 - tail, k + 1, n - k)) if k < n else 1.0


def replay_of(outcomes: NDArray[np.void]) -> Replay:
    """The tries that are repeated among outcomes: all that was known of them is the same to the bit."""
    keys = np.array([b"".join(np.ascontiguousarray(row[name]).tobytes() for name in SAME) for row in outcomes])
    _, of = np.unique(keys, return_inverse=True)
    order = np.argsort(of, kind="stable")
    again = np.flatnonzero(of[order][1:] == of[order][:-1])
    ok = unharmed(outcomes)
    return Replay(len(again), int((ok[order[again]] != ok[order[again + 1]]).sum()))
