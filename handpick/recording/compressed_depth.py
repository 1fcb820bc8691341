"""Depth as `compressed_depth_image_transport` has it: a header of 12 bytes, then PNG or RVL of 16 bits.

The header is int32 (unused), float32 A, float32 B. 16UC1 is kept as it is, without loss. 32FC1 is inverse depth v,
z = A / (v - B) metres, 0: nothing was measured. RVL (Wilson, Fast Lossless Depth Image Compression, 2017) begins with
uint32 columns and rows.
"""

from __future__ import annotations

import struct

import numpy as np
from numba import njit
from numpy.typing import NDArray

from handpick.recording.errors import ImageFileError
from handpick.recording.image_bytes import decode_depth, encode_png, expect_size

HEADER = struct.Struct("<iff")
SIZE = struct.Struct("<II")
ENCODINGS = ("16UC1", "32FC1")


def decode_compressed_depth(data: bytes, format: str, where: str) -> NDArray[np.generic]:
    """Depth (height, width): uint16 millimetres, or float32 metres with NaN where nothing was measured.

    format: of the message, such as "16UC1; compressedDepth png"; without a method, it is PNG.

    Raises:
        ImageFileError: another format, or bytes that are cut short or too large an image.
    """
    encoding, _, method = (part.strip() for part in format.partition(";"))
    words = method.split()
    if encoding not in ENCODINGS or words[:1] != ["compressedDepth"] or words[1:] not in ([], ["png"], ["rvl"]):
        raise ImageFileError(f"{where}: expected compressedDepth of 16UC1 or 32FC1 as png or rvl, got {format!r:.80}")
    if len(data) <= HEADER.size:
        raise ImageFileError(f"{where}: expected more than {HEADER.size} bytes of compressedDepth, got {len(data)}")
    _, a, b = HEADER.unpack_from(data)
    body = data[HEADER.size :]
    values = decode_rvl(body, where) if words[1:] == ["rvl"] else decode_depth(body, where)
    if values.dtype != np.uint16:
        raise ImageFileError(f"{where}: expected 16 bits of compressedDepth, got {values.dtype}")
    if encoding == "16UC1":
        return values
    with np.errstate(all="ignore"):
        metres = np.float32(a) / (values.astype(np.float32) - np.float32(b))
    metres[(values == 0) | ~np.isfinite(metres)] = np.nan
    return metres


def encode_compressed_depth(depth: NDArray[np.uint16], method: str = "png") -> bytes:
    """The data of a message of format "16UC1; compressedDepth" by "png" or "rvl"."""
    body = encode_png(depth) if method == "png" else encode_rvl(depth)
    return HEADER.pack(0, 0.0, 0.0) + body


def decode_rvl(data: bytes, where: str) -> NDArray[np.uint16]:
    """Depth (rows, columns) of RVL with its size before it.

    Raises:
        ImageFileError: too large, cut short, or more pixels than it says.
    """
    if len(data) < SIZE.size:
        raise ImageFileError(f"{where}: expected {SIZE.size} bytes of RVL's columns and rows, got {len(data)}")
    columns, rows = SIZE.unpack_from(data)
    expect_size(columns, rows, where)
    words = np.frombuffer(data, "<u4", (len(data) - SIZE.size) // 4, SIZE.size)
    depth = np.zeros(rows * columns, np.uint16)
    if not _unpack(words.astype(np.uint32), depth):
        raise ImageFileError(f"{where}: expected RVL of {columns}x{rows} pixels, got bytes that end early or say more")
    return depth.reshape(rows, columns)


def encode_rvl(depth: NDArray[np.uint16]) -> bytes:
    """RVL of depth (rows, columns) with its size before it."""
    rows, columns = depth.shape
    nibbles = _pack(np.ascontiguousarray(depth, np.uint16).ravel())
    nibbles = np.pad(nibbles, (0, -len(nibbles) % 8)).reshape(-1, 8).astype(np.uint32)
    words = np.bitwise_or.reduce(nibbles << np.arange(28, -1, -4, dtype=np.uint32), axis=1)
    return SIZE.pack(columns, rows) + words.astype("<u4").tobytes()


@njit(cache=True)
def _unpack(words, depth):  # type: ignore[no-untyped-def]
    """Fill `depth` (N,) from words whose nibbles are varints, highest first; whether they fit."""
    count, nibble, at, previous = 8 * len(words), 0, 0, 0
    zeros, values = 0, 0
    turn = 0  # 0: a run of zeros comes next, 1: its run of values, 2: a value
    while at < len(depth):
        value, bits, more = 0, 0, True
        while more:
            if nibble >= count or bits > 30:
                return False
            digit = (words[nibble // 8] >> np.uint32(28 - 4 * (nibble % 8))) & np.uint32(15)
            nibble += 1
            value |= (int(digit) & 7) << bits
            bits += 3
            more = digit & np.uint32(8) != 0
        if turn == 0:
            zeros = value
            if zeros > len(depth) - at:
                return False
            at += zeros
            turn = 1
        elif turn == 1:
            values = value
            if values > len(depth) - at or (zeros == 0 and values == 0):
                return False
            turn = 2 if values else 0
        else:
            previous += (value >> 1) ^ -(value & 1)
            depth[at] = np.uint16(previous & 0xFFFF)
            at += 1
            values -= 1
            turn = 2 if values else 0
    return True


@njit(cache=True)
def _pack(depth):  # type: ignore[no-untyped-def]
    """The nibbles of depth (N,)."""
    out, previous, at = [np.uint8(0)], 0, 0
    out.pop()
    while at < len(depth):
        begin = at
        while at < len(depth) and depth[at] == 0:
            at += 1
        _varint(out, at - begin)
        begin = at
        while at < len(depth) and depth[at] != 0:
            at += 1
        _varint(out, at - begin)
        for i in range(begin, at):
            step = int(depth[i]) - previous
            _varint(out, (step << 1) ^ (step >> 31))
            previous = int(depth[i])
    return np.array(out, np.uint8)


@njit(cache=True)
def _varint(out, value):  # type: ignore[no-untyped-def]
    while True:
        digit, value = value & 7, value >> 3
        out.append(np.uint8(digit | (8 if value else 0)))
        if not value:
            return
