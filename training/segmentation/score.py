"""How well a partition tells true items apart, by the surfels that it has in common with them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perception.pose import Array
from perception.segmentation.partition import Partition
from training.segmentation.looks import Look

WHOLE = 0.8  # intersection over union from which on a found item is one item and all of it
FOUND = 0.5  # intersection over union from which on an item is found
LEAST = 1.6e-4  # square metres in sight of a true item that counts: a hundred pixels from three quarters of a metre


@dataclass(frozen=True, eq=False)
class Found:
    """What was found of a look.

    Attributes:
        family: of each true item that counts, shape (T,). iou: with the found item that overlaps it best, shape (T,).
        told: the odds that were told of that one, shape (T,).
        overlap: of each found item, with the true one that overlaps it best, shape (M,).
        whole: the odds that were told of it that it is whole, shape (M,).
    """

    family: NDArray[np.str_]
    iou: Array
    told: Array
    overlap: Array
    whole: Array

    @property
    def hit(self) -> NDArray[np.bool_]:
        """Which found items are a true one, shape (M,)."""
        return np.asarray(self.overlap > FOUND)


def compared(look: Look, partition: Partition) -> Found:
    """The found items of a look beside its true ones."""
    count = max(int(look.truth.max(initial=-1)) + 1, len(look.families))
    shared = np.zeros((count + 1, len(partition.whole) + 1), int)
    np.add.at(shared, (look.truth, partition.labels), 1)  # what is none's is last
    true, found = shared.sum(axis=1)[:-1], shared.sum(axis=0)[:-1]
    iou = shared[:-1, :-1] / np.maximum(true[:, None] + found[None] - shared[:-1, :-1], 1)
    big = np.flatnonzero(true * look.voxel**2 >= LEAST)
    best, overlap = iou.max(axis=1, initial=0), iou.max(axis=0, initial=0)
    told = np.append(partition.whole, 0.0)[iou.argmax(axis=1) if iou.size else np.full(count, -1)]
    return Found(np.array(look.families)[big], best[big], told[big], overlap, partition.whole)
