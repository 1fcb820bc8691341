"""Arrays in a file as `safetensors` lays them out: a header in JSON, then plain numbers, and no code.

Eight bytes tell the header's length; it tells each array's type, shape and place, and what else is to be known of it.
Files that the `safetensors` package writes can be read, and it reads these.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

TYPES: Mapping[str, str] = {"F64": "<f8", "F32": "<f4", "I32": "<i4", "I64": "<i8"}
NAMES: Mapping[str, str] = {code: name for name, code in TYPES.items()}
ABOUT = "__metadata__"
LONGEST = 1 << 24  # bytes of a header


def write_tensors(path: Path, arrays: Mapping[str, NDArray[Any]], about: Mapping[str, str]) -> None:
    """Write a file under a temporary name, then rename it."""
    header: dict[str, Any] = {ABOUT: dict(about)}
    body = bytearray()
    for name in sorted(arrays):
        array = np.asarray(arrays[name], order="C")
        code = array.dtype.newbyteorder("<").str
        begin = len(body)
        body += array.astype(code).tobytes()
        header[name] = {"dtype": NAMES[code], "shape": list(array.shape), "data_offsets": [begin, len(body)]}
    told = json.dumps(header).encode()
    told += b" " * (-len(told) % 8)
    draft = path.with_suffix(".tmp")
    draft.write_bytes(len(told).to_bytes(8, "little") + told + bytes(body))
    draft.replace(path)


def read_tensors(path: Path) -> tuple[dict[str, NDArray[Any]], dict[str, str]]:
    """The arrays of a file by name, and what is told about them.

    Raises:
        OSError: it cannot be read. ValueError: it is cut short, or no such file.
    """
    data = path.read_bytes()
    length = int.from_bytes(data[:8], "little")
    if not 2 <= length <= min(LONGEST, len(data) - 8):
        raise ValueError(f"a header of {length} bytes in a file of {len(data)}")
    header = json.loads(data[8 : 8 + length])
    about, body = header.pop(ABOUT, {}), data[8 + length :]
    if sum(entry["data_offsets"][1] - entry["data_offsets"][0] for entry in header.values()) != len(body):
        raise ValueError(f"{len(body)} bytes of numbers, not as many as the header tells")
    return {name: _array(entry, body) for name, entry in header.items()}, about


def _array(entry: Mapping[str, Any], body: bytes) -> NDArray[Any]:
    begin, end = entry["data_offsets"]
    return np.frombuffer(body[begin:end], TYPES[entry["dtype"]]).reshape(entry["shape"])
