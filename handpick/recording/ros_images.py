"""Images, camera infos and joint states out of ROS messages, checked before they are believed."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from handpick.recording.compressed_depth import decode_compressed_depth
from handpick.recording.errors import BagError, ImageFileError
from handpick.recording.image_bytes import decode_color, decode_depth, expect_size
from handpick.recording.squared import numbers
from perception.errors import GeometryError
from perception.pose import Array

IMAGE, COMPRESSED = "sensor_msgs/msg/Image", "sensor_msgs/msg/CompressedImage"
DEPTH = {"16UC1": "u2", "mono16": "u2", "32FC1": "f4"}  # type of a pixel, by the message's encoding
# channels, and in which order they are red, green and blue
COLOR = {
    "rgb8": (3, (0, 1, 2)),
    "8UC3": (3, (2, 1, 0)),
    "bgr8": (3, (2, 1, 0)),
    "rgba8": (4, (0, 1, 2)),
    "bgra8": (4, (2, 1, 0)),
    "mono8": (1, (0, 0, 0)),
}
FISHEYE = ("equidistant", "fisheye")


def is_depth(message: Any, kind: str) -> bool:
    """Whether an image message is depth by its encoding."""
    if kind == IMAGE:
        return str(message.encoding) in DEPTH
    return str(message.format).startswith(("16UC1", "32FC1"))


def is_color(message: Any, kind: str) -> bool:
    """Whether an image message is colour, or grey, by its encoding."""
    return str(message.encoding) in COLOR if kind == IMAGE else not is_depth(message, kind)


def depth_of(message: Any, kind: str, where: str) -> NDArray[np.generic]:
    """Depth (height, width) of a message: uint16 millimetres or float32 metres.

    Raises:
        ImageFileError: it is not what it says.
    """
    if kind == COMPRESSED:
        data, format = bytes(message.data), str(message.format)
        if "compressedDepth" in format:
            return decode_compressed_depth(data, format, where)
        return decode_depth(data, where)
    return _pixels(message, np.dtype(DEPTH[str(message.encoding)]), 1, where)[:, :, 0]


def color_of(message: Any, kind: str, where: str) -> NDArray[np.uint8]:
    """RGB (height, width, 3) of a message.

    Raises:
        ImageFileError: it is not what it says.
    """
    if kind == COMPRESSED:
        return decode_color(bytes(message.data), where)
    channels, order = COLOR[str(message.encoding)]
    pixels = _pixels(message, np.dtype("u1"), channels, where)
    return pixels if order == (0, 1, 2) == tuple(range(channels)) else np.ascontiguousarray(pixels[:, :, order])


def intrinsics_of(info: Any, rectified: bool, where: str) -> tuple[Array, Array, tuple[int, int]]:
    """Intrinsics (3, 3), distortion (N,), and width and height, of a CameraInfo.

    rectified: the images of this info are already; their intrinsics are then those of its projection matrix.

    Raises:
        BagError: an uncalibrated camera, or a lens of another model than OpenCV's.
    """
    size = int(info.width), int(info.height)
    try:
        k = numbers(info.k, ((3, 3), (9,)), "k")
        if rectified and np.any(info.p):
            p = numbers(info.p, ((3, 4), (12,)), "p")
            return p[:, :3].copy(), np.empty(0), size
        lens = np.asarray(info.d, np.float64)
        if not lens.any() or rectified:
            return k, np.empty(0), size
        if str(info.distortion_model) in FISHEYE:
            raise BagError(
                f"{where}: expected plumb_bob or rational_polynomial, got {info.distortion_model!r}; rectify the images"
            )
        return k, numbers(lens, (lens.shape,), "d"), size
    except GeometryError as error:
        raise BagError(f"{where}: {error}") from error


def _pixels(message: Any, pixel: np.dtype[Any], channels: int, where: str) -> NDArray[Any]:
    """Pixels (height, width, channels) of a raw image, in this machine's order of bytes."""
    width, height, step = int(message.width), int(message.height), int(message.step)
    expect_size(width, height, where)
    row, data = width * channels * pixel.itemsize, message.data
    if step < row or step > row + 4096 or len(data) < step * (height - 1) + row:
        raise ImageFileError(
            f"{where}: expected {height} rows of {row} bytes for {width}x{height} {message.encoding}, got a step of "
            f"{step} and {len(data)} bytes"
        )
    raw = np.asarray(data, np.uint8)[: step * height]
    if len(raw) < step * height:  # the last row may lack its padding
        raw = np.concatenate([raw, np.zeros(step * height - len(raw), np.uint8)])
    rows = np.ascontiguousarray(raw.reshape(height, step)[:, :row])
    typed = rows.view(pixel.newbyteorder(">" if message.is_bigendian else "<"))
    return typed.astype(pixel.newbyteorder("="), copy=False).reshape(height, width, channels)
