"""The fused surface as points on a voxel graph: one surfel per voxel that a surface runs through."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numba import njit
from numpy.typing import NDArray

from perception.fusion.volume import Float32, View, Volume
from perception.parallel import shared

SMOOTHING_ROUNDS = 3
SMOOTHING_ANGLE = 0.5  # radians between normals at which smoothing fades
COLOR_DEPTH = 1.0  # truncations between a surfel and a pixel's depth up to which the pixel shows the surfel


@dataclass(frozen=True, eq=False)
class Surface:
    """Surfels in the base frame.

    Attributes:
        points: shape (N, 3), metres. normals: outward unit, shape (N, 3).
        voxels: index of the voxel of each surfel, shape (N, 3).
        colors: RGB 0..255, shape (N, 3). lab: the same as CIE L*a*b*, shape (N, 3).
        views: number of cameras that saw it, shape (N,).
        neighbors: surfels in the 26 voxels around, -1 where none, shape (N, 26).
    """

    points: Float32
    normals: Float32
    voxels: NDArray[np.int32]
    colors: Float32
    lab: Float32
    views: NDArray[np.uint8]
    neighbors: NDArray[np.int32]

    def select(self, keep: NDArray[np.bool_]) -> Surface:
        """The surfels where keep, shape (N,), is true."""
        rows = np.flatnonzero(keep)
        new = np.full(len(keep) + 1, -1, np.int32)
        new[rows] = np.arange(len(rows), dtype=np.int32)
        return Surface(
            self.points.take(rows, axis=0),
            self.normals.take(rows, axis=0),
            self.voxels.take(rows, axis=0),
            self.colors.take(rows, axis=0),
            self.lab.take(rows, axis=0),
            self.views.take(rows),
            _renumbered(self.neighbors, rows, new),
        )


def _renumbered(neighbors: NDArray[np.int32], rows: NDArray[np.int64], new: NDArray[np.int32]) -> NDArray[np.int32]:
    """These rows of a table of numbers, shape (N, 26), with new numbers; the last one is for -1."""
    kept = np.empty((len(rows), neighbors.shape[1]), np.int32)
    shared(lambda first, last: _renumber(neighbors, rows[first:last], new, kept[first:last]), len(rows))
    return kept


@njit(cache=True, nogil=True)
def _renumber(neighbors, rows, new, out):  # type: ignore[no-untyped-def]
    for n in range(len(rows)):
        for slot in range(neighbors.shape[1]):
            out[n, slot] = new[neighbors[rows[n], slot]]


def extract_surface(volume: Volume, views: Sequence[View]) -> Surface:
    """Surfels where the distance changes sign, smoothed along the surface but not across its edges, with colours.

    Where one view's free space ends at what another only knows to lie behind its surface the distance changes sign
    too, but nothing was seen there: such surfels are left out.
    """
    voxels, gradient = _crossings(volume.distance, volume.weight)
    neighbors = neighbors_of(voxels, volume.distance.shape)
    distance = volume.distance[tuple(voxels.T)]
    points = voxels * np.float32(volume.voxel) - distance[:, None] * gradient
    for _ in range(SMOOTHING_ROUNDS):
        points, gradient = _smoothed(points, gradient, neighbors, volume.voxel)
    pose = volume.T_base_grid
    points = pose.apply(points).astype(np.float32)
    normals = pose.rotate(gradient).astype(np.float32)
    colors, seen = _colors(points, normals, views, COLOR_DEPTH * volume.truncation)
    surface = Surface(points, normals, voxels, colors, to_lab(colors), seen, neighbors)
    return surface.select(seen > 0)


def to_lab(colors: Float32) -> Float32:
    """CIE L*a*b* of RGB 0..255, shape (N, 3)."""
    if not len(colors):
        return np.zeros((0, 3), np.float32)
    image = np.ascontiguousarray(colors[:, None, :], np.float32) / np.float32(255)
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2LAB)[:, 0], np.float32)


@njit(cache=True)
def _crossings(distance, weight):  # type: ignore[no-untyped-def]
    """Voxels just behind the surface, and the unit gradient there."""
    nx, ny, nz = distance.shape
    limit = 0
    for i in range(1, nx - 1):
        for j in range(1, ny - 1):
            for k in range(1, nz - 1):
                limit += weight[i, j, k] > 0 and distance[i, j, k] <= 0
    voxels = np.empty((limit, 3), np.int32)
    gradient = np.empty((limit, 3), np.float32)
    count = 0
    for i in range(1, nx - 1):
        for j in range(1, ny - 1):
            for k in range(1, nz - 1):
                if weight[i, j, k] <= 0 or distance[i, j, k] > 0 or not _beside_free(distance, i, j, k):
                    continue
                gx = _slope(distance, weight, i, j, k, 1, 0, 0)
                gy = _slope(distance, weight, i, j, k, 0, 1, 0)
                gz = _slope(distance, weight, i, j, k, 0, 0, 1)
                norm = np.sqrt(gx * gx + gy * gy + gz * gz)
                if norm > 1e-9:
                    voxels[count, 0], voxels[count, 1], voxels[count, 2] = i, j, k
                    gradient[count, 0], gradient[count, 1], gradient[count, 2] = gx / norm, gy / norm, gz / norm
                    count += 1
    return voxels[:count].copy(), gradient[:count].copy()


@njit(cache=True)
def _beside_free(distance, i, j, k):  # type: ignore[no-untyped-def]
    sides = (distance[i - 1, j, k] > 0) or (distance[i + 1, j, k] > 0)
    sides = sides or (distance[i, j - 1, k] > 0) or (distance[i, j + 1, k] > 0)
    return sides or (distance[i, j, k - 1] > 0) or (distance[i, j, k + 1] > 0)


@njit(cache=True)
def _slope(distance, weight, i, j, k, a, b, c):  # type: ignore[no-untyped-def]
    """Difference of the distance along one axis, one-sided beside voxels that no camera saw."""
    here = distance[i, j, k]
    plus = distance[i + a, j + b, k + c] - here if weight[i + a, j + b, k + c] > 0 else np.float32(0)
    minus = here - distance[i - a, j - b, k - c] if weight[i - a, j - b, k - c] > 0 else np.float32(0)
    return plus + minus


def neighbors_of(voxels: NDArray[np.int32], shape: tuple[int, ...]) -> NDArray[np.int32]:
    """The surfel in each of the 26 voxels around each one's, -1 where there is none, shape (N, 26)."""
    index = np.full(shape, -1, np.int32)
    index[tuple(voxels.T)] = np.arange(len(voxels))
    neighbors = np.empty((len(voxels), 26), np.int32)
    shared(lambda first, last: _look_around(voxels, index, first, last, neighbors), len(voxels))
    return neighbors


@njit(cache=True, nogil=True)
def _look_around(voxels, index, first, last, neighbors):  # type: ignore[no-untyped-def]
    for n in range(first, last):
        slot = 0
        for a in range(-1, 2):
            for b in range(-1, 2):
                for c in range(-1, 2):
                    if a == 0 and b == 0 and c == 0:
                        continue
                    neighbors[n, slot] = index[voxels[n, 0] + a, voxels[n, 1] + b, voxels[n, 2] + c]
                    slot += 1


def _smoothed(points: Float32, normals: Float32, neighbors: NDArray[np.int32], voxel: float) -> tuple[Float32, Float32]:
    """Bilateral mean of normals, then each point moves along its normal towards its neighbours' planes."""
    new = np.empty_like(points), np.empty_like(normals)
    work = lambda first, last: _smooth(points, normals, neighbors, np.float32(voxel), first, last, *new)
    shared(work, len(points))
    return new


@njit(cache=True, nogil=True, fastmath=True)
def _smooth(points, normals, neighbors, voxel, first, last, new_points, new_normals):  # type: ignore[no-untyped-def]
    scale = np.float32(1 / SMOOTHING_ANGLE**2)
    reach = np.float32(1.5) * voxel
    for n in range(first, last):
        x, y, z = normals[n, 0], normals[n, 1], normals[n, 2]
        sx, sy, sz, offset, total = x, y, z, np.float32(0), np.float32(1)
        for m in neighbors[n]:
            if m < 0:
                continue
            a, b, c = normals[m, 0], normals[m, 1], normals[m, 2]
            w = np.float32(1) - scale * np.float32(2) * (np.float32(1) - (a * x + b * y + c * z))
            if w <= 0:
                continue
            dx, dy, dz = points[m, 0] - points[n, 0], points[m, 1] - points[n, 1], points[m, 2] - points[n, 2]
            step = dx * a + dy * b + dz * c
            if abs(step) > reach:
                continue
            sx, sy, sz = sx + w * a, sy + w * b, sz + w * c
            offset += w * step
            total += w
        norm = np.sqrt(sx * sx + sy * sy + sz * sz)
        offset /= total
        new_normals[n, 0], new_normals[n, 1], new_normals[n, 2] = sx / norm, sy / norm, sz / norm
        new_points[n, 0] = points[n, 0] + offset * x
        new_points[n, 1] = points[n, 1] + offset * y
        new_points[n, 2] = points[n, 2] + offset * z


def _colors(
    points: Float32, normals: Float32, views: Sequence[View], reach: float
) -> tuple[Float32, NDArray[np.uint8]]:
    """Mean colour over the views that see each point, weighted by incidence, and their number."""
    total = np.zeros((len(points), 4), np.float32)
    seen = np.zeros(len(points), np.uint8)
    cameras = [
        (view.T_base_camera.inverse().matrix.astype(np.float32), view.camera.k.astype(np.float32)) for view in views
    ]

    def add(first: int, last: int) -> None:
        part = slice(first, last)
        for view, camera in zip(views, cameras):
            images = view.depth, view.color
            _add_color(points[part], normals[part], *camera, *images, np.float32(reach), total[part], seen[part])

    shared(add, len(points))
    return total[:, :3] / np.maximum(total[:, 3:], np.float32(1e-9)), seen


@njit(cache=True, nogil=True)
def _add_color(points, normals, T, k, depth, color, reach, total, seen):  # type: ignore[no-untyped-def]
    height, width = depth.shape
    for n in range(len(points)):
        x, y, z = points[n, 0], points[n, 1], points[n, 2]
        px = T[0, 0] * x + T[0, 1] * y + T[0, 2] * z + T[0, 3]
        py = T[1, 0] * x + T[1, 1] * y + T[1, 2] * z + T[1, 3]
        pz = T[2, 0] * x + T[2, 1] * y + T[2, 2] * z + T[2, 3]
        if pz <= 0:
            continue
        u, v = int(k[0, 0] * px / pz + k[0, 2] + 0.5), int(k[1, 1] * py / pz + k[1, 2] + 0.5)
        if u < 0 or v < 0 or u >= width or v >= height or not abs(depth[v, u] - pz) < reach:
            continue
        a, b, c = normals[n, 0], normals[n, 1], normals[n, 2]
        nx = T[0, 0] * a + T[0, 1] * b + T[0, 2] * c
        ny = T[1, 0] * a + T[1, 1] * b + T[1, 2] * c
        nz = T[2, 0] * a + T[2, 1] * b + T[2, 2] * c
        cosine = -(nx * px + ny * py + nz * pz) / np.sqrt(px * px + py * py + pz * pz)
        w = np.float32(max(cosine, 0.05) ** 2)
        for channel in range(3):
            total[n, channel] += w * color[v, u, channel]
        total[n, 3] += w
        if cosine > 0.1:
            seen[n] += 1
