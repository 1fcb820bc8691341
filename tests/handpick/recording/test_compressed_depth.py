"""compressedDepth: what is packed comes back, and spoiled bytes are refused by name."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from handpick.recording.compressed_depth import (
    HEADER,
    SIZE,
    decode_compressed_depth,
    decode_rvl,
    encode_compressed_depth,
    encode_rvl,
)
from handpick.recording.errors import ImageFileError
from handpick.recording.image_bytes import encode_png

SHAPES = st.tuples(st.integers(1, 12), st.integers(1, 12))
DEPTHS = SHAPES.flatmap(lambda shape: arrays(np.uint16, shape, elements=st.sampled_from((0, 0, 1, 700, 701, 65535))))


@given(DEPTHS, st.sampled_from(("png", "rvl", "")))
@settings(max_examples=60)
def test_16_bits_come_back_as_they_were(depth: np.ndarray, method: str) -> None:
    data = encode_compressed_depth(depth, method or "png")
    found = decode_compressed_depth(data, f"16UC1; compressedDepth {method}", "here")
    assert found.dtype == np.uint16 and (found == depth).all()


def test_rvl_is_what_the_paper_and_the_plugin_write() -> None:
    """Two zeros, one value of 3 (zigzag 6), then nothing: nibbles 2, 1, 6; and a value that takes two nibbles."""
    assert encode_rvl(np.array([[0, 0, 3]], np.uint16)) == SIZE.pack(3, 1) + struct.pack("<I", 0x21600000)
    assert encode_rvl(np.array([[5]], np.uint16)) == SIZE.pack(1, 1) + struct.pack("<I", 0x01A10000)


def test_inverse_depth_is_told_in_metres() -> None:
    """As the plugin quantises: v = A / z + B, 0 where nothing was measured."""
    z = np.array([[0.5, 1.0, 2.0, np.nan]])
    a, b = 100.0 * 101.0, 1.0 - 101.0 / 10 * 100
    values = np.nan_to_num(a / z + b, nan=0.0).astype(np.uint16)
    data = HEADER.pack(0, a, b) + encode_png(values)
    found = decode_compressed_depth(data, "32FC1; compressedDepth png", "here")
    assert np.allclose(found[:, :3], z[:, :3], rtol=2e-3) and np.isnan(found[0, 3])


@pytest.mark.parametrize(
    ("columns", "rows", "words"),
    [
        (1 << 31, 1 << 31, b""),
        (4000, 4000, b""),
        (0, 5, b"\0" * 4),
        (4, 4, b"\xff" * 400),
        (4, 4, b"\0" * 64),
        (2, 2, b""),
    ],
)
def test_hostile_rvl_is_refused(columns: int, rows: int, words: bytes) -> None:
    with pytest.raises(ImageFileError, match="here"):
        decode_rvl(SIZE.pack(columns, rows) + words, "here")


@given(st.binary(max_size=60), st.sampled_from(("rvl", "png", "zip")), st.sampled_from(("16UC1", "32FC1", "8UC3")))
@settings(max_examples=200)
def test_spoiled_bytes_are_refused_by_name(data: bytes, method: str, encoding: str) -> None:
    try:
        decode_compressed_depth(data, f"{encoding}; compressedDepth {method}", "here")
    except ImageFileError as error:
        assert "here" in str(error)
