"""Writes an MCAP bag as ros2 bag has it: a folder with metadata.yaml and one file, under another name until whole."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any, Literal

from rosbags.interfaces import (
    Connection,
    Qos,
    QosDurability,
    QosHistory,
    QosLiveliness,
    QosReliability,
    QosTime,
)
from rosbags.rosbag2 import CompressionFormat, CompressionMode, StoragePlugin, Writer

from handpick.recording.bag import STORE
from handpick.recording.errors import RecordingError

VERSION: Literal[8] = 8  # of metadata.yaml: what ros2 bag of Iron and later reads
FOREVER = QosTime(2147483647, 4294967295)
LATCHED = Qos(
    QosHistory.KEEP_LAST,
    1,
    QosReliability.RELIABLE,
    QosDurability.TRANSIENT_LOCAL,
    FOREVER,
    FOREVER,
    QosLiveliness.AUTOMATIC,
    FOREVER,
    False,
)


class BagWriter:
    """A bag that is being written; `close` gives it its name.

    path: of the folder, replaced where there is one. storage: MCAP, compressed by chunks, or SQLite.

    Raises:
        OSError: it cannot be written.
    """

    def __init__(self, path: Path, storage: StoragePlugin = StoragePlugin.MCAP) -> None:
        self.path = path
        self.draft = path.parent / f".{path.name}.part" / path.name  # the file within is named after its folder
        shutil.rmtree(self.draft.parent, ignore_errors=True)
        self.writer = Writer(self.draft, version=VERSION, storage_plugin=storage)
        if storage is StoragePlugin.MCAP:
            self.writer.set_compression(CompressionMode.STORAGE, CompressionFormat.ZSTD)
        self.writer.open()
        self.topics: dict[str, Connection] = {}

    def write(self, topic: str, kind: str, stamp: int, message: Any, latched: bool = False) -> None:
        """Write a message of a type, such as std_msgs/msg/String. stamp: ns. latched: also for late listeners."""
        self.write_bytes(topic, kind, stamp, STORE.serialize_cdr(message, kind), latched)

    def write_bytes(self, topic: str, kind: str, stamp: int, data: bytes | memoryview, latched: bool = False) -> None:
        """Write a message that is CDR already."""
        if topic not in self.topics:
            qos = [LATCHED] if latched else []
            self.topics[topic] = self.writer.add_connection(topic, kind, typestore=STORE, offered_qos_profiles=qos)
        self.writer.write(self.topics[topic], stamp, data)

    def close(self) -> Path:
        """Finish the bag; its path."""
        self.writer.close()
        if self.path.exists():
            if not (self.path / "metadata.yaml").exists():
                raise RecordingError(f"{self.path}: expected a bag to replace, or nothing; the new one is {self.draft}")
            shutil.rmtree(self.path)
        os.replace(self.draft, self.path)
        self.draft.parent.rmdir()
        return self.path
