"""Perceiving what stands on a support: frames in, a scene in the support's own frame out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from perception.camera import CameraFrame
from perception.completion.complete import Completion, complete
from perception.errors import BlindError
from perception.fusion.volume import Fuser, View, VolumeGrid
from perception.scene import HeightMap, Scene
from perception.segmentation.find_items import by_geometry
from perception.segmentation.partition import Segmentation
from perception.support.background import on_support
from perception.support.shadow import shadow
from perception.support.support import Support
from perception.understand import understand

VOXEL = 0.004  # metres, the finest
MOST_VOXELS = 4_000_000
OVER = 0.02  # metres of space over the highest thing
MARGIN = 0.012  # metres under the support and around the region


def perceive_on_support(
    frames: Sequence[CameraFrame],
    support: Support,
    completion: Completion = complete,
    segmentation: Segmentation = by_geometry,
) -> tuple[Scene, list[CameraFrame]]:
    """What stands on the support, and the frames, both with the support's frame for their base.

    completion: tells the full shape of each item. segmentation: which part of what is seen is which item's.

    Raises:
        BlindError: no frame shows the region.
    """
    local = [in_support(frame, support) for frame in frames]
    views = [View(frame.camera, frame.camera.T_base_camera, frame.depth, frame.color) for frame in local]
    fuser = Fuser(grid_over(support), steps=True)
    seen = [view for view in views if fuser.sees(view)]
    if not seen:
        raise BlindError(
            f"perceive: expected depth in the region that is looked at from one camera at least, got none from "
            f"{[frame.camera.name for frame in frames]}; check the region and T_base_camera"
        )
    tote, eyes = support.tote, np.array([view.T_base_camera.position for view in seen])
    thin = lambda surface: support.thin(surface.points.astype(np.float64), eyes)
    background = lambda surface: on_support(surface, tote, thin(surface))
    items, space = understand(fuser, seen, tote, background, shadow, completion, segmentation)
    scene = Scene(
        stamp=max(frame.stamp for frame in local),
        source=tote,
        items=items,
        occupancy=space,
        destination=nowhere(support),
        cameras=tuple(view.camera.name for view in seen),
        T_base_cameras=tuple(view.T_base_camera for view in seen),
    )
    return scene, local


def in_support(frame: CameraFrame, support: Support) -> CameraFrame:
    """A frame whose base is the support's frame, its depth corrected by the support's scale."""
    pose = support.T_base_support.inverse() @ frame.camera.T_base_camera
    depth = frame.depth if support.scale == 1 else frame.depth * np.float32(support.scale)
    return replace(frame, camera=replace(frame.camera, T_base_camera=pose), depth=depth)


def grid_over(support: Support) -> VolumeGrid:
    """As fine as may be over the whole region, up to what stands highest."""
    above = max(support.highest - float(support.tote.inner[2]), 0.0) + OVER
    size = np.append(support.tote.inner[:2] + 2 * MARGIN, support.tote.inner[2] + above + MARGIN)
    voxel = max(VOXEL, float(np.cbrt(np.prod(size) / MOST_VOXELS)))
    return VolumeGrid.over(support.tote, voxel, above, MARGIN)


def nowhere(support: Support) -> HeightMap:
    """The destination of a scene that has none: nothing is known of it."""
    return HeightMap(support.tote, 1.0, np.zeros((1, 1), np.float32), np.zeros((1, 1), bool))
