"""What a finger presses with one way: along leaves, which a tip that stands on their rim as well does not bow."""

from __future__ import annotations

import numpy as np

from perception.pose import Array


def one_way(normals: Array, force: Array) -> float:
    """Newtons with which contacts with normals (N, 3) and forces (N,) press the way that most of that force goes.

    Told by the normals alone: PyBullet keeps them in the world's frame while arm and item turn together (bullet3
    #2646), all alike.
    """
    if len(force) == 0:
        return 0.0
    spread = (normals.T * force) @ normals
    way = np.linalg.eigh(spread)[1][:, -1]
    return float(force @ np.abs(normals @ way))
