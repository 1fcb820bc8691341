"""Numbers on a grid, so that machines whose arithmetic differs in the last bit go on from the same ones.

BLAS kernels sum in other orders, and a libc picks its sine by the processor. A pile that settles is chaotic: a last bit
in a drop's pose moves items by centimetres. Differences of 1e-15 are gone once both numbers are rounded to 1e-7, but
for one case in 1e8, and 0.1 micrometres are nothing to a pile.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from perception.pose import Array

DECIMALS = 7


def on_grid(values: Iterable[float], decimals: int = DECIMALS) -> tuple[float, ...]:
    """Values rounded to so many decimals; never a negative zero."""
    return tuple(round(float(value), decimals) + 0.0 for value in values)


def array_on_grid(values: Array, decimals: int = DECIMALS) -> Array:
    """The same of an array of any shape."""
    return np.asarray(np.array(on_grid(np.ravel(values), decimals)).reshape(np.shape(values)))


def unit_on_grid(quaternion: Iterable[float]) -> tuple[float, ...]:
    """A quaternion of rounded components, made one of unit norm by operations that IEEE 754 rounds alike everywhere."""
    rounded = on_grid(quaternion)
    norm = math.sqrt(sum(value * value for value in rounded))
    return tuple(value / norm for value in rounded)
