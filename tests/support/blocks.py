"""Scenes of blocks of voxels, for what looks at the grid alone."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import numpy as np

from perception.pose import Pose
from perception.scene import Occupancy, Scene, Space

ROOM = (40, 30, 12)

Block = tuple[slice, slice, slice]


def scene(*blocks: Block, unseen: Block | None = None) -> Scene:
    """Items as blocks of voxels, counted from 0."""
    state, item = np.full(ROOM, Space.FREE, np.uint8), np.full(ROOM, -1, np.int16)
    if unseen is not None:
        state[unseen] = Space.UNSEEN
    for number, block in enumerate(blocks):
        state[block], item[block] = Space.OCCUPIED, number
    grid = Occupancy(Pose.identity(), 0.005, state, item)
    items = tuple(SimpleNamespace(id=number) for number in range(len(blocks)))
    return cast(Scene, cast(Any, SimpleNamespace(items=items, occupancy=grid)))
