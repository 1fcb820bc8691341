"""One camera's topics: images paired by stamp, its intrinsics, and whether it is alive."""

from __future__ import annotations

from collections import deque
from functools import partial

import numpy as np
from rclpy.node import Node
from sensor_msgs.msg import CameraInfo, Image

from perception.camera import CameraFrame
from perception.depth_image import DepthImage
from perception.errors import FrameError
from perception.pose import Array
from ros_nodes.cameras.frame_pairs import COLOR, DEPTH, FramePairs, Pair
from ros_nodes.cell_clock import CellClock
from ros_nodes.cell_folder import CameraTopics
from ros_nodes.control.watchdog import Watchdog
from ros_nodes.errors import MessageError
from ros_nodes.messages import color_pixels, depth_pixels, expect_image, seconds
from ros_nodes.topics import SENSOR

LENSES = ("", "plumb_bob", "rational_polynomial")  # of which OpenCV's coefficients are a model


class CameraFeed:
    """Keeps the newest pair of images of a camera.

    Args:
        limit: seconds without a pair after which the camera is lost.
    """

    def __init__(self, node: Node, camera: CameraTopics, clock: CellClock, limit: float) -> None:
        self.camera, self.clock = camera, clock
        self.alive = Watchdog(f"images of camera {camera.name}", limit)
        self.pairs: FramePairs[Image] = FramePairs(colored=bool(camera.color), oldest=limit)
        self.newest: Pair[Image] | None = None
        self.info: CameraInfo | None = None
        self.faults: dict[str, str] = {}  # by kind of image
        self.ages: deque[float] = deque(maxlen=4096)  # of pairs as they came, seconds
        self.taken = 0
        node.create_subscription(CameraInfo, camera.info, self._take_info, SENSOR)
        node.create_subscription(Image, camera.depth, partial(self._take, DEPTH), SENSOR)
        if camera.color:
            node.create_subscription(Image, camera.color, partial(self._take, COLOR), SENSOR)

    def why(self) -> str:
        """Why the camera is of no use now; empty where it is."""
        if self.info is None:
            return f"no CameraInfo of camera {self.camera.name} yet on {self.camera.info}"
        return "; ".join(self.faults.values()) or (str(self.alive) if self.alive.late else "")

    def frame(self, pair: Pair[Image]) -> CameraFrame:
        """The rectified frame of a pair. Raises FrameError, MessageError: what is wrong with it."""
        if self.info is None:
            raise FrameError(self.why())
        color = None if pair.color is None else color_pixels(pair.color)
        depth = depth_pixels(pair.depth)
        if depth.shape != (self.info.height, self.info.width):
            raise FrameError(
                f"camera {self.camera.name}: expected depth of {self.info.width}x{self.info.height} as its CameraInfo "
                f"says, got {depth.shape[1]}x{depth.shape[0]}; is the info that of another stream?"
            )
        k, distortion = self.intrinsics()
        unit, name, T = self.camera.unit, self.camera.name, self.camera.T_base_camera
        return DepthImage(depth, k, distortion, T, color, unit, name, pair.stamp).frame()

    def intrinsics(self) -> tuple[Array, Array]:
        """k (3, 3) and the coefficients of distortion. Raises FrameError: a lens that nobody here rectifies."""
        assert self.info is not None
        k, bent = np.array(self.info.k, np.float64).reshape(3, 3), np.array(self.info.d, np.float64)
        if self.camera.rectified or not bent.any():
            return k, np.zeros(0)
        if self.info.distortion_model not in LENSES:
            raise FrameError(
                f"camera {self.camera.name}: expected rectified images or distortion of plumb_bob or "
                f"rational_polynomial, got {self.info.distortion_model!r}; rectify them with image_proc first"
            )
        return k, bent

    def _take_info(self, info: CameraInfo) -> None:
        if info.k[0] > 0:
            self.info = info

    def _take(self, kind: str, image: Image) -> None:
        try:
            expect_image(image, depth=kind == DEPTH)
            self.faults.pop(kind, None)
        except MessageError as error:
            self.faults[kind] = f"camera {self.camera.name}: {error}"
            return
        stamp, now = seconds(image.header.stamp), self.clock.ros()
        if pair := self.pairs.add(kind, image, stamp, now):
            self.newest = pair
            self.taken += 1
            self.ages.append(now - pair.stamp)
            self.alive.beat()
