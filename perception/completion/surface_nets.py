"""A closed triangle mesh from a signed distance grid: naive surface nets (Gibson, MICCAI 1998)."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from perception.arrays import cross
from perception.pose import Array


def surface_nets(distance: Array) -> tuple[Array, NDArray[np.int32]]:
    """Vertices in grid units, shape (V, 3), and outward triangles, shape (T, 3), of the zero level.

    distance: negative inside, shape (X, Y, Z); the outermost layer must be positive, or the mesh stays open.
    """
    return _vertices_and_triangles(np.ascontiguousarray(distance, dtype=np.float64))


def mesh_volume(vertices: Array, triangles: NDArray[np.int32]) -> float:
    """Volume inside a closed mesh by the divergence theorem, cubic metres."""
    if not len(triangles):
        return 0.0
    a, b, c = (vertices[triangles[:, i]] - vertices[triangles[0, 0]] for i in range(3))
    return float(np.einsum("ij,ij->", a, cross(b, c)) / 6)


def vertex_normals(vertices: Array, triangles: NDArray[np.int32]) -> Array:
    """Unit normals, shape (V, 3): means of the adjoining triangles' normals, weighted by area."""
    return np.asarray(_vertex_normals(np.ascontiguousarray(vertices, np.float64), triangles))


@njit(cache=True)
def _vertex_normals(vertices, triangles):  # type: ignore[no-untyped-def]
    normals = np.zeros_like(vertices)
    for t in range(len(triangles)):
        i, j, k = triangles[t]
        ax, ay, az = vertices[j, 0] - vertices[i, 0], vertices[j, 1] - vertices[i, 1], vertices[j, 2] - vertices[i, 2]
        bx, by, bz = vertices[k, 0] - vertices[i, 0], vertices[k, 1] - vertices[i, 1], vertices[k, 2] - vertices[i, 2]
        for n in (i, j, k):
            normals[n, 0] += ay * bz - az * by
            normals[n, 1] += az * bx - ax * bz
            normals[n, 2] += ax * by - ay * bx
    for n in range(len(normals)):
        norm = np.sqrt(normals[n, 0] ** 2 + normals[n, 1] ** 2 + normals[n, 2] ** 2)
        if norm > 1e-15:
            normals[n] /= norm
        else:
            normals[n, 0], normals[n, 1], normals[n, 2] = 0.0, 0.0, 1.0
    return normals


@njit(cache=True)
def _vertices_and_triangles(d):  # type: ignore[no-untyped-def]
    nx, ny, nz = d.shape
    index = np.full((nx, ny, nz), -1, np.int32)
    vertices = np.empty((nx * ny * nz, 3))
    count = 0
    for i in range(nx - 1):
        for j in range(ny - 1):
            for k in range(nz - 1):
                crossings = _vertex(d, i, j, k, vertices[count])
                if crossings > 0:
                    index[i, j, k] = count
                    count += 1
    triangles = np.empty((6 * count + 64, 3), np.int32)
    used = 0
    for i in range(1, nx - 1):
        for j in range(1, ny - 1):
            for k in range(1, nz - 1):
                here = d[i, j, k] < 0
                for axis in range(3):
                    x, y, z = i + (axis == 0), j + (axis == 1), k + (axis == 2)
                    if here == (d[x, y, z] < 0):
                        continue
                    if axis == 0:
                        q0, q1, q2, q3 = index[i, j - 1, k - 1], index[i, j, k - 1], index[i, j, k], index[i, j - 1, k]
                    elif axis == 1:
                        q0, q1, q2, q3 = index[i - 1, j, k - 1], index[i - 1, j, k], index[i, j, k], index[i, j, k - 1]
                    else:
                        q0, q1, q2, q3 = index[i - 1, j - 1, k], index[i, j - 1, k], index[i, j, k], index[i - 1, j, k]
                    if not here:
                        q1, q3 = q3, q1
                    triangles[used, 0], triangles[used, 1], triangles[used, 2] = q0, q1, q2
                    triangles[used + 1, 0], triangles[used + 1, 1], triangles[used + 1, 2] = q0, q2, q3
                    used += 2
    return vertices[:count].copy(), triangles[:used].copy()


@njit(cache=True)
def _vertex(d, i, j, k, out):  # type: ignore[no-untyped-def]
    """Mean of the zero crossings on a cell's twelve edges; returns their number."""
    count = 0
    x, y, z = 0.0, 0.0, 0.0
    for axis in range(3):
        for a in range(2):
            for b in range(2):
                if axis == 0:
                    p, q = d[i, j + a, k + b], d[i + 1, j + a, k + b]
                elif axis == 1:
                    p, q = d[i + a, j, k + b], d[i + a, j + 1, k + b]
                else:
                    p, q = d[i + a, j + b, k], d[i + a, j + b, k + 1]
                if (p < 0) == (q < 0):
                    continue
                t = p / (p - q)
                if axis == 0:
                    x, y, z = x + t, y + a, z + b
                elif axis == 1:
                    x, y, z = x + a, y + t, z + b
                else:
                    x, y, z = x + a, y + b, z + t
                count += 1
    if count > 0:
        out[0], out[1], out[2] = i + x / count, j + y / count, k + z / count
    return count
