"""Looks as plain folders: what is written is read again to the bit, and what is wrong is refused by name."""

from __future__ import annotations

import json
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from handpick.recording.errors import LookFolderError, RecordingError
from handpick.recording.folder import FILE, read_look, write_look
from handpick.recording.image_bytes import decode_color, decode_depth, encode_npy
from perception.depth_image import DepthImage
from perception.pose import Pose

K = np.array([[500.0, 0, 30], [0, 500.0, 20], [0, 0, 1]])


def images(rng: np.random.Generator) -> list[DepthImage]:
    pose = Pose.from_euler(rng.normal(size=3), rng.normal(size=3))
    color = rng.integers(0, 256, (40, 60, 3)).astype(np.uint8)
    return [
        DepthImage(
            rng.integers(0, 60000, (40, 60)).astype(np.uint16), K, T_base_camera=pose, color=color, name="a/../b"
        ),
        DepthImage(rng.random((40, 60)).astype(np.float32), K, np.full(5, 0.1), unit=0.5, name="ä", stamp=1.25),
    ]


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_written_is_read_again_to_the_bit(tmp_path: Path, seed: int) -> None:
    written = images(np.random.default_rng(seed))
    write_look(tmp_path, written)
    for a, b in zip(written, read_look(tmp_path), strict=True):
        assert a.depth.dtype == b.depth.dtype and (a.depth == b.depth).all()
        assert (a.name, a.stamp, a.unit) == (b.name, b.stamp, b.unit)
        assert (a.k == b.k).all() and (a.distortion == b.distortion).all()
        assert (a.color is None) == (b.color is None)
        assert a.color is None or b.color is None or (a.color == b.color).all()
        assert a.T_base_camera is None or (a.T_base_camera.matrix == b.T_base_camera.matrix).all()  # type: ignore[union-attr]
    assert not list(tmp_path.glob(".*"))


@pytest.fixture
def look(tmp_path: Path) -> Path:
    write_look(tmp_path / "look", images(np.random.default_rng(0)))
    return tmp_path / "look"


def changed(look: Path, **entries: Any) -> Path:
    """The look with other entries of its first camera."""
    data = json.loads((look / FILE).read_text())
    data["cameras"][0].update(entries)
    (look / FILE).write_text(json.dumps(data))
    return look


def test_a_rotation_of_four_digits_is_made_square_and_a_worse_one_refused_by_how_much(look: Path) -> None:
    exact = read_look(look)[0].T_base_camera
    assert exact is not None
    found = read_look(changed(look, T_base_camera=exact.matrix.round(4).tolist()))[0].T_base_camera
    assert found is not None and np.abs(found.matrix - exact.matrix).max() < 2e-4
    rough = exact.matrix.copy()
    rough[:3, :3] *= 1.01
    with pytest.raises(LookFolderError, match=r"off by 0\.0"):
        read_look(changed(look, T_base_camera=rough.tolist()))
    rough[:3, 0] *= -1
    with pytest.raises(LookFolderError, match="mirrors"):
        read_look(changed(look, T_base_camera=rough.tolist()))


@pytest.mark.parametrize("name", ["../secret.png", "/etc/hostname", "link.png", "folder/secret.png", "gone.png", "", 7])
def test_nothing_outside_the_folder_is_read(look: Path, name: object) -> None:
    secret = look.parent / "outside" / "secret.png"
    secret.parent.mkdir()
    Image.new("I;16", (60, 40)).save(secret)
    Image.new("I;16", (60, 40)).save(look.parent / "secret.png")
    (look / "link.png").symlink_to(secret)
    (look / "folder").symlink_to(secret.parent)
    with pytest.raises(LookFolderError, match=FILE):
        read_look(changed(look, depth=name))


@pytest.mark.parametrize(
    "entries",
    [
        {"K": [1, 2, 3]},
        {"K": [[0, 0, 0]] * 3, "depth_unit": "mm"},
        {"depth_unit": float("nan")},
        {"depth_unit": 10**400},
        {"D": [1, 2]},
        {"D": "x"},
        {"width": 61},
        {"name": None},
        {"name": "ä"},
        {"T_base_camera": [[1]]},
        {"T_base_camera": [[float("nan")] * 4] * 4},
        {"color": 3},
        {"stamp": [1]},
    ],
)
def test_a_wrong_entry_is_refused_by_name(look: Path, entries: dict[str, Any]) -> None:
    with pytest.raises(RecordingError, match=FILE):
        read_look(changed(look, **entries))


@pytest.mark.parametrize("text", ["", "[]", "{}", "{", "[" * 100000, '{"cameras": {}}', '{"cameras": []}', "\0\xff"])
def test_what_is_no_description_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text)
    with pytest.raises(LookFolderError, match=FILE):
        read_look(tmp_path)


def png(width: int, height: int, rows: bytes) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 16, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")


def npy(header: str) -> bytes:
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode()


@pytest.mark.parametrize(
    "data",
    [
        png(1 << 30, 1 << 30, b""),
        png(100_000, 100_000, bytes(10_000_000)),
        png(64, 64, bytes(100)),
        npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000, 1000000000), }\n"),
        npy("{'descr': '<f4', 'fortran_order': False, 'shape': (4000, 4000), }\n"),
        npy("{'descr': '<f4', 'fortran_order': False, 'shape': (-4, -4), }\n"),
        npy("{'descr': '|O', 'fortran_order': False, 'shape': (4, 4), }\n") + b"cos\nsystem\n(S'true'\ntR.",
        npy("__import__('os').getcwd()\n"),
        npy("(" * 9000),
        b"",
        b"\x93NUMPY",
    ],
    ids=range(11),
)
def test_a_hostile_image_is_refused(data: bytes) -> None:
    with pytest.raises(RecordingError, match="here"):
        decode_depth(data, "here")


def encodings() -> list[bytes]:
    import io

    rng = np.random.default_rng(0)
    depth, out = rng.integers(0, 9000, (12, 16)).astype(np.uint16), []
    for image, kind in (
        (Image.fromarray(depth), "PNG"),
        (Image.fromarray(depth.astype(np.float32)), "TIFF"),
        (Image.fromarray((depth % 256).astype(np.uint8)), "JPEG"),
    ):
        stream = io.BytesIO()
        image.save(stream, kind)
        out.append(stream.getvalue())
    return [*out, encode_npy(depth)]


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_spoiled_bytes_are_an_image_or_are_refused_by_name(data: st.DataObject) -> None:
    whole = bytearray(data.draw(st.sampled_from(encodings())))
    for _ in range(data.draw(st.integers(0, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(whole[: data.draw(st.integers(0, len(whole)))])
    for decode in (decode_depth, decode_color):
        try:
            assert decode(cut, "here").ndim in (2, 3)
        except RecordingError as error:
            assert "here" in str(error)
