"""The records of an MCAP file, each within its bounds, and chunks unpacked to no more than they say. mcap.dev/spec."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

import lz4.frame
from backports import zstd

from handpick.recording.errors import BagError

MAGIC = b"\x89MCAP0\r\n"
FOOTER, SCHEMA, CHANNEL, MESSAGE, CHUNK, CHUNK_INDEX, DATA_END = 0x02, 0x03, 0x04, 0x05, 0x06, 0x08, 0x0F
RECORD, HEAD, INDEX, MESSAGE_HEAD = (struct.Struct(form) for form in ("<BQ", "<QQQI", "<QQQQ", "<HIQQ"))
TAIL = RECORD.size + 20 + len(MAGIC)


@dataclass(frozen=True)
class Block:
    """Messages that are read together: times in ns, where their bytes lie, and what they unpack to.

    channels: whose messages are in it; None: nobody knows. head: where the chunk's own head lies; 0: it is no chunk.
    """

    start: int
    end: int
    offset: int
    length: int
    compression: str
    size: int
    channels: frozenset[int] | None = None
    head: int = 0


class Fields:
    """The fields of a record, each within its bounds."""

    def __init__(self, data: memoryview, where: str) -> None:
        self.data, self.where, self.at = data, where, 0

    def take(self, count: int) -> memoryview:
        if count > len(self.data) - self.at:
            raise BagError(f"{self.where}: expected {count} more bytes of a record, it ends after {len(self.data)}")
        self.at += count
        return self.data[self.at - count : self.at]

    def unpack(self, form: struct.Struct) -> tuple[int, ...]:
        return form.unpack(self.take(form.size))

    def number(self, form: str) -> int:
        return int(struct.unpack("<" + form, self.take(struct.calcsize(form)))[0])

    def text(self) -> str:
        return bytes(self.take(self.number("I"))).decode(errors="replace")

    def records(self) -> Iterator[tuple[int, Fields]]:
        while self.at < len(self.data):
            kind, length = self.unpack(RECORD)
            yield kind, Fields(self.take(length), self.where)


def unpack(data: bytes, compression: str, size: int) -> bytes:
    """Unpack to `size` bytes, or one more where there are more. Raises what the libraries do."""
    if compression == "":
        return data
    if compression == "lz4":
        return bytes(lz4.frame.LZ4FrameDecompressor().decompress(data, max_length=size + 1))
    if compression == "zstd":
        return unpack_zstd(data, size)
    raise BagError(f"expected zstd, lz4 or no compression, got {compression!r:.20}")


def unpack_zstd(data: bytes, most: int) -> bytes:
    """Unpack zstd to at most `most` bytes, or one more where there are more. Raises zstd.ZstdError."""
    if zstd.get_frame_info(data).decompressed_size == most and zstd.get_frame_size(data) == len(data):
        return zstd.decompress(data)  # one frame that says so and is held to it, at once
    parts: list[bytes] = []
    left = most + 1
    while data and left:
        frame = zstd.ZstdDecompressor()
        parts.append(frame.decompress(data, max_length=left))
        left -= len(parts[-1])
        if not frame.eof:
            break
        data = frame.unused_data
    return parts[0] if len(parts) == 1 else b"".join(parts)
