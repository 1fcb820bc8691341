"""The side of a book on which its spine is: the one that does not look like paper."""

from __future__ import annotations

import numpy as np

from perception.scene import ItemShape

PAGES = 0.33  # saturation below which a side looks like paper rather than like a printed spine
SPREAD = 0.15  # of it
FEW = 15  # points of a side that say half of what many do


def side_belief(item: ItemShape, thin: int, middle: int) -> float:
    """Belief that a book's spine is on the positive side of its middle axis and the pages on the negative one.

    Pages are hardly saturated, spines mostly are; a logistic fitted to what the cameras show of simulated books.
    """
    local = item.normals @ item.T_base_box.rotation
    colors = item.colors.astype(np.float64)
    saturation = 1 - colors.min(axis=1) / np.maximum(colors.max(axis=1), 1)
    evidence = 0.0
    for sign in (1, -1):
        side = item.seen & (np.abs(local[:, thin]) < 0.35) & (sign * local[:, middle] > 0.6)
        if side.any():
            papery = np.clip((PAGES - np.median(saturation[side])) / SPREAD, -1.0, 1.0)
            evidence -= sign * papery * side.sum() / (side.sum() + FEW)
    return float(1 / (1 + np.exp(-3.0 * evidence)))
