"""Which topics of a bag belong to one camera."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from handpick.recording.bag import Bag
from handpick.recording.ros_images import COMPRESSED, IMAGE, is_color, is_depth

INFO = "sensor_msgs/msg/CameraInfo"
TRANSPORTS = ("/compressedDepth", "/compressed")
VIEWS = ("depth", "color", "colour", "rgb", "infra", "image")  # where a camera's own name ends


@dataclass(frozen=True)
class CameraTopics:
    """A camera's topics. `frame`: of its depth. color: of the same view as the depth, None: there is none."""

    name: str
    frame: str
    depth: str
    info: str
    color: str | None = None


@dataclass(frozen=True)
class _Stream:
    topic: str
    kind: str
    frame: str

    @property
    def base(self) -> str:
        """The topic without its transport."""
        return next((self.topic.removesuffix(t) for t in TRANSPORTS if self.topic.endswith(t)), self.topic)

    @property
    def device(self) -> str:
        """What the topics of one device begin with."""
        parts = self.base.split("/")
        at = next((i for i, part in enumerate(parts) if i and any(view in part for view in VIEWS)), len(parts) - 1)
        return "/".join(parts[:at])

    @property
    def parent(self) -> str:
        return self.base.rpartition("/")[0]


def find_cameras(bag: Bag, notes: Counter[str]) -> tuple[CameraTopics, ...]:
    """The cameras of a bag that have depth and a CameraInfo, by the first message of each of its image topics.

    Colour belongs to depth where both name the same frame. Of several depth images of one device, the one with colour
    is taken.
    """
    depths, colors = _streams(bag)
    infos = {topic for topic, kind in bag.topics.items() if kind == INFO}
    found: dict[str, CameraTopics] = {}
    for depth in sorted(depths, key=lambda stream: (_color(stream, colors) is None, stream.topic)):
        color = _color(depth, colors)
        info = _info(depth, color, infos)
        name = depth.device.strip("/").removeprefix("cameras/") or "camera"
        if info is None:
            notes[f"{depth.topic}: left out, since no CameraInfo lies beside it"] += 1
        elif name in found:
            notes[f"{depth.topic}: left out beside {found[name].depth}"] += 1
        else:
            found[name] = CameraTopics(name, depth.frame, depth.topic, info, color.topic if color else None)
    return tuple(found[name] for name in sorted(found))


def _streams(bag: Bag) -> tuple[list[_Stream], list[_Stream]]:
    """Depth and colour streams; of one image by several transports the first."""
    depths: dict[str, _Stream] = {}
    colors: dict[str, _Stream] = {}
    for topic, kind in sorted(bag.topics.items()):
        if kind not in (IMAGE, COMPRESSED):
            continue
        first = next(bag.read([topic]), None)
        if first is None:
            continue
        message: Any = bag.message(first)
        stream = _Stream(topic, kind, str(message.header.frame_id))
        if is_depth(message, kind):
            depths.setdefault(stream.base, stream)
        elif is_color(message, kind):
            colors.setdefault(stream.base, stream)
    return list(depths.values()), [stream for base, stream in colors.items() if base not in depths]


def _color(depth: _Stream, colors: Sequence[_Stream]) -> _Stream | None:
    """The colour stream of the same view."""
    same = [c for c in colors if c.frame == depth.frame and (c.frame or c.device == depth.device)]
    return min(same, key=lambda c: (c.device != depth.device, "rect" not in c.topic, c.topic), default=None)


def _info(depth: _Stream, color: _Stream | None, infos: set[str]) -> str | None:
    beside = [depth.parent, depth.device, *([color.parent] if color else [])]
    return next((topic for place in beside if (topic := f"{place}/camera_info") in infos), None)
