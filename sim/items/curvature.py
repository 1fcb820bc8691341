"""A surface at the scale of a suction cup: how strongly it curves, and how far it stands out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

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
        offset = self.points - point
        along = offset @ outward
        near = ((offset**2).sum(axis=1) - along**2 < radius**2) & (self.normals @ outward > 0.5)
        return float(along[near].max(initial=-np.inf))

    def curvature(self, point: Array, reach: float = 0.015) -> float:
        """Largest principal curvature of the quadric that best fits the samples within `reach` metres of `point`.

        The quadric z = a x^2 + b x y + c y^2 + d x + e y + f over the tangent plane has second derivatives
        [[2a, b], [b, 2c]]; near an edge they are large, as the edge is for a lip.
        """
        nearest = int(np.argmin(((self.points - point) ** 2).sum(axis=1)))
        normal = self.normals[nearest]
        offset = self.points - self.points[nearest]
        # Samples of the far side of a thin item are no part of the surface that the lip meets.
        near = offset[((offset**2).sum(axis=1) < reach**2) & (self.normals @ normal > -0.1)]
        if len(near) < 12:
            return 1 / reach  # an item smaller than the cup
        across = np.cross(normal, np.eye(3)[np.argmin(np.abs(normal))])
        across /= np.linalg.norm(across)
        x, y, z = near @ across / reach, near @ np.cross(normal, across) / reach, near @ normal / reach
        terms = np.column_stack([x * x, x * y, y * y, x, y, np.ones_like(x)])
        a, b, c = np.linalg.lstsq(terms, z, rcond=1e-6)[0][:3]
        return float(np.abs(np.linalg.eigvalsh([[2 * a, b], [b, 2 * c]])).max() / reach)
