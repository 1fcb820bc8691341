"""What is believed of tries as of now: a file holds what was believed when they were drawn."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from grasping.candidates.table import Candidates
from grasping.quality.contact_quality import ContactQuality
from grasping.quality.skill_odds import once_tipped
from grasping.tools import Tool
from perception.pose import Array
from training.looked import features_now


def as_believed_now(outcomes: NDArray[np.void]) -> NDArray[np.void]:
    """The same tries, their features by what looks tell now, and their odds by contact mechanics as it is now."""
    now = outcomes.copy()
    now["features"] = features_now(outcomes)
    now["believed"] = odds_now(now)
    return now


def odds_now(outcomes: NDArray[np.void]) -> Array:
    """Odds (N, 4) of contact mechanics by the features of tries."""
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
