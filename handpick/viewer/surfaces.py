"""What of a look is drawn as points and meshes: items, raw depth, unseen space. Arrays only, no page."""

from __future__ import annotations

from enum import Enum

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from handpick.viewer.colors import confidence_colors
from perception.camera import CameraFrame
from perception.draw import item_color, refined
from perception.pose import Array
from perception.scene import ItemShape, Occupancy, Scene, Space

Colors = NDArray[np.uint8]

UNSEEN_CELL = 3  # voxels along each edge of a block of unseen space that is drawn as one


class Paint(str, Enum):
    """What the colours of items tell."""

    SEEN = "as seen"
    ITEM = "which item"
    CONFIDENCE = "confidence"


def point_colors(item: ItemShape, paint: Paint) -> Colors:
    """RGB of an item's points, shape (N, 3)."""
    if paint is Paint.SEEN:
        return item.colors
    if paint is Paint.CONFIDENCE:
        return confidence_colors(item.confidence)
    return np.tile(np.array(item_color(item.id), np.uint8), (len(item.points), 1))


def vertex_colors(item: ItemShape, paint: Paint) -> Colors:
    """RGB of the vertices of an item's completed surface, shape (V, 3): that of the nearest point."""
    _, nearest = cKDTree(item.points).query(item.vertices)
    return point_colors(item, paint)[nearest]


def fused_points(scene: Scene, paint: Paint) -> tuple[Array, Colors]:
    """All points of items that a camera saw, shape (N, 3), and their RGB, shape (N, 3)."""
    points = [item.points[item.seen] for item in scene.items]
    colors = [point_colors(item, paint)[item.seen] for item in scene.items]
    if not points:
        return np.zeros((0, 3)), np.zeros((0, 3), np.uint8)
    return np.concatenate(points), np.concatenate(colors)


def raw_points(frame: CameraFrame, scene: Scene, step: int = 2) -> tuple[Array, Colors]:
    """Every `step`-th pixel's point along both axes, in the scene's frame, shape (N, 3), and its RGB."""
    camera = refined(frame.camera, scene)
    depth = frame.depth[::step, ::step]
    measured = np.isfinite(depth)
    points = camera.rays(step=step)[measured] * depth[measured][:, None]
    return camera.T_base_camera.apply(points), frame.color[::step, ::step][measured]


def unseen_blocks(occupancy: Occupancy) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """The hull of the space that no camera saw, in blocks: vertices (V, 3) and triangles (T, 3).

    A block of voxels counts where most of it is unseen.
    """
    blocks = _coarse(occupancy.state == Space.UNSEEN)
    solid = np.pad(blocks, 1)
    quads = []
    for axis in range(3):
        for side in (0, 1):
            hidden = np.roll(solid, 1 - 2 * side, axis)[1:-1, 1:-1, 1:-1]
            cells = np.argwhere(blocks & ~hidden)
            quads.append(cells[:, None, :] + _face(axis, side))
    corners = np.concatenate(quads).reshape(-1, 3)
    vertices = occupancy.T_base_grid.apply((corners * UNSEEN_CELL - 0.5) * occupancy.voxel)
    quad = 4 * np.arange(len(corners) // 4)[:, None]
    triangles = np.concatenate([quad + np.array(half) for half in ((0, 1, 2), (0, 2, 3))])
    return vertices.astype(np.float32), triangles.astype(np.int32)


def _coarse(unseen: NDArray[np.bool_]) -> NDArray[np.bool_]:
    shape = np.array(unseen.shape) // UNSEEN_CELL
    x, y, z = shape * UNSEEN_CELL
    cut = unseen[:x, :y, :z].reshape(shape[0], UNSEEN_CELL, shape[1], UNSEEN_CELL, shape[2], UNSEEN_CELL)
    return np.asarray(cut.mean(axis=(1, 3, 5)) > 0.5)


def _face(axis: int, side: int) -> NDArray[np.int64]:
    """Corners of one face of the unit cube, counter-clockwise from outside, shape (4, 3)."""
    around = np.array([(0, 0), (1, 0), (1, 1), (0, 1)])
    face = np.insert(around, axis, side, axis=1) if axis != 1 else np.insert(around[:, ::-1], 1, side, axis=1)
    return face if side else face[::-1]
