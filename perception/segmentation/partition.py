"""A partition of the fused surface into items, and what makes one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perception.fusion.surface import Surface
from perception.tote import Tote


@dataclass(frozen=True, eq=False)
class Partition:
    """Which surfels are which item's.

    Attributes:
        labels: item of each surfel, 0 .. M-1 by falling size, -1 for the tote and for fragments; int32, shape (N,).
        whole: odds that an item is one item and all of it that is in sight, shape (M,).
    """

    labels: NDArray[np.int32]
    whole: NDArray[np.float64]


# From the fused surface, which of its surfels may be an item's, shape (N,), a voxel's edge, and the tote or support.
Segmentation = Callable[[Surface, NDArray[np.bool_], float, Tote], Partition]
