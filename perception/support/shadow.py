"""The shadow of what was seen: space behind it, where something may be. Where nothing was measured casts none."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numba import njit
from numpy.typing import NDArray

from perception.fusion.volume import Float32, View, Volume

HOLES = 21  # pixels across which missing depth is taken for part of what surrounds it


def shadow(volume: Volume, views: Sequence[View]) -> NDArray[np.bool_]:
    """Voxels behind something seen from at least one camera, shape (X, Y, Z)."""
    hidden = np.zeros(volume.distance.shape, np.bool_)
    for view in views:
        T = (view.T_base_camera.inverse() @ volume.T_base_grid).matrix.astype(np.float32)
        k = view.camera.k.astype(np.float32)
        _cast(_filled(view.depth), T, k, np.float32(volume.voxel), np.float32(volume.truncation), hidden)
    return hidden


def _filled(depth: Float32) -> Float32:
    """Depth with small holes closed by the farthest that surrounds them: a dark or shiny item casts a shadow too."""
    known = np.nan_to_num(depth, nan=0.0)
    closed = cv2.morphologyEx(known, cv2.MORPH_CLOSE, np.ones((HOLES, HOLES), np.uint8))
    return np.where(known > 0, known, closed).astype(np.float32)


@njit(cache=True)
def _cast(depth, T, k, voxel, behind, hidden):  # type: ignore[no-untyped-def]
    """Mark the voxels that lie more than `behind` after the depth, float32 metres, 0 where there is none."""
    height, width = depth.shape
    nx, ny, nz = hidden.shape
    half = np.float32(0.5)
    for i in range(nx):
        for j in range(ny):
            for n in range(nz):
                if hidden[i, j, n]:
                    continue
                x, y, z = np.float32(i) * voxel, np.float32(j) * voxel, np.float32(n) * voxel
                pz = T[2, 0] * x + T[2, 1] * y + T[2, 2] * z + T[2, 3]
                if pz <= 0:
                    continue
                px = T[0, 0] * x + T[0, 1] * y + T[0, 2] * z + T[0, 3]
                py = T[1, 0] * x + T[1, 1] * y + T[1, 2] * z + T[1, 3]
                u = int(np.floor(k[0, 0] * px / pz + k[0, 2] + half))
                v = int(np.floor(k[1, 1] * py / pz + k[1, 2] + half))
                if 0 <= u < width and 0 <= v < height:
                    seen = depth[v, u]
                    hidden[i, j, n] = seen > 0 and pz > seen + behind
