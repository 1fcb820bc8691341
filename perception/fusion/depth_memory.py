"""Noise averaged over looks, pixel by pixel: where a fixed camera sees the same again, its depth is a running mean."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from perception.fusion.volume import Float32

DEPTH_NOISE = 0.004  # metres at 1 m: standard deviation of stereo depth, which grows with depth squared
AGREEMENT = 2.5  # standard deviations within which two depths are the same surface
COLOR_CHANGE = 60  # sum over the channels beyond which it is another surface, however close
LONGEST = 4  # looks that are averaged; more would lag behind an item that was nudged


class DepthMemory:
    """The running mean of each camera's images. A pixel that changed starts anew; a missing one is forgotten."""

    def __init__(self) -> None:
        self._depth: dict[str, Float32] = {}
        self._color: dict[str, NDArray[np.uint8]] = {}
        self._count: dict[str, NDArray[np.uint8]] = {}

    def update(self, name: str, depth: Float32, color: NDArray[np.uint8]) -> Float32:
        """Depth of camera `name`, metres, averaged with what it saw before, NaN where nothing is seen now."""
        if name not in self._depth:
            self._depth[name] = np.full(depth.shape, np.nan, np.float32)
            self._color[name] = np.zeros(color.shape, np.uint8)
            self._count[name] = np.zeros(depth.shape, np.uint8)
        _update(depth, color, self._depth[name], self._color[name], self._count[name])
        return self._depth[name].copy()


@njit(cache=True)
def _update(depth, color, mean, shade, count):  # type: ignore[no-untyped-def]
    for v in range(depth.shape[0]):
        for u in range(depth.shape[1]):
            z, old, n = depth[v, u], mean[v, u], count[v, u]
            if not z > 0:
                mean[v, u], count[v, u] = np.nan, 0
                continue
            change = 0
            for c in range(3):
                change += int(abs(np.int32(color[v, u, c]) - np.int32(shade[v, u, c])))
            same = n > 0 and abs(z - old) < AGREEMENT * DEPTH_NOISE * z * z and change < COLOR_CHANGE
            n = min(n + 1, LONGEST) if same else 1
            share = np.float32(1) / np.float32(n)
            mean[v, u] = old + share * (z - old) if same else z
            for c in range(3):
                shade[v, u, c] = color[v, u, c]
            count[v, u] = n
