"""Which cup candidates are lifted as a probe: those that promise more with a slow, watched start."""

from __future__ import annotations

import numpy as np

from grasping.candidates.table import Candidates
from grasping.quality.contact_quality import Quality
from grasping.quality.worth import Stakes
from perception.pose import Array
from perception.scene import Scene


def with_probe(
    scene: Scene, candidates: Candidates, quality: Quality, stakes: Stakes | None = None
) -> tuple[Candidates, Array]:
    """Cup candidates, those that promise more where they are lifted as a probe marked so, and their odds, shape (C, 4).

    A book that turns about its spine is not probed: its swing has no use for a slow start.
    """
    stakes = stakes or Stakes()
    odds = quality(scene, candidates)
    trial = candidates.described(probe=np.where(candidates.features["spine_at"] == 0, 1.0, 0.0))
    probed = quality(scene, trial)
    better = stakes.rates(probed, probe=True) > stakes.rates(odds)
    better &= candidates.features["spine_at"] == 0
    return candidates.described(probe=better.astype(np.float64)), np.where(better[:, None], probed, odds)
