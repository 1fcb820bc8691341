"""How strongly a surface curves at the scale of a suction cup."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from perception.pose import Array
from sim.visual import VisualMesh


@dataclass(frozen=True, eq=False)
class SurfaceSamples:
    """Points spread evenly over a mesh with the normals of their triangles, shapes (N, 3)."""

    points: Array
    normals: Array

    @staticmethod
    @lru_cache(maxsize=512)
    def of(mesh: VisualMesh, spacing: float = 0.003) -> SurfaceSamples:
        """Samples about `spacing` metres apart: triangles are cut into equal barycentric cells."""
        corners = mesh.vertices[mesh.triangles].astype(np.float64)
        cross = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        area = 0.5 * np.linalg.norm(cross, axis=1)
        points, normals = [], []
        for triangle, n, a in zip(corners, cross, area):
            if a < 1e-12:
                continue
            cells = max(1, int(np.ceil(np.sqrt(2 * a) / spacing)))
            u, v = (np.indices((cells, cells)).reshape(2, -1) + 1 / 3) / cells
            inside = u + v < 1
            points.append(
                triangle[0]
                + np.outer(u[inside], triangle[1] - triangle[0])
                + np.outer(v[inside], triangle[2] - triangle[0])
            )
            normals.append(np.broadcast_to(n / (2 * a), points[-1].shape))
        return SurfaceSamples(np.concatenate(points), np.concatenate(normals))

    def curvature(self, point: Array, inner: float = 0.006, outer: float = 0.015) -> float:
        """Largest curvature 2 h / d^2 over the ring of samples `inner` < d < `outer` metres around `point`.

        h is a sample's height over the tangent plane at the nearest sample: the second fundamental form at a cup's
        scale. Next to an edge it is large, as it is for a lip.
        """
        nearest = int(np.argmin(((self.points - point) ** 2).sum(axis=1)))
        offset = self.points - self.points[nearest]
        height = offset @ self.normals[nearest]
        square = (offset**2).sum(axis=1)
        # Samples of the far side of a thin item are no part of the surface that the lip meets.
        ring = (square > inner**2) & (square < outer**2) & (self.normals @ self.normals[nearest] > -0.1)
        return float((2 * np.abs(height[ring]) / square[ring]).max(initial=0.0))
