"""What contact mechanics believes of tries as it is now: a file holds what it believed when they were drawn."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from grasping.candidates.table import Candidates
from grasping.quality.contact_quality import ContactQuality
from grasping.quality.skill_odds import once_tipped
from grasping.tools import Tool
from perception.pose import Array


def believed_now(outcomes: NDArray[np.void]) -> Array:
    """Odds (N, 4) of tries by their features."""
    quality, odds = ContactQuality(), np.zeros((len(outcomes), 4))
    for tool in Tool:
        rows = np.flatnonzero(outcomes["tool"] == tool.value.encode())
        some = outcomes[rows]
        T = some["T_base_tool"].astype(np.float64)
        features, opening = some["features"].copy(), some["opening"].astype(np.float64)
        odds[rows] = quality.odds(Candidates(tool, np.zeros(len(rows), int), T, opening, features))
    tipped = outcomes["skill"] == b"tip"
    odds[tipped] = once_tipped(odds[tipped])
    return odds
