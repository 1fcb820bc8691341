"""A bag as a recording: images paired and posed, and, where Handpick recorded it, what was decided and came of it."""

from __future__ import annotations

import json
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from handpick.recording import own
from handpick.recording.bag import Bag
from handpick.recording.camera_topics import CameraTopics, find_cameras
from handpick.recording.errors import BagError
from handpick.recording.looks import LookAssembler, LookMessages
from handpick.recording.messages import Message
from handpick.recording.moment import Decision, Json, Moment, RobotState
from handpick.recording.ros_images import color_of, depth_of, intrinsics_of
from handpick.recording.transforms import TF_STATIC, TRANSFORMS, Transforms
from perception.depth_image import DepthImage
from perception.errors import HandpickError
from perception.pose import Pose

JOINTS, STRING = "sensor_msgs/msg/JointState", "std_msgs/msg/String"
STATIC_MESSAGES = 100
JOINTS_KEPT = 1000


class BagRecording:
    """A bag with depth images. Only its index is read before moments are asked for.

    Raises:
        RecordingError: it cannot be read, or has no depth images with a CameraInfo.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.notes = path, Counter[str]()
        self.bag = Bag(path)
        try:
            self.cell = self._cell()
            self.cameras = find_cameras(self.bag, self.notes)
            if not self.cameras:
                told = ", ".join(f"{topic} ({kind})" for topic, kind in sorted(self.bag.topics.items()))
                raise BagError(
                    f"{path}: expected a topic of depth images (16UC1, 32FC1 or compressedDepth) and a camera_info "
                    f"beside it, got {told[:1500] or 'no topics'}; {'; '.join(self.notes) or 'record them too'}"
                )
        except BaseException:
            self.bag.close()
            raise

    @property
    def span(self) -> tuple[float, float]:
        start, end = self.bag.span
        return start / 1e9, end / 1e9

    def close(self) -> None:
        self.bag.close()

    def moments(self, start: float | None = None, until: float | None = None) -> Iterator[Moment]:
        reader = _Reader(self)
        begin, end = (None if t is None else int(t * 1e9) for t in (start, until))
        yield from reader.moments(begin or 0, 1 << 63 if end is None else max(end, 0))

    def _cell(self) -> Json | None:
        if self.bag.topics.get(own.CELL) != STRING:
            return None
        first = next(self.bag.read([own.CELL]), None)
        return None if first is None else json_of(self.bag, first)


class _Reader:
    """One pass through a bag."""

    def __init__(self, recording: BagRecording) -> None:
        self.bag, self.cameras, self.notes = recording.bag, recording.cameras, recording.notes
        self.topics = self.bag.topics
        self.known = own.camera_poses(recording.cell, str(recording.path)) if recording.cell else {}
        self.transforms = Transforms()
        self.infos: dict[str, Any] = {}
        self.joints: deque[Message] = deque(maxlen=JOINTS_KEPT)
        self.said: dict[str, tuple[int, Json]] = {}  # the newest of Handpick's own topics, by topic
        self.outcomes: dict[int, Json] = {}

    def moments(self, start: int, until: int) -> Iterator[Moment]:
        images = {topic for camera in self.cameras for topic in (camera.depth, camera.color) if topic}
        infos = {camera.info for camera in self.cameras}
        others = {topic for topic, kind in self.topics.items() if kind in (TRANSFORMS, JOINTS)}
        said = {topic for topic in (own.TOOL, own.DECISION, own.INPUTS) if self.topics.get(topic) == STRING}
        self._begin(infos)
        looks = LookAssembler(self.cameras, self.notes)
        for message in self.bag.read(images | infos | others | said, start, until):
            image = message.topic in images
            found = looks.add(message, self._taken(message)) if image else looks.ready(message.stamp)
            for look in found:
                yield self._moment(look)
            if not image:
                self._take(message)
        for look in looks.ready(None):
            yield self._moment(look)

    def _begin(self, infos: set[str]) -> None:
        """What holds from the beginning, wherever reading begins: first camera infos, static transforms, outcomes."""
        for topic in infos:
            if first := next(self.bag.read([topic]), None):
                self._take(first)
        if self.topics.get(TF_STATIC) == TRANSFORMS:
            for message in islice(self.bag.read([TF_STATIC]), STATIC_MESSAGES):
                self._take(message)
        if self.topics.get(own.OUTCOME) == STRING:
            for message in self.bag.read([own.OUTCOME]):
                outcome = json_of(self.bag, message)
                self.outcomes[int(outcome.get("look", -1))] = outcome

    def _take(self, message: Message) -> None:
        """Take a message that is no image."""
        kind = self.topics[message.topic]
        if kind == JOINTS:
            self.joints.append(message)
        elif kind == STRING:
            self.said[message.topic] = message.stamp, json_of(self.bag, message)
        elif kind == TRANSFORMS:
            if wrong := self.transforms.add(self.bag.message(message)):
                self.notes[f"{message.topic}: transforms left out that are none"] += wrong
        else:
            self.infos[message.topic] = self.bag.message(message)

    def _taken(self, message: Message) -> float:
        """When an image was taken, seconds: its header's stamp, or when it was recorded where that is 0."""
        stamp = self.bag.message(message).header.stamp
        return float(stamp.sec + stamp.nanosec / 1e9) or message.stamp / 1e9

    def _moment(self, look: LookMessages) -> Moment:
        poses = self.known or self.transforms.poses(tuple(camera.frame for camera in self.cameras))
        images = (self._image(camera, look, poses) for camera in self.cameras if camera.name in look.depth)
        decision = self._decision(look)
        return Moment(
            look.stamp / 1e9,
            tuple(image for image in images if image),
            self._state(look.stamp),
            decision,
            self.outcomes.get(decision.look) if decision else None,
        )

    def _image(self, camera: CameraTopics, look: LookMessages, poses: Mapping[str, Pose]) -> DepthImage | None:
        taken, message = look.depth[camera.name]
        where, info = self.bag.where(message), self.infos.get(camera.info)
        if info is None:
            self.notes[f"{camera.depth}: left out, since no message of {camera.info} came"] += 1
            return None
        rectified = "rect" in camera.depth.rsplit("/", 2)[-1]
        k, lens, size = intrinsics_of(info, rectified, f"{self.bag.path}: {camera.info}")
        depth = depth_of(self.bag.message(message), self.topics[camera.depth], where)
        if depth.shape != size[::-1]:
            raise BagError(
                f"{where}: expected {size[0]}x{size[1]} pixels, as in {camera.info}, got "
                f"{depth.shape[1]}x{depth.shape[0]}; record the info of this very image"
            )
        color = None
        if other := look.color.get(camera.name):
            color = color_of(self.bag.message(other), self.topics[other.topic], self.bag.where(other))
        try:
            return DepthImage(depth, k, lens, poses.get(camera.frame), color, None, camera.name, taken)
        except HandpickError as error:
            raise BagError(f"{where}: {error}") from error

    def _state(self, stamp: int) -> RobotState | None:
        """The joints' readings nearest to a time."""
        if not self.joints:
            return None
        message = min(self.joints, key=lambda joints: abs(joints.stamp - stamp))
        found: Any = self.bag.message(message)
        _, tool = self.said.get(own.TOOL, (0, {}))
        try:
            arrays = found.position, found.velocity, found.effort
            return RobotState(message.stamp / 1e9, tuple(found.name), *arrays, tool)
        except HandpickError as error:
            self.notes[f"{message.topic}: left out: {error}"] += 1
            return None

    def _decision(self, look: LookMessages) -> Decision | None:
        """What was decided on a look: it was recorded at the very time of its images, and before them."""
        stamp, told = self.said.get(own.DECISION, (-1, {}))
        if stamp != look.stamp or not isinstance(told.get("look"), int):
            return None
        at, inputs = self.said.get(own.INPUTS, (-1, {}))
        return Decision(told["look"], told, inputs if at == stamp else None)


def json_of(bag: Bag, message: Message) -> Json:
    """The JSON object that a String message holds.

    Raises:
        BagError: it holds none.
    """
    try:
        found = json.loads(bag.message(message).data)
    except (ValueError, RecursionError) as error:
        raise BagError(f"{bag.where(message)}: expected JSON: {error}") from error
    if not isinstance(found, dict):
        raise BagError(f"{bag.where(message)}: expected a JSON object, got {type(found).__name__}")
    return found
