"""Looks out of a stream of images: depth of all cameras taken at about the same time, each with its colour."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from handpick.recording.camera_topics import CameraTopics
from handpick.recording.messages import Message

TOGETHER = 0.05  # seconds between the depth images of one look
SAME = 0.02  # seconds between depth and colour of one view
STALE = 1.0  # seconds that an image may be older than the newest one
LATE = 0.2  # seconds for which colour is waited for
KEPT = 8  # colour images of a camera that are kept meanwhile


@dataclass
class LookMessages:
    """The messages of one look, of each camera its depth and, where there is any, its colour. stamp: of the bag, ns."""

    stamp: int
    taken: float
    depth: dict[str, tuple[float, Message]] = field(default_factory=dict)
    color: dict[str, Message] = field(default_factory=dict)


class LookAssembler:
    """Sorts depth and colour messages into looks. What is out of order or stale is left out and counted in `notes`."""

    def __init__(self, cameras: Sequence[CameraTopics], notes: Counter[str]) -> None:
        self.notes, self.cameras = notes, cameras
        self.of_depth = {camera.depth: camera for camera in cameras}
        self.of_color: dict[str, list[CameraTopics]] = {}
        for camera in cameras:
            if camera.color:
                self.of_color.setdefault(camera.color, []).append(camera)
        self.colors: dict[str, deque[tuple[float, Message]]] = {topic: deque(maxlen=KEPT) for topic in self.of_color}
        self.last: dict[str, float] = {}
        self.newest = -float("inf")
        self.open: LookMessages | None = None
        self.waiting: deque[LookMessages] = deque()

    def add(self, message: Message, taken: float) -> Iterator[LookMessages]:
        """Take an image, `taken` at a time on the cameras' clock, seconds; the looks that are whole by now."""
        yield from self.ready(message.stamp)
        last = self.last.get(message.topic)
        if last is not None and taken <= last:
            self.notes[f"{message.topic}: left out, since it is no newer than the one before"] += 1
        elif taken < self.newest - STALE:
            self.notes[f"{message.topic}: left out, since it is more than {STALE:g} s old"] += 1
        else:
            self.last[message.topic], self.newest = taken, max(self.newest, taken)
            if message.topic in self.of_color:
                self.colors[message.topic].append((taken, message))
            if message.topic in self.of_depth:
                self._add_depth(message, taken)
            yield from self.ready(message.stamp)

    def ready(self, now: int | None) -> Iterator[LookMessages]:
        """Looks that are whole, or need not be waited for any longer at `now`, ns; None: at the end of all."""
        if self.open and (now is None or now - self.open.stamp > LATE * 1e9 or self._whole(self.open)):
            self.waiting.append(self.open)
            self.open = None
        while self.waiting:
            look = self.waiting[0]
            if not (now is None or now - look.stamp > LATE * 1e9 or self._whole(look, depth=False)):
                return
            self._pair(look)
            yield self.waiting.popleft()

    def _add_depth(self, message: Message, taken: float) -> None:
        name = self.of_depth[message.topic].name
        if self.open and (name in self.open.depth or abs(taken - self.open.taken) > TOGETHER):
            self.waiting.append(self.open)
            self.open = None
        self.open = self.open or LookMessages(message.stamp, taken)
        self.open.depth[name] = taken, message

    def _whole(self, look: LookMessages, depth: bool = True) -> bool:
        """Whether each camera's depth is there, and colour of the very same time."""
        for camera in self.cameras:
            if camera.name not in look.depth:
                if depth:
                    return False
            elif camera.color:
                taken = look.depth[camera.name][0]
                if all(other != taken for other, _ in self.colors[camera.color]):
                    return False
        return True

    def _pair(self, look: LookMessages) -> None:
        for camera in self.cameras:
            if camera.name not in look.depth or not camera.color:
                continue
            taken = look.depth[camera.name][0]
            near = min(self.colors[camera.color], key=lambda color: abs(color[0] - taken), default=None)
            if near and abs(near[0] - taken) <= SAME:
                look.color[camera.name] = near[1]
            else:
                self.notes[f"{camera.depth}: without colour, since none was taken within {SAME:g} s"] += 1
