"""Reads an MCAP file by its index, a block at a time. What a block unpacks to is bounded by what it says of itself.

mcap.dev/spec tells the format. Files without an index are scanned, by the heads of their records alone.
"""

from __future__ import annotations

import heapq
import struct
import zlib
from collections.abc import Collection, Iterator
from itertools import pairwise
from pathlib import Path

from handpick.recording import mcap_records as records
from handpick.recording.errors import BagError
from handpick.recording.mcap_records import HEAD, INDEX, MAGIC, MESSAGE_HEAD, RECORD, TAIL, Block, Fields, unpack
from handpick.recording.messages import Message

MOST_BLOCK = 1 << 28  # bytes that one block unpacks to
MOST_LIVE = 1 << 29  # bytes of blocks that overlap in time, all unpacked at once
MOST_SUMMARY = 1 << 28
RUN = 1 << 22  # bytes of messages outside chunks that are read at once


class McapFile:
    """An MCAP file: the topics with their types, and messages in the order of their times.

    Raises:
        BagError: it is none, is cut short, or contradicts itself.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.blocks = path, list[Block]()
        self.types: dict[int, str] = {}
        self.channels: dict[int, tuple[str, str]] = {}  # topic and type
        try:
            self.file = path.open("rb")
        except OSError as error:
            raise BagError(f"{path}: cannot be read: {error.strerror}") from error
        try:
            self._open()
        except BaseException:
            self.file.close()
            raise

    @property
    def topics(self) -> dict[str, str]:
        """The type of each topic."""
        return dict(self.channels.values())

    @property
    def span(self) -> tuple[int, int]:
        """Times of the first and the last message, ns; 0 where there is none."""
        ends = [block.end for block in self.blocks]
        return min((block.start for block in self.blocks), default=0), max(ends, default=0)

    def read(self, topics: Collection[str], start: int = 0, until: int = 1 << 63) -> Iterator[Message]:
        """Messages of some topics with start <= stamp < until, in the order of their times."""
        wanted = {channel: topic for channel, (topic, _) in self.channels.items() if topic in topics}
        blocks = [b for b in self.blocks if b.end >= start and b.start < until]
        blocks = [b for b in blocks if b.channels is None or b.channels & wanted.keys()]
        waiting = _Waiting(self.path)
        for block in sorted(blocks, key=lambda b: (b.start, b.offset)):
            for channel, stamp, data in waiting.before(block.start):
                yield Message(wanted[channel], stamp, data)
            found = self._messages(block)
            waiting.add(block, [m for m in found if m[1] in wanted and start <= m[0] < until])
        for channel, stamp, data in waiting.before(1 << 64):
            yield Message(wanted[channel], stamp, data)

    def close(self) -> None:
        self.file.close()

    def _open(self) -> None:
        size = self.path.stat().st_size
        end = self._bytes(size - TAIL, TAIL) if size >= TAIL + len(MAGIC) else b""
        if not end or self._bytes(0, len(MAGIC)) != MAGIC:
            raise BagError(f"{self.path}: expected an MCAP file, got {size} bytes that do not begin like one")
        kind, length, summary, _, _ = struct.unpack_from("<BQQQI", end)
        if end[-len(MAGIC) :] != MAGIC or (kind, length) != (records.FOOTER, 20):
            raise BagError(f"{self.path}: expected a footer at its end, {size} bytes: cut short; try `mcap recover`")
        if summary and not (len(MAGIC) <= summary <= size - TAIL and size - TAIL - summary <= MOST_SUMMARY):
            raise BagError(f"{self.path}: expected its summary within {size} bytes, got one at {summary}")
        if summary:
            self._summary(Fields(memoryview(self._bytes(summary, size - TAIL - summary)), str(self.path)))
        if not self.blocks:
            self._scan(summary or size - TAIL)
        order = sorted(self.blocks, key=lambda block: block.offset)
        if any(a.offset + a.length > b.offset for a, b in pairwise(order)):
            raise BagError(f"{self.path}: expected an index of chunks one after the other, some overlap")
        for block in self.blocks:
            if not self.channels:  # they are told inside the chunks alone
                self._declare(Fields(self._unpacked(block), str(self.path)))

    def _summary(self, fields: Fields) -> None:
        for kind, record in fields.records():
            if kind in (records.SCHEMA, records.CHANNEL):
                self._declaration(kind, record)
            elif kind == records.CHUNK_INDEX:
                start, end, offset, _ = record.unpack(INDEX)
                offsets = record.take(record.number("I"))
                if len(offsets) % 10:
                    raise BagError(f"{self.path}: expected whole entries in a chunk's index")
                inside = frozenset(channel for channel, _ in struct.iter_unpack("<HQ", offsets))
                record.number("Q")
                compression, packed, size = record.text(), record.number("Q"), record.number("Q")
                head = offset + RECORD.size
                begin = head + HEAD.size + 4 + len(compression.encode()) + 8
                self._add(Block(start, end, begin, packed, compression, size, inside or None, head))

    def _scan(self, stop: int) -> None:
        """Find chunks, and runs of messages outside them, from the heads of records."""
        at, run = len(MAGIC), list[tuple[int, int, int]]()  # time, where, length
        while at < stop:
            kind, length = RECORD.unpack(self._bytes(at, RECORD.size))
            body, at = at + RECORD.size, at + RECORD.size + length
            if at > stop or kind == records.DATA_END:
                break
            if kind == records.MESSAGE:
                run.append((MESSAGE_HEAD.unpack(self._bytes(body, MESSAGE_HEAD.size))[2], body - RECORD.size, at))
            if run and (kind != records.MESSAGE or at - run[0][1] > RUN):
                self._add_run(run)
            if kind in (records.SCHEMA, records.CHANNEL):
                self._declaration(kind, Fields(memoryview(self._bytes(body, min(length, RUN))), str(self.path)))
            elif kind == records.CHUNK:
                head = Fields(memoryview(self._bytes(body, min(length, HEAD.size + 64))), str(self.path))
                start, end, size, _ = head.unpack(HEAD)
                compression, packed = head.text(), head.number("Q")
                self._add(Block(start, end, body + head.at, packed, compression, size, None, body))
        if run:
            self._add_run(run)

    def _add_run(self, run: list[tuple[int, int, int]]) -> None:
        times, begin, end = [time for time, _, _ in run], run[0][1], run[-1][2]
        self._add(Block(min(times), max(times), begin, end - begin, "", end - begin))
        run.clear()

    def _add(self, block: Block) -> None:
        if block.size > MOST_BLOCK or block.length > MOST_BLOCK:
            raise BagError(
                f"{self.path}: expected chunks of up to {MOST_BLOCK} bytes, got one that says {block.size} at byte "
                f"{block.offset}"
            )
        self.blocks.append(block)

    def _declare(self, fields: Fields) -> None:
        for kind, record in fields.records():
            if kind in (records.SCHEMA, records.CHANNEL):
                self._declaration(kind, record)

    def _declaration(self, kind: int, record: Fields) -> None:
        number = record.number("H")
        if kind == records.SCHEMA:
            self.types[number] = record.text()
        else:
            schema, topic, encoding = record.number("H"), record.text(), record.text()
            if encoding == "cdr":
                self.channels[number] = topic, self.types.get(schema, "")

    def _messages(self, block: Block) -> list[tuple[int, int, memoryview]]:
        """Time, channel and bytes of a block's messages, in the order of their times."""
        fields, found = Fields(self._unpacked(block), f"{self.path} at byte {block.offset}"), []
        for kind, record in fields.records():
            if kind == records.MESSAGE:
                channel, _, time, _ = record.unpack(MESSAGE_HEAD)
                found.append((time, channel, record.data[record.at :]))
        return sorted(found, key=lambda message: message[0])

    def _unpacked(self, block: Block) -> memoryview:
        packed, where = self._bytes(block.offset, block.length), f"{self.path}: chunk at byte {block.offset}"
        try:
            data = unpack(packed, block.compression, block.size)
        except Exception as error:  # the libraries' own, whatever they are
            raise BagError(f"{where}: cannot be unpacked as {block.compression!r:.20}: {error}") from error
        crc = HEAD.unpack(self._bytes(block.head, HEAD.size))[3] if block.head else 0
        if len(data) != block.size or (crc and zlib.crc32(data) != crc):
            raise BagError(f"{where}: expected {block.size} bytes of its checksum, got others; is the file damaged?")
        return memoryview(data)

    def _bytes(self, offset: int, count: int) -> bytes:
        self.file.seek(offset)
        data = self.file.read(count)
        if len(data) < count:
            raise BagError(f"{self.path}: expected {count} bytes at {offset}, the file ends before")
        return data


class _Waiting:
    """Messages of blocks that overlap in time, until their turn comes; only so many bytes of them at once."""

    def __init__(self, path: Path) -> None:
        self.path, self.live, self.count = path, 0, 0
        self.heap: list[tuple[int, int, int, memoryview, Block]] = []
        self.left: dict[int, int] = {}  # messages of a block that are waiting, by where it lies

    def add(self, block: Block, messages: list[tuple[int, int, memoryview]]) -> None:
        """Messages of a block: time, channel, bytes. Raises BagError where too many overlap."""
        if not messages:
            return
        self.live += block.size
        if self.live > MOST_LIVE:
            raise BagError(
                f"{self.path}: expected messages nearly in the order of their times, more than {MOST_LIVE} bytes of "
                f"them overlap at {block.start / 1e9:.3f} s; sort the file by `mcap sort`"
            )
        self.left[block.offset] = len(messages)
        for time, channel, data in messages:
            self.count += 1
            heapq.heappush(self.heap, (time, self.count, channel, data, block))

    def before(self, time: int) -> Iterator[tuple[int, int, bytes]]:
        """Channel, time and bytes of the messages before `time`."""
        while self.heap and self.heap[0][0] < time:
            stamp, _, channel, data, block = heapq.heappop(self.heap)
            yield channel, stamp, bytes(data)
            self.left[block.offset] -= 1
            if not self.left[block.offset]:
                self.live -= block.size
