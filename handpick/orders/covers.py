"""What lies on an item, what stands close beside it, and what may hide one that is not seen."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import binary_dilation

from grasping.beliefs.overlap import Tops
from perception.scene import Scene, Space

LEAST = 0.02  # share of an item's outline that another one must cover to lie on it
FEWEST = 4  # columns of voxels
CLOSE = 0.02  # metres beside an item in which no finger has room


def on_top(scene: Scene, item: int) -> list[int]:
    """Items that cover part of another one, those that nothing covers first, then what covers most."""
    own = (scene.occupancy.item == item).any(axis=2)
    covering = _covering(scene, item)
    least = max(FEWEST, LEAST * own.sum())
    found = [other for other, columns in covering.items() if columns >= least]
    free = {other: not any(n >= FEWEST for n in _covering(scene, other).values()) for other in found}
    return sorted(found, key=lambda other: (not free[other], -covering[other], other))


def beside(scene: Scene, item: int) -> list[int]:
    """Items close beside another one, the closest on the longest way first."""
    own = (scene.occupancy.item == item).any(axis=2)
    around = binary_dilation(own, iterations=max(1, round(CLOSE / scene.occupancy.voxel))) & ~own
    others, columns = np.unique(Tops.of(scene.occupancy).item[around], return_counts=True)
    close = {int(o): int(n) for o, n in zip(others, columns) if o not in (-1, item) and n >= FEWEST}
    return sorted(close, key=lambda other: (-close[other], other))


def hiding(scene: Scene) -> list[int]:
    """Items under which something may lie that nobody has seen, those with the most unseen space under them first."""
    occupancy, tops = scene.occupancy, Tops.of(scene.occupancy)
    levels = np.arange(occupancy.state.shape[2])
    under = (occupancy.state == Space.UNSEEN) & (levels < tops.level[..., None])
    space = under.sum(axis=2)
    volume = {item.id: int(space[tops.item == item.id].sum()) for item in scene.items}
    return sorted((item for item, voxels in volume.items() if voxels), key=lambda item: (-volume[item], item))


def _covering(scene: Scene, item: int) -> dict[int, int]:
    """In how many columns of an item another one is the highest thing, by the other's id."""
    own = (scene.occupancy.item == item).any(axis=2)
    others, columns = np.unique(Tops.of(scene.occupancy).item[own], return_counts=True)
    return {int(o): int(n) for o, n in zip(others, columns) if o not in (-1, item)}
