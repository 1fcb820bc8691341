"""Bags as drivers record them, of small made-up images."""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from rosbags.rosbag2 import StoragePlugin

from handpick.recording.bag_writer import BagWriter
from handpick.recording.compressed_depth import encode_compressed_depth
from handpick.recording.ros_images import COMPRESSED, IMAGE
from handpick.recording.ros_messages import camera_info, color_image, depth_image, header, made
from perception.camera import CameraModel
from perception.depth_image import DepthImage
from perception.pose import Pose

INFO, TF = "sensor_msgs/msg/CameraInfo", "tf2_msgs/msg/TFMessage"
K = np.array([[60.0, 0, 31.5], [0, 60.0, 23.5], [0, 0, 1]])
CAMERA = CameraModel("optical", 64, 48, K, Pose.identity())
SECOND = 10**9

Entry = tuple[str, str, int, Any]  # topic, type, ns, message


def depth(rng: np.random.Generator) -> NDArray[np.uint16]:
    image = rng.integers(300, 900, (48, 64)).astype(np.uint16)
    image[rng.random(image.shape) < 0.3] = 0
    return image


def color(rng: np.random.Generator) -> NDArray[np.uint8]:
    return rng.integers(0, 256, (48, 64, 3)).astype(np.uint8)


def jpeg(pixels: NDArray[np.uint8]) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=95)
    return out.getvalue()


def compressed(stamp: int, frame: str, format: str, data: bytes) -> Any:
    return made(COMPRESSED, header(stamp, frame), format, np.frombuffer(data, np.uint8))


def camera_entries(
    stamp: int, image: NDArray[np.uint16], picture: NDArray[np.uint8] | None = None, name: str = "cam", how: str = "raw"
) -> list[Entry]:
    """One look of one camera: raw, or compressedDepth by png or rvl with JPEG colour."""
    frame, at = f"{name}_optical", f"/{name}"
    found: list[Entry] = [(f"{at}/depth/camera_info", INFO, stamp, camera_info(CAMERA, stamp))]
    if how == "raw":
        found.append((f"{at}/depth/image_raw", IMAGE, stamp, depth_image(image, stamp, frame)))
        if picture is not None:
            found.append((f"{at}/color/image_raw", IMAGE, stamp, color_image(picture, stamp, frame)))
        return found
    packed = compressed(stamp, frame, f"16UC1; compressedDepth {how}", encode_compressed_depth(image, how))
    found.append((f"{at}/depth/image_raw/compressedDepth", COMPRESSED, stamp, packed))
    if picture is not None:
        small = compressed(stamp, frame, "rgb8; jpeg compressed bgr8", jpeg(picture))
        found.append((f"{at}/color/image_raw/compressed", COMPRESSED, stamp, small))
    return found


def write_bag(path: Path, entries: Iterable[Entry], storage: StoragePlugin = StoragePlugin.MCAP) -> Path:
    writer = BagWriter(path, storage)
    for topic, kind, stamp, message in entries:
        writer.write(topic, kind, stamp, message)
    return writer.close()


def depth_entries(stamp: int, image: DepthImage) -> list[Entry]:
    """An image as a driver publishes it, raw, without its pose."""
    height, width = image.depth.shape
    camera, frame = CameraModel("optical", width, height, image.k, Pose.identity()), f"{image.name}_optical"
    found: list[Entry] = [(f"/{image.name}/depth/camera_info", INFO, stamp, camera_info(camera, stamp))]
    found.append((f"/{image.name}/depth/image_raw", IMAGE, stamp, depth_image(image.depth, stamp, frame)))
    if image.color is not None:
        found.append((f"/{image.name}/color/image_raw", IMAGE, stamp, color_image(image.color, stamp, frame)))
    return found
