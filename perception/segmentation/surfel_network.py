"""A small sparse convolutional network over the surfels of a surface, run by NumPy: what it tells of each of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from perception.segmentation.pyramid import LEVELS, Level

Float32 = NDArray[np.float32]
Layers = Mapping[str, tuple[Float32, Float32]]  # weights (inputs, outputs) and biases (outputs,), by name

TRAITS = 8  # numbers that are alike for surfels of one item
OUTPUTS = TRAITS + 4  # and the way to the item's middle (3), and log odds that a surfel is no item's
REACH = 0.1  # metres of the way to the middle that count as one
AT_ONCE = 512  # rows: their surroundings stay in the cache
WIDTHS = (16, 32, 48, 64, 64)  # channels of each level


def layer_names() -> list[str]:
    """In the order in which they are run."""
    down = ["near0"] + [name for level in range(1, LEVELS) for name in (f"down{level}", f"near{level}")]
    up = [name for level in reversed(range(LEVELS - 1)) for name in (f"up{level}", f"back{level}")]
    return [*down, *up, "head"]


def told(layers: Layers, levels: Sequence[Level], inputs: Float32) -> Float32:
    """What the network tells of each surfel, shape (N, OUTPUTS), from its inputs (N, INPUTS)."""
    kept = [_near(inputs, levels[0], layers["near0"])]
    for number in range(1, LEVELS):
        halved = _relu(_gathered(kept[-1], levels[number].children, layers[f"down{number}"]))
        kept.append(_near(halved, levels[number], layers[f"near{number}"]))
    found = kept[-1]
    for number in reversed(range(LEVELS - 1)):
        spread = _dense(found, layers[f"up{number}"])[levels[number].parent]
        found = _near(kept[number] + spread, levels[number], layers[f"back{number}"])
    return _dense(found, layers["head"])


def _near(values: Float32, level: Level, layer: tuple[Float32, Float32]) -> Float32:
    """A convolution over the 27 cells around each, and the positive part of it."""
    return _relu(_gathered(values, level.near, layer))


def _gathered(values: Float32, rows: NDArray[np.int32], layer: tuple[Float32, Float32]) -> Float32:
    """A layer on the values of some rows beside each other, zeros where there is none."""
    padded = np.vstack([values, np.zeros((1, values.shape[1]), np.float32)])
    found = np.empty((len(rows), layer[1].shape[0]), np.float32)
    for first in range(0, len(rows), AT_ONCE):
        part = slice(first, first + AT_ONCE)
        found[part] = _dense(padded.take(rows[part], axis=0).reshape(-1, layer[0].shape[0]), layer)
    return found


def _dense(values: Float32, layer: tuple[Float32, Float32]) -> Float32:
    return np.asarray(values @ layer[0] + layer[1])


def _relu(values: Float32) -> Float32:
    return np.maximum(values, 0, out=values)
