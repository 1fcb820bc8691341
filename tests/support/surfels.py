"""A seen surface from its points."""

import numpy as np
from scipy.spatial import cKDTree

from perception.fusion.surface import Surface, to_lab

VOXEL = 0.004


def surfels(points: np.ndarray, normals: np.ndarray, colors: np.ndarray) -> Surface:
    """Of points (N, 3) with normals and colours, each seen twice."""
    distance, nearest = cKDTree(points).query(points, 27, distance_upper_bound=1.8 * VOXEL)
    neighbors = np.where(np.isfinite(distance), nearest, -1)[:, 1:].astype(np.int32)
    return Surface(
        *(a.astype(np.float32) for a in (points, normals)),
        np.round(points / VOXEL).astype(np.int32),
        colors.astype(np.float32),
        to_lab(colors.astype(np.float32)),
        np.full(len(points), 2, np.uint8),
        neighbors,
    )
