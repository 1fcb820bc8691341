"""A small 3-D convolutional network run by NumPy: margins that nodes lie inside an item, from what is known of them."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from perception.completion.evidence import CHANNELS, NODES
from perception.errors import HandpickError

Float32 = NDArray[np.float32]

CELLS = 8  # nodes that share one place of the coarse grid
PRIOR = 4  # channel of the analytic solid
LAYERS = ("stem", "near", "down", "middle", "far_down", "far0", "far1", "up", "middle_up", "near_up", "last", "head")


class CompletionWeightsError(HandpickError):
    """Weights of completion that are missing, cut short, or for other evidence."""


@dataclass(frozen=True, eq=False)
class Weights:
    """A network's layers: by name, weights (taps * inputs, outputs) and biases (outputs,), and its calibration.

    Attributes:
        trust: of the analytic solid. confidence: see `perception.completion.learned`.
    """

    layers: Mapping[str, tuple[Float32, Float32]]
    trust: float
    confidence: NDArray[np.float64]

    @staticmethod
    def read(path: Path) -> Weights:
        """Raises CompletionWeightsError."""
        try:
            with np.load(path, allow_pickle=False) as file:
                layers = {name: (file[f"{name}/weight"], file[f"{name}/bias"]) for name in LAYERS}
                found = Weights(layers, float(file["trust"]), file["confidence"])
                shown = int(file["channels"])
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise CompletionWeightsError(f"{path}: expected weights of completion, got {error}") from error
        if shown != CHANNELS:
            raise CompletionWeightsError(f"{path}: expected weights for {CHANNELS} channels, got {shown}")
        return found

    def write(self, path: Path) -> None:
        arrays: dict[str, Any] = {}
        for name, (weight, bias) in self.layers.items():
            arrays |= {f"{name}/weight": weight, f"{name}/bias": bias}
        with path.open("wb") as file:
            np.savez_compressed(
                file, trust=self.trust, confidence=self.confidence, channels=np.array(CHANNELS), **arrays
            )


def margins(weights: Weights, channels: Float32, scales: Float32) -> Float32:
    """Log odds, shape (NODES, NODES, NODES), that nodes lie inside, from Evidence's channels and scales."""
    packed = _packed(channels)
    known = np.broadcast_to(scales, (*packed.shape[:3], len(scales)))
    layer = weights.layers
    near = _near(_relu(_dense(np.concatenate([packed, known], axis=-1), layer["stem"])), layer["near"])
    middle = _near(_relu(_halved(near, layer["down"])), layer["middle"])
    far = _near(_near(_relu(_halved(middle, layer["far_down"])), layer["far0"]), layer["far1"])
    middle = _near(middle + _spread(_dense(far, layer["up"])), layer["middle_up"])
    near = _near(near + _spread(_dense(middle, layer["near_up"])), layer["last"])
    told = _spread(_dense(near, layer["head"]))[..., 0]
    return np.asarray(told + np.float32(weights.trust) * channels[PRIOR])


def _packed(channels: Float32) -> Float32:
    """(C, X, Y, Z) as (X / 2, Y / 2, Z / 2, 8 C)."""
    n = NODES // 2
    cells = channels.reshape(CHANNELS, n, 2, n, 2, n, 2).transpose(1, 3, 5, 0, 2, 4, 6)
    return np.ascontiguousarray(cells).reshape(n, n, n, CELLS * CHANNELS)


def _spread(grid: Float32) -> Float32:
    """(X, Y, Z, 8 C) as (2 X, 2 Y, 2 Z, C)."""
    x, y, z, c = grid.shape
    cells = grid.reshape(x, y, z, c // CELLS, 2, 2, 2).transpose(0, 4, 1, 5, 2, 6, 3)
    return np.ascontiguousarray(cells).reshape(2 * x, 2 * y, 2 * z, c // CELLS)


def _relu(grid: Float32) -> Float32:
    return np.maximum(grid, 0, out=grid)


def _dense(grid: Float32, layer: tuple[Float32, Float32]) -> Float32:
    weight, bias = layer
    return np.asarray(grid.reshape(-1, grid.shape[-1]) @ weight + bias).reshape(*grid.shape[:3], -1)


def _halved(grid: Float32, layer: tuple[Float32, Float32]) -> Float32:
    """A convolution over cubes of two."""
    x, y, z, c = grid.shape
    cubes = grid.reshape(x // 2, 2, y // 2, 2, z // 2, 2, c).transpose(0, 2, 4, 1, 3, 5, 6)
    return _dense(np.ascontiguousarray(cubes).reshape(x // 2, y // 2, z // 2, CELLS * c), layer)


def _near(grid: Float32, layer: tuple[Float32, Float32]) -> Float32:
    """A convolution over cubes of three, and the positive part of it."""
    x, y, z, c = grid.shape
    weight, bias = layer
    padded = np.zeros((x + 2, y + 2, z + 2, c), np.float32)
    padded[1:-1, 1:-1, 1:-1] = grid
    taps = sliding_window_view(padded.reshape(x + 2, y + 2, (z + 2) * c), 3 * c, axis=2)[:, :, ::c]
    columns, found = np.empty((y, z, 9, 3 * c), np.float32), np.empty((x, y * z, weight.shape[1]), np.float32)
    for slab in range(x):  # one at a time: its columns stay in the cache
        for row in range(9):
            columns[:, :, row] = taps[slab + row // 3, row % 3 : row % 3 + y]
        np.matmul(columns.reshape(y * z, -1), weight, out=found[slab])
    found += bias
    return _relu(found.reshape(x, y, z, -1))
