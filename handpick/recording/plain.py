"""Frozen types as plain JSON data and back, exactly. What comes back is built by the type asked for, never by the data.

Arrays of a few numbers are lists; larger ones are their bytes in base64. A float's shortest text gives the same float.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import math
import types
from enum import Enum
from functools import lru_cache
from typing import Any, Union, get_args, get_origin, get_type_hints

import numpy as np

from handpick.recording.errors import RecordingError
from perception.errors import HandpickError
from perception.pose import Pose

FEW = 64  # numbers of an array that are written as a list
MOST = 1 << 26  # bytes of an array


def to_plain(value: Any) -> Any:
    """JSON data of numbers, text, enums, arrays, poses, and dataclasses, tuples, lists and dicts of them."""
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, Pose):
        return value.matrix.tolist()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {str(key): to_plain(entry) for key, entry in value.items()}
    if isinstance(value, (tuple, list, frozenset)):
        return [to_plain(entry) for entry in value]
    if isinstance(value, np.ndarray):
        return _array(value)
    if isinstance(value, np.generic):
        return to_plain(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def from_plain(kind: Any, data: Any, where: str) -> Any:
    """A value of a type out of JSON data. A field that says `since` which version it is there may be missing.

    Raises:
        RecordingError: the data is none of this type; names `where`.
    """
    try:
        return _built(kind, data)
    except (HandpickError, TypeError, ValueError, KeyError, AttributeError, OverflowError, RecursionError) as error:
        name = getattr(kind, "__name__", str(kind))
        raise RecordingError(f"{where}: expected {name}, got other data: {error!r:.300}") from error


def _built(kind: Any, data: Any) -> Any:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        if data is None and type(None) in arguments:
            return None
        return _built(next(a for a in arguments if a is not type(None)), data)
    if origin in (tuple, list, frozenset):
        return _several(origin, arguments, data)
    if kind is np.ndarray or origin is np.ndarray:
        return _to_array(data)
    if kind is Pose:
        return Pose(np.array(data, np.float64))
    if kind is float:
        return float(data)
    if kind in (int, str, bool):
        if type(data) is not kind:
            raise TypeError(f"expected {kind.__name__}, got {data!r:.50}")
        return data
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind[data]
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        return kind(**{name: _built(hint, data[name]) for name, hint in _fields(kind, frozenset(data)).items()})
    raise TypeError(f"no type that is read: {kind}")


def _several(origin: Any, arguments: tuple[Any, ...], data: Any) -> Any:
    if not isinstance(data, list):
        raise TypeError(f"expected a list, got {data!r:.50}")
    if origin is tuple and arguments[-1:] != (...,):
        if len(arguments) != len(data):
            raise ValueError(f"expected {len(arguments)} entries, got {len(data)}")
        return tuple(_built(kind, entry) for kind, entry in zip(arguments, data))
    return origin(_built(arguments[0], entry) for entry in data)


@lru_cache(maxsize=64)
def _fields(kind: Any, told: frozenset[str]) -> dict[str, Any]:
    """The types of a dataclass's fields, without those that are not told and came with a later version."""
    hints = get_type_hints(kind)
    fields = [field for field in dataclasses.fields(kind) if field.init]
    return {f.name: hints[f.name] for f in fields if f.name in told or "since" not in f.metadata}


def _array(array: np.ndarray) -> Any:
    if 0 < array.size <= FEW and array.dtype == np.float64 and np.isfinite(array).all():
        return array.tolist()
    data = np.ascontiguousarray(array)
    return {"dtype": data.dtype.str, "shape": list(data.shape), "base64": base64.b64encode(data.tobytes()).decode()}


def _to_array(data: Any) -> np.ndarray:
    if isinstance(data, list):
        return np.array(data, np.float64)
    dtype = np.dtype(str(data["dtype"]))
    if dtype.kind not in "biuf" or len(data["base64"]) > MOST:
        raise ValueError(f"expected an array of numbers of up to {MOST} bytes, got {dtype}")
    try:
        raw = base64.b64decode(data["base64"], validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from error
    return np.frombuffer(raw, dtype).reshape([int(n) for n in data["shape"]]).copy()
