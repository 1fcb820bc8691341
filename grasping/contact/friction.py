"""Effective friction of two pads on sides that are not parallel."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from perception.pose import Array

WEDGE = 0.4  # share of a perceived wedge between two flat faces that is real; the rest is noise of their normals


def real_wedge(f: NDArray[np.void] | np.void) -> Array:
    """Share of a perceived wedge between an item's two sides that is real, (C,)."""
    return np.asarray(1 - (1 - WEDGE) * f["boxlike"])


def friction_left(f: NDArray[np.void] | np.void, friction: Array | float) -> Array:
    """What is left of friction to hold an item by: sides that widen beyond the pads, with a slope, squeeze it out.

    Two pads at F then hold tangential forces of 2 F (friction - slope), for slopes small against 1.
    """
    return np.asarray(np.maximum(friction - np.maximum(real_wedge(f) * f["slope"], 0.0), 0.02))
