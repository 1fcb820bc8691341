"""Read-only arrays for the frozen types that cross the rooms."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from perception.errors import GeometryError


def readonly(values: ArrayLike, dtype: DTypeLike, shape: tuple[int | None, ...], name: str) -> NDArray[Any]:
    """A read-only copy of `values`, refused unless it has `shape` (None: any length).

    Raises:
        GeometryError: the shape is wrong, or there are no numbers in it.
    """
    try:
        array = np.array(values, dtype=dtype, order="C")
    except (TypeError, ValueError) as error:
        raise GeometryError(f"{name}: expected an array of {np.dtype(dtype)}, got {values!r:.200}") from error
    if array.shape != shape and (
        array.ndim != len(shape) or any(n is not None and n != m for n, m in zip(shape, array.shape))
    ):
        expected = tuple("any" if n is None else n for n in shape)
        raise GeometryError(f"{name}: expected an array of shape {expected}, got {array.shape}")
    array.setflags(write=False)
    return array


def own(values: NDArray[Any]) -> NDArray[Any]:
    """A copy, contiguous and writable: functions are compiled anew, which takes seconds, for every kind of array."""
    return np.array(values, order="C")


def quantiles(values: NDArray[np.float64], shares: tuple[float, ...]) -> NDArray[np.float64]:
    """As numpy's own, along the first axis, which take several times as long for few values."""
    at = (len(values) - 1) * np.array(shares)
    low = np.floor(at).astype(np.int64)
    high = np.minimum(low + 1, len(values) - 1)
    part = np.partition(values, np.unique(np.append(low, high)), axis=0)
    share = (at - low).reshape(-1, *(1,) * (values.ndim - 1))
    a, b = part[low], part[high]
    return np.where(share < 0.5, a + (b - a) * share, b - (b - a) * (1 - share))


def cross(a: NDArray[Any], b: NDArray[Any]) -> NDArray[np.float64]:
    """Cross products (..., 3); numpy's own takes several times as long for few vectors."""
    out = np.empty(np.broadcast_shapes(a.shape, b.shape))
    out[..., 0] = a[..., 1] * b[..., 2] - a[..., 2] * b[..., 1]
    out[..., 1] = a[..., 2] * b[..., 0] - a[..., 0] * b[..., 2]
    out[..., 2] = a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]
    return out
