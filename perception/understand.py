"""From views to items with full shapes, and the space around them: fuse, segment, complete."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from perception.completion.complete import complete
from perception.completion.occupancy import occupancy
from perception.completion.surroundings import Surroundings
from perception.fusion.surface import Surface, extract_surface
from perception.fusion.volume import Fuser, View, Volume
from perception.scene import ItemShape, Occupancy
from perception.segmentation.find_items import find_items
from perception.tote import Tote

Hidden = Callable[[Volume, Sequence[View]], NDArray[np.bool_]]


def understand(
    fuser: Fuser,
    views: Sequence[View],
    tote: Tote,
    background: Callable[[Surface], NDArray[np.bool_]],
    hidden: Hidden | None = None,
) -> tuple[tuple[ItemShape, ...], Occupancy]:
    """The items in or on a tote, and the space around them.

    Args:
        background: which surfels are not an item's, shape (N,).
        hidden: which of the voxels that no view shows may hold something, shape (X, Y, Z); None: all of them.
    """
    volume = fuser.fuse(views)
    surface = extract_surface(volume, views)
    labels = find_items(surface, ~background(surface), volume.voxel)
    eyes = np.array([view.T_base_camera.position for view in views])
    around = Surroundings.of(volume, surface, labels, tote, eyes)
    items = _shapes(labels, around)
    return items, occupancy(volume, items, around.owner, tote, hidden(volume, views) if hidden else None)


def _shapes(labels: NDArray[np.int32], around: Surroundings) -> tuple[ItemShape, ...]:
    order = np.argsort(labels, kind="stable")
    bounds = np.searchsorted(labels[order], np.arange(labels.max(initial=-1) + 2))
    rows = [order[bounds[item] : bounds[item + 1]] for item in range(len(bounds) - 1)]
    shapes = (complete(item, members, around) for item, members in enumerate(rows))
    return tuple(shape for shape in shapes if shape is not None)
