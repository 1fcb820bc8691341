"""A surface at the scale of a suction cup: how far it stands out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from perception.pose import Array
from sim.render.visual import VisualMesh


@dataclass(frozen=True, eq=False)
class SurfaceSamples:
    """Points spread evenly over a mesh with the normals of their triangles, shapes (N, 3)."""

    points: Array
    normals: Array

    @staticmethod
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

    def height(self, point: Array, outward: Array, radius: float) -> float:
        """How far samples stand out over `point` (3,) along `outward` (3,), which they face; -inf where there are none.

        Those within `radius` metres of that line count.
        """
        return float(_height(self.points, self.normals, point, outward, radius**2))


@njit(cache=True)
def _height(points, normals, point, outward, most):  # type: ignore[no-untyped-def]
    highest = -np.inf
    for i in range(len(points)):
        facing = normals[i, 0] * outward[0] + normals[i, 1] * outward[1] + normals[i, 2] * outward[2]
        if facing <= 0.5:
            continue
        x, y, z = points[i, 0] - point[0], points[i, 1] - point[1], points[i, 2] - point[2]
        along = x * outward[0] + y * outward[1] + z * outward[2]
        if along > highest and x * x + y * y + z * z - along * along < most:
            highest = along
    return highest
