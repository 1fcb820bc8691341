"""From views to items with full shapes, and the space around them: fuse, segment, complete."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from perception.completion.complete import Completion, complete
from perception.completion.occupancy import occupancy
from perception.completion.surroundings import Surroundings
from perception.fusion.surface import Surface, extract_surface
from perception.fusion.volume import Fuser, View, Volume
from perception.scene import ItemShape, Occupancy
from perception.segmentation.find_items import by_geometry
from perception.segmentation.partition import Partition, Segmentation
from perception.tote import Tote

Hidden = Callable[[Volume, Sequence[View]], NDArray[np.bool_]]


def understand(
    fuser: Fuser,
    views: Sequence[View],
    tote: Tote,
    background: Callable[[Surface], NDArray[np.bool_]],
    hidden: Hidden | None = None,
    completion: Completion = complete,
    segmentation: Segmentation = by_geometry,
) -> tuple[tuple[ItemShape, ...], Occupancy]:
    """The items in or on a tote, and the space around them.

    Args:
        background: which surfels are not an item's, shape (N,).
        hidden: which of the voxels that no view shows may hold something, shape (X, Y, Z); None: all of them.
        completion: tells the full shape of each item.
        segmentation: tells which surfels are which item's.
    """
    volume = fuser.fuse(views)
    surface = extract_surface(volume, views)
    found = segmentation(surface, ~background(surface), volume.voxel, tote)
    eyes = np.array([view.T_base_camera.position for view in views])
    around = Surroundings.of(volume, surface, found.labels, tote, eyes)
    items = _shapes(found, around, completion)
    return items, occupancy(volume, items, around.owner, tote, hidden(volume, views) if hidden else None)


def _shapes(found: Partition, around: Surroundings, completion: Completion) -> tuple[ItemShape, ...]:
    order = np.argsort(found.labels, kind="stable")
    bounds = np.searchsorted(found.labels[order], np.arange(len(found.whole) + 1))
    rows = [order[bounds[item] : bounds[item + 1]] for item in range(len(bounds) - 1)]
    shapes = [(completion(item, members, around), found.whole[item]) for item, members in enumerate(rows)]
    return tuple(replace(shape, whole=float(whole)) for shape, whole in shapes if shape is not None)
