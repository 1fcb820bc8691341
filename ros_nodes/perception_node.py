"""The perception node: takes the cameras' images, says which cameras are alive, and hands on what is asked for.

Images at full rate end here. Whoever looks asks on `perception/look` for frames of a moment on, and gets one of every
camera, paired, rectified and in metres, on `frames/CAMERA/depth` and `frames/CAMERA/color`.
"""

from __future__ import annotations

import numpy as np
from builtin_interfaces.msg import Time
from sensor_msgs.msg import CameraInfo, Image

from perception.errors import HandpickError
from ros_nodes.cameras.camera_feed import CameraFeed
from ros_nodes.messages import image_message, seconds, to_time
from ros_nodes.node import CellNode, main_of
from ros_nodes.topics import CONTROL, FRAMES, LATCHED, LOOK

POLL = 0.01  # seconds between two looks for frames that are asked for


class PerceptionNode(CellNode):
    """Parameters: cell; stale_frames: seconds without images after which a camera is lost."""

    def __init__(self) -> None:
        super().__init__("perception")
        limit = float(self.parameter("stale_frames", 0.12))
        self.feeds = [CameraFeed(self, camera, self.cell_clock, limit) for camera in self.folder().cameras]
        names = [feed.camera.name for feed in self.feeds]
        self._images = {
            (name, kind): self.create_publisher(Image, f"{FRAMES}/{name}/{kind}", CONTROL)
            for name in names
            for kind in ("depth", "color")
        }
        self._infos = {name: self.create_publisher(CameraInfo, f"{FRAMES}/{name}/info", LATCHED) for name in names}
        self._told: set[str] = set()
        self._was = ""
        self._asked: dict[str, float] = {}  # ROS time from which on a frame of a camera is wanted
        self._errors: dict[str, str] = {}
        self.create_subscription(Time, LOOK, self._look, CONTROL)
        self.every(POLL, self._hand_on)

    def status(self) -> tuple[str, str, str, dict[str, str]]:
        why = "; ".join(filter(None, (feed.why() or self._errors.get(feed.camera.name, "") for feed in self.feeds)))
        figures = {
            feed.camera.name: f"{feed.taken} taken, {sum(feed.pairs.dropped.values())} dropped" for feed in self.feeds
        }
        return ("error", "blind", why, figures) if why else ("ok", "seeing", "", figures)

    def _look(self, since: Time) -> None:
        self._asked = {feed.camera.name: seconds(since) for feed in self.feeds}

    def _hand_on(self) -> None:
        if (blind := self.status()[1]) != self._was:
            self._was = blind
            self.tell()  # at once: whoever moves counts on it
        for feed in self.feeds:
            name, pair = feed.camera.name, feed.newest
            if feed.info is not None and name not in self._told:
                self._tell_info(feed)
            if name in self._asked and pair is not None and pair.stamp >= self._asked[name]:
                del self._asked[name]
                try:
                    frame = feed.frame(pair)
                except HandpickError as error:
                    self._errors[name] = str(error)
                    continue
                self._errors.pop(name, None)
                stamp = to_time(pair.stamp)
                self._images[name, "depth"].publish(image_message(frame.depth, "32FC1", stamp, name))
                self._images[name, "color"].publish(image_message(frame.color, "rgb8", stamp, name))

    def _tell_info(self, feed: CameraFeed) -> None:
        """The intrinsics of the rectified images, once."""
        assert feed.info is not None
        self._told.add(feed.camera.name)
        info = CameraInfo(height=feed.info.height, width=feed.info.width, k=np.array(feed.info.k, np.float64))
        info.header.frame_id = feed.camera.name
        self._infos[feed.camera.name].publish(info)


main = main_of(PerceptionNode)
