"""A scene's surfaces as a PointCloud2."""

from __future__ import annotations

import array

import numpy as np
from builtin_interfaces.msg import Time
from numpy.typing import NDArray
from sensor_msgs.msg import PointCloud2, PointField

from perception.pose import Array
from perception.scene import HeightMap, Scene

GREY = (150, 150, 150)
POINT = np.dtype([("x", "<f4"), ("y", "<f4"), ("z", "<f4"), ("rgb", "<u4")])


def cloud_message(scene: Scene, stamp: Time, frame: str) -> PointCloud2:
    """Items with their full shapes in their colours, and in grey what is seen in the destination."""
    floor = heights(scene.destination)
    points = np.vstack([*(item.points for item in scene.items), floor])
    colors = [item.colors for item in scene.items]
    return points_message(points, np.vstack([*colors, np.full((len(floor), 3), GREY, np.uint8)]), stamp, frame)


def points_message(points: Array, colors: NDArray[np.uint8], stamp: Time, frame: str) -> PointCloud2:
    """Points (N, 3), metres, with RGB (N, 3)."""
    rows = np.empty(len(points), POINT)
    rows["x"], rows["y"], rows["z"] = points.T
    red, green, blue = colors.astype(np.uint32).T
    rows["rgb"] = red << 16 | green << 8 | blue
    message = PointCloud2(height=1, width=len(rows), is_bigendian=False, is_dense=True)
    message.header.stamp, message.header.frame_id = stamp, frame
    message.fields = [
        PointField(name=name, offset=4 * i, datatype=PointField.FLOAT32, count=1)
        for i, name in enumerate(POINT.names or ())
    ]
    message.point_step, message.row_step = POINT.itemsize, POINT.itemsize * len(rows)
    data = array.array("B")
    data.frombytes(rows.tobytes())
    message.data = data
    return message


def heights(known: HeightMap) -> Array:
    """The surface that was seen of a height map, points (N, 3) in the base frame."""
    i, j = np.nonzero(known.known)
    length, width, _ = known.tote.inner
    x, y = (i + 0.5) * known.cell - length / 2, (j + 0.5) * known.cell - width / 2
    return known.tote.T_base_tote.apply(np.column_stack([x, y, known.height[i, j]]))
