"""Picks: what was known of each grasp that was executed, and what of its events is known to have come true."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from grasping.candidates.table import FEATURES
from grasping.quality.learned import HEADS
from grasping.tools import Tool
from training.boost import TIP, labels
from training.split import Mask

PICK = np.dtype(
    [
        ("bin", np.int32),  # what lay together, and is never parted between folds
        ("tool", "S8"),
        ("views", np.uint8),  # cameras that were looked through
        ("believed", np.float64, (4,)),  # odds of contact mechanics: acquire, hold, damage, return
        ("features", FEATURES),
        ("known", np.bool_, (4,)),  # whether it is known if the event of each of HEADS came true
        ("happened", np.bool_, (4,)),  # whether it did
    ]
)


def picks_of(outcomes: NDArray[np.void]) -> NDArray[np.void]:
    """Tries in simulated bins, of `training.outcomes.OUTCOME`, as picks, shape (N,). Tips are left out."""
    rows = outcomes[outcomes["skill"] != TIP]
    picks = np.zeros(len(rows), PICK)
    for name in ("bin", "tool", "views", "believed", "features"):
        picks[name] = rows[name]
    for number, head in enumerate(HEADS):
        picks["happened"][:, number], picks["known"][:, number] = labels(rows, head)
    return picks


def asked(picks: NDArray[np.void], tool: Tool, head: str) -> tuple[Mask, Mask]:
    """Picks by a tool of which a head's event is known, and whether it came true, (N,) each."""
    number = HEADS.index(head)
    return (picks["tool"] == tool.value.encode()) & picks["known"][:, number], picks["happened"][:, number]
