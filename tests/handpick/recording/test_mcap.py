"""MCAP files: read as rosbags reads them, by index or without; hostile ones are refused in bounded memory."""

from __future__ import annotations

import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import lz4.frame
import numpy as np
import pytest
from backports import zstd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rosbags.highlevel import AnyReader

from handpick.recording.errors import BagError, RecordingError
from handpick.recording.mcap import McapFile
from handpick.recording.open_recording import open_recording
from tests.support.bags import SECOND, camera_entries, color, depth, write_bag

MAGIC = b"\x89MCAP0\r\n"


@pytest.fixture(scope="module")
def bag(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some looks of two cameras, in two chunks."""
    rng, entries = np.random.default_rng(0), []
    for i in range(60):
        for name in ("left", "right"):
            entries += camera_entries(SECOND + i * SECOND // 10, depth(rng), color(rng), name)
    path = write_bag(tmp_path_factory.mktemp("mcap") / "bag", entries)
    return path / "bag.mcap"


def read(path: Path, topics: set[str] | None = None, *span: int) -> list[tuple[str, int, bytes]]:
    file = McapFile(path)
    try:
        return [tuple(message) for message in file.read(topics or set(file.topics), *span)]  # type: ignore[misc]
    finally:
        file.close()


def test_messages_are_those_that_rosbags_reads(bag: Path) -> None:
    with AnyReader([bag.parent]) as reader:
        expected = [(c.topic, stamp, bytes(data)) for c, stamp, data in reader.messages()]
    assert read(bag) == expected and len(McapFile(bag).blocks) == 2
    begin, end = SECOND + SECOND // 2, 2 * SECOND
    one = {"/left/depth/image_raw"}
    assert read(bag, one, begin, end) == [m for m in expected if m[0] in one and begin <= m[1] < end]


def record(kind: int, body: bytes) -> bytes:
    return struct.pack("<BQ", kind, len(body)) + body


def text(value: str) -> bytes:
    return struct.pack("<I", len(value)) + value.encode()


def footer(summary: int = 0) -> bytes:
    return record(2, struct.pack("<QQI", summary, 0, 0)) + MAGIC


HEADER = MAGIC + record(1, text("ros2") + text(""))
SCHEMA = record(3, struct.pack("<H", 1) + text("std_msgs/msg/String") + text("ros2msg") + text(""))
CHANNEL = record(4, struct.pack("<HH", 1, 1) + text("/a") + text("cdr") + struct.pack("<I", 0))


def message(stamp: int, data: bytes = b"x") -> bytes:
    return record(5, struct.pack("<HIQQ", 1, 0, stamp, stamp) + data)


def chunk(body: bytes, size: int, compression: str, first: int = 0, last: int = 9, crc: int = 0) -> bytes:
    head = struct.pack("<QQQI", first, last, size, crc) + text(compression)
    return record(6, head + struct.pack("<Q", len(body)) + body)


PACK = {"": bytes, "zstd": zstd.compress, "lz4": lz4.frame.compress}


@pytest.mark.parametrize("compression", PACK)
def test_a_file_without_an_index_is_scanned(tmp_path: Path, compression: str) -> None:
    inside = SCHEMA + CHANNEL + message(3) + message(2) + message(7)
    file = tmp_path / "a.mcap"
    file.write_bytes(HEADER + chunk(PACK[compression](inside), len(inside), compression) + footer())
    assert [stamp for _, stamp, _ in read(file)] == [2, 3, 7]


def test_messages_outside_chunks_are_read_in_the_order_of_their_times(tmp_path: Path) -> None:
    file = tmp_path / "a.mcap"
    file.write_bytes(HEADER + SCHEMA + CHANNEL + b"".join(message(t, b"y" * t) for t in (5, 1, 4)) + footer())
    assert [stamp for _, stamp, _ in read(file)] == [1, 4, 5]


def bomb(size: int) -> bytes:
    """A few bytes of zstd that unpack to `size` and more, in a second frame."""
    return zstd.compress(b"\0" * 10) + zstd.compress(b"\0" * size)


HOSTILE = {
    "empty": b"",
    "only the magic": MAGIC,
    "not MCAP": b"x" * 100,
    "no footer": HEADER + SCHEMA + CHANNEL + message(1),
    "summary outside": HEADER + footer(1 << 40),
    "a record that is longer than the file": HEADER + struct.pack("<BQ", 8, 1 << 60) + footer(len(HEADER)),
    "a chunk that says too much": HEADER + chunk(b"", 1 << 40, "zstd") + footer(),
    "a chunk that unpacks to more": HEADER + chunk(bomb(1 << 26), 10, "zstd") + footer(),
    "a chunk that unpacks to less": HEADER + chunk(zstd.compress(b""), 100, "zstd") + footer(),
    "an unknown compression": HEADER + chunk(b"abc", 3, "xz") + footer(),
    "a wrong checksum": HEADER + chunk(SCHEMA, len(SCHEMA), "", crc=1) + footer(),
    "a record cut in a chunk": HEADER + chunk(SCHEMA[:-3], len(SCHEMA) - 3, "") + footer(),
    "a record of no kind": HEADER + record(4, b"") + footer(),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_by_name(tmp_path: Path, name: str) -> None:
    file = tmp_path / "hostile.mcap"
    file.write_bytes(HOSTILE[name])
    with pytest.raises(BagError, match=r"hostile\.mcap"):
        read(file)
        raise AssertionError
    with pytest.raises(RecordingError, match=r"hostile\.mcap"), open_recording(file) as recording:
        list(recording.moments())


def test_chunks_that_all_overlap_are_not_all_unpacked_at_once(tmp_path: Path) -> None:
    """Twenty times 60 MB of zeros, each chunk from the beginning to the end of time: less than 1.2 GB are held."""
    inside = SCHEMA + CHANNEL + message(0, b"\0" * 60_000_000) + message(9)
    packed = chunk(zstd.compress(inside), len(inside), "zstd")
    file = tmp_path / "wide.mcap"
    file.write_bytes(HEADER + packed * 20 + footer())
    code = (
        "import sys; from pathlib import Path; from handpick.recording.mcap import McapFile\n"
        "from handpick.recording.errors import BagError\n"
        "try:\n  list(len(m.data) for m in McapFile(Path(sys.argv[1])).read(['/a']))\n"
        "except BagError as error: print(error)\n"
        "print(open('/proc/self/status').read().split('VmHWM:')[1].split()[0])"  # kB; rusage counts the parent's peak
    )
    told, peak = subprocess.run(
        [sys.executable, "-c", code, str(file)], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert "overlap" in told and int(peak) < 1_100_000


@pytest.fixture(scope="module")
def whole(bag: Path) -> Iterator[bytes]:
    yield bag.read_bytes()


@given(data=st.data())
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_spoiled_file_is_read_or_refused_by_name(data: st.DataObject, whole: bytes, tmp_path: Path) -> None:
    """Bytes changed near the records of the index and anywhere, and the file cut anywhere."""
    spoiled, size = bytearray(whole), len(whole)
    for _ in range(data.draw(st.integers(1, 4))):
        begin = data.draw(st.sampled_from((0, size - 4000, size - 300)))
        spoiled[data.draw(st.integers(begin, size - 1))] = data.draw(st.integers(0, 255))
    keep = data.draw(st.sampled_from((size, size, size, size - 1, size // 2)))
    file = tmp_path / "spoiled.mcap"
    file.write_bytes(spoiled[:keep])
    try:
        with open_recording(file) as recording:
            list(recording.moments())
    except RecordingError as error:
        assert "spoiled.mcap" in str(error)
