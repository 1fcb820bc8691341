"""The newest images as they came, until it is known whether anything was decided on them."""

from __future__ import annotations

import struct
from collections import deque

KEPT = 20  # images of a camera and kind: the age of a decision, in frames of open eyes
SAME = 0.005  # seconds by which a stamp may be off that was told on another clock
STAMP = struct.Struct("<iI")
AT = 4  # bytes before a message's header in little-endian CDR


def stamp_of(data: bytes) -> int:
    """The time of a message that begins with a header, ns."""
    whole, rest = STAMP.unpack_from(data, AT)
    return int(whole) * 10**9 + int(rest)


def stamped(data: bytes, stamp: int) -> bytes:
    """The same message at another time, ns."""
    return data[:AT] + STAMP.pack(*divmod(stamp, 10**9)) + data[AT + STAMP.size :]


class KeptFrames:
    """Keeps the last few images by camera and kind, as CDR."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], deque[tuple[int, bytes]]] = {}

    def add(self, camera: str, kind: str, data: bytes) -> None:
        """Keep an image, and forget the oldest one."""
        self._kept.setdefault((camera, kind), deque(maxlen=KEPT)).append((stamp_of(data), data))

    def find(self, camera: str, kind: str, at: float) -> bytes | None:
        """The image that was taken at a time, seconds; None where there is none."""
        near = lambda image: abs(image[0] - at * 1e9)
        stamp, data = min(self._kept.get((camera, kind), ()), key=near, default=(0, b""))
        return data if data and abs(stamp - at * 1e9) <= SAME * 1e9 else None
