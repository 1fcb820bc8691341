"""Closed triangle meshes with texture coordinates, and the mass properties of the solids that they bound."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import ConvexHull

from perception.pose import Array

Triangles = NDArray[np.int32]
Mesh = tuple[Array, Triangles, Array]  # vertices (V, 3), triangles (T, 3), uv (V, 2)

FACES = ("+x", "-x", "+y", "-y", "+z", "-z")  # tiles of a box's texture: two rows of three


def box_mesh(size: ArrayLike) -> Mesh:
    """A box centred at the origin; each face shows its tile of the texture (`FACES`), upright for +z along y."""
    half = np.asarray(size, dtype=np.float64) / 2
    vertices, uv, triangles = [], [], []
    for face in range(6):
        axis, sign = face // 2, 1 - 2 * (face % 2)
        across, up = [(1, 2), (0, 2), (0, 1)][axis]
        mirrored = -1 if (axis, sign) in ((0, -1), (1, 1), (2, -1)) else 1  # so that print is never reversed
        for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1)):
            corner = np.zeros(3)
            corner[axis], corner[across], corner[up] = sign * half[axis], mirrored * a * half[across], b * half[up]
            vertices.append(corner)
            uv.append(tile_uv(face, (a + 1) / 2, (1 - b) / 2))
        start = 4 * face
        triangles += [(start, start + 1, start + 2), (start, start + 2, start + 3)]
    return np.array(vertices), np.array(triangles, dtype=np.int32), np.array(uv)


def tile_uv(face: int, u: float, v: float, margin: float = 0.01) -> tuple[float, float]:
    """Texture coordinates (v down from the first row of pixels) inside a face's tile."""
    row, column = divmod(face, 3)
    u, v = (margin + (1 - 2 * margin) * t for t in (u, v))
    return (column + u) / 3, (row + v) / 2


def lathe_mesh(profile: Sequence[tuple[float, float]], sides: int = 24, oval: float = 1.0, power: float = 2.0) -> Mesh:
    """A solid about z from (z, radius) pairs, bottom to top, closed by flat ends.

    Args:
        oval: y radius over x radius.
        power: 2 an ellipse, larger a superellipse |x|^p + |y|^p = 1.

    u runs once around, v down from the top.
    """
    z, radius = np.array(profile, dtype=np.float64).T
    turn = np.linspace(0, 2 * np.pi, sides + 1)
    c, s = np.cos(turn), np.sin(turn)
    scale = (np.abs(c) ** power + np.abs(s) ** power) ** (-1 / power)
    ring = np.column_stack([scale * c, oval * scale * s])
    vertices = np.concatenate([np.column_stack([r * ring, np.full(sides + 1, h)]) for h, r in zip(z, radius)])
    along = np.concatenate([[0], np.cumsum(np.hypot(np.diff(z), np.diff(radius)))])
    v = 1 - along / along[-1]
    uv = np.column_stack([np.tile(turn / (2 * np.pi), len(z)), np.repeat(v, sides + 1)])
    i = np.arange(sides)
    triangles = []
    for k in range(len(z) - 1):
        low, high = k * (sides + 1) + i, (k + 1) * (sides + 1) + i
        triangles += [np.column_stack([low, low + 1, high + 1]), np.column_stack([low, high + 1, high])]
    ends = np.array([(0, 0, z[0]), (0, 0, z[-1])])
    bottom, top = len(vertices), len(vertices) + 1
    last = (len(z) - 1) * (sides + 1) + i
    triangles += [np.column_stack([i + 1, i, np.full(sides, bottom)])]
    triangles += [np.column_stack([last, last + 1, np.full(sides, top)])]
    vertices, uv = np.concatenate([vertices, ends]), np.concatenate([uv, [(0.5, 1.0), (0.5, 0.0)]])
    return vertices, np.concatenate(triangles).astype(np.int32), uv


def ellipsoid_mesh(size: ArrayLike, rings: int = 8, sides: int = 14, power: float = 2.0) -> Mesh:
    """A superellipsoid of these extents, centred at the origin; power 2: an ellipsoid, larger: boxier."""
    angle = np.linspace(-np.pi / 2, np.pi / 2, rings + 1)[1:-1]
    s, c = np.sin(angle), np.cos(angle)
    scale = 0.5 * (np.abs(s) ** power + c**power) ** (-1 / power)
    vertices, triangles, uv = lathe_mesh(list(zip(scale * s, scale * c)), sides, power=power)
    vertices[-2:, 2] = -0.5, 0.5
    return vertices * np.asarray(size), triangles, uv


def hull_mesh(points: ArrayLike) -> tuple[Array, Triangles]:
    """The convex hull of points, shape (N, 3), its triangles counter-clockwise seen from outside."""
    points = np.asarray(points, dtype=np.float64)
    hull = ConvexHull(points)
    corners = points[hull.simplices]
    cross = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    inward = np.einsum("ti,ti->t", cross, hull.equations[:, :3]) < 0
    simplices = hull.simplices.copy()
    simplices[inward] = simplices[inward][:, ::-1]
    used, triangles = np.unique(simplices, return_inverse=True)
    return points[used], triangles.reshape(-1, 3).astype(np.int32)


def turned(mesh: Mesh, axes: tuple[int, int, int]) -> Mesh:
    """A mesh with its axes cycled, for example (2, 0, 1): what pointed along z points along x. Cyclic only."""
    vertices, triangles, uv = mesh
    return vertices[:, list(axes)], triangles, uv


def mass_properties(vertices: ArrayLike, triangles: Triangles) -> tuple[float, Array, Array]:
    """Volume, centre (3,) and inertia tensor (3, 3) about it at unit density, of closed meshes summed.

    From signed tetrahedra to the origin (Tonon 2004, "Explicit exact formulas for the 3-D tetrahedron inertia
    tensor"): the covariance of a tetrahedron with one corner at the origin is
    det(A) A^T C A with rows of A its other corners and C = (1 + delta_ij) / 120.
    """
    corners = np.asarray(vertices, dtype=np.float64)[triangles]
    det = np.linalg.det(corners)
    volume = det.sum() / 6
    centre = np.einsum("t,tki->i", det, corners) / 24 / volume
    canonical = (np.ones((3, 3)) + np.eye(3)) / 120
    covariance = np.einsum("t,tai,ab,tbj->ij", det, corners, canonical, corners) - volume * np.outer(centre, centre)
    return float(volume), centre, np.trace(covariance) * np.eye(3) - covariance
