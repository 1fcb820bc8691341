"""Read-only arrays for the frozen types that cross the rooms."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from perception.errors import GeometryError


def readonly(values: ArrayLike, dtype: DTypeLike, shape: tuple[int | None, ...], name: str) -> NDArray[Any]:
    """A read-only copy of `values`, refused unless it has `shape` (None: any length).

    Raises:
        GeometryError: the shape is wrong.
    """
    array = np.array(values, dtype=dtype, order="C")
    fits = array.ndim == len(shape) and all(n is None or n == m for n, m in zip(shape, array.shape))
    if not fits:
        expected = tuple("any" if n is None else n for n in shape)
        raise GeometryError(f"{name}: expected an array of shape {expected}, got {array.shape}")
    array.setflags(write=False)
    return array
