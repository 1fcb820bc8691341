"""A bag: MCAP or SQLite files of rosbag2, alone or in a folder, as one stream of messages."""

from __future__ import annotations

import heapq
import re
from collections.abc import Collection, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Protocol

import apsw
from rosbags.rosbag2.storage_sqlite3 import Sqlite3Reader
from rosbags.typesys import Stores, get_typestore

from handpick.recording.errors import BagError
from handpick.recording.mcap import MOST_BLOCK, McapFile
from handpick.recording.mcap_records import unpack_zstd
from handpick.recording.messages import Message

MOST_FILES = 1000
ZSTD = b"\x28\xb5\x2f\xfd"  # how a message begins that is compressed by itself; CDR never begins so
# What a bag says its messages look like is not believed: only known types are read, and those have not changed.
STORE = get_typestore(Stores.ROS2_HUMBLE)


class BagFile(Protocol):
    """One file of a bag."""

    @property
    def topics(self) -> dict[str, str]: ...

    @property
    def span(self) -> tuple[int, int]: ...

    def read(self, topics: Collection[str], start: int = 0, until: int = 1 << 63) -> Iterator[Message]: ...

    def close(self) -> None: ...


class SqliteFile:
    """An SQLite file of rosbag2.

    Raises:
        BagError: it is none, or is damaged.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.reader = path, Sqlite3Reader(path)
        try:
            self.reader.open()
            assert self.reader.dbconn is not None
            self.reader.dbconn.limit(apsw.SQLITE_LIMIT_LENGTH, MOST_BLOCK)
        except Exception as error:  # the library's own, whatever it is
            raise BagError(f"{path}: expected an SQLite bag: {error}") from error

    @property
    def topics(self) -> dict[str, str]:
        return {connection.topic: connection.msgtype for connection in self.reader.connections}

    @property
    def span(self) -> tuple[int, int]:
        found = self.reader.metadata
        return (found.start_time, found.end_time - 1) if found.message_count else (0, 0)

    def read(self, topics: Collection[str], start: int = 0, until: int = 1 << 63) -> Iterator[Message]:
        connections = [connection for connection in self.reader.connections if connection.topic in topics]
        rows = self.reader.messages(connections, start, min(until, (1 << 63) - 1)) if connections else iter(())
        try:
            for connection, stamp, data in rows:
                yield Message(connection.topic, int(stamp), bytes(data))
        except (apsw.Error, TypeError, ValueError, KeyError) as error:
            raise BagError(f"{self.path}: cannot be read on: {error}; is it damaged?") from error

    def close(self) -> None:
        self.reader.close()


class Bag:
    """All files of a bag. A context: its files are closed at its end.

    Raises:
        BagError: there is no bag, or one of its files cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with ExitStack() as opened:
            self.files: list[BagFile] = []
            for file in bag_files(path):
                self.files.append(McapFile(file) if file.suffix == ".mcap" else SqliteFile(file))
                opened.callback(self.files[-1].close)
            self._opened = opened.pop_all()

    @property
    def topics(self) -> dict[str, str]:
        """The type of each topic."""
        return {topic: kind for file in self.files for topic, kind in file.topics.items()}

    @property
    def span(self) -> tuple[int, int]:
        """Times of the first and the last message, ns; 0 where there is none."""
        spans = [span for file in self.files if (span := file.span) != (0, 0)] or [(0, 0)]
        return min(start for start, _ in spans), max(end for _, end in spans)

    def read(self, topics: Collection[str], start: int = 0, until: int = 1 << 63) -> Iterator[Message]:
        """Messages of some topics with start <= stamp < until, ns, in the order in which they were recorded."""
        streams = [file.read(topics, start, until) for file in self.files if file.span[1] >= start]
        for message in heapq.merge(*streams, key=lambda message: message.stamp):
            yield message._replace(data=self._unpacked(message)) if message.data.startswith(ZSTD) else message

    def message(self, message: Message) -> Any:
        """The ROS message that its bytes are.

        Raises:
            BagError: they are none.
        """
        try:
            return STORE.deserialize_cdr(message.data, self.topics[message.topic])
        except Exception as error:  # the library's own, whatever it is
            raise BagError(f"{self.where(message)}: expected {self.topics[message.topic]}, got {error}") from error

    def where(self, message: Message) -> str:
        """Words that name a message."""
        return f"{self.path}: {message.topic} at {message.stamp / 1e9:.3f} s"

    def close(self) -> None:
        self._opened.close()

    def _unpacked(self, message: Message) -> bytes:
        try:
            data = unpack_zstd(message.data, MOST_BLOCK)
        except Exception as error:
            raise BagError(f"{self.where(message)}: cannot be unpacked: {error}") from error
        if len(data) > MOST_BLOCK:
            raise BagError(f"{self.where(message)}: expected a message of up to {MOST_BLOCK} bytes, got more")
        return data


def is_bag(path: Path) -> bool:
    """Whether a path looks like a bag."""
    return path.suffix in (".mcap", ".db3") or (path / "metadata.yaml").exists() or bool(_inside(path))


def bag_files(path: Path) -> list[Path]:
    """The files of a bag, in their order.

    Raises:
        BagError: there are none.
    """
    found = [path] if path.is_file() else _inside(path)
    if packed := [*path.glob("*.mcap.zstd"), *path.glob("*.db3.zstd")]:
        raise BagError(f"{path}: expected files that are not packed as a whole; unpack them first: unzstd {packed[0]}")
    if not 1 <= len(found) <= MOST_FILES:
        raise BagError(f"{path}: expected a bag of 1 to {MOST_FILES} .mcap or .db3 files, got {len(found)}")
    return found


def _inside(folder: Path) -> list[Path]:
    """The bag's files in a folder; links are not followed."""
    if not folder.is_dir():
        return []
    found = [f for f in folder.iterdir() if f.suffix in (".mcap", ".db3") and f.is_file() and not f.is_symlink()]
    return sorted(found, key=lambda f: [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", f.name)])
