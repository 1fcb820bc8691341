"""Features of a border between two patches that tell if they are one item; sums as in `merge.Graph`."""

from __future__ import annotations

import numpy as np
from numba import njit

FEATURES = (
    *("bend", "concave", "angle", "edge_color", "mean_color", "step", "size", "border", "enclosed"),
    *("thickness", "thicker", "fill", "fill_gain", "length", "color_spread", "offset", "hue"),
    *("small_fill", "small_length", "union_size", "contrast", "fold", "crease", "line", "crooked", "one"),
)


@njit(cache=True)
def _spread(row):  # type: ignore[no-untyped-def]
    """Variances of points along their principal axes, largest first, from (count, sums (3), products (6)).

    Eigenvalues of the covariance in closed form (Smith, CACM 1961).
    """
    n = row[0]
    c = np.empty((3, 3))
    slot = 4
    for a in range(3):
        for b in range(a, 3):
            c[a, b] = c[b, a] = row[slot] / n - row[1 + a] * row[1 + b] / (n * n)
            slot += 1
    mean = (c[0, 0] + c[1, 1] + c[2, 2]) / 3
    off = c[0, 1] ** 2 + c[0, 2] ** 2 + c[1, 2] ** 2
    x, y, z = c[0, 0] - mean, c[1, 1] - mean, c[2, 2] - mean
    scale = np.sqrt((x * x + y * y + z * z + 2 * off) / 6) + 1e-12
    det = x * (y * z - c[1, 2] ** 2) - c[0, 1] * (c[0, 1] * z - c[1, 2] * c[0, 2])
    det += c[0, 2] * (c[0, 1] * c[1, 2] - y * c[0, 2])
    angle = np.arccos(min(max(det / (2 * scale**3), -1.0), 1.0)) / 3
    large = mean + 2 * scale * np.cos(angle)
    small = mean + 2 * scale * np.cos(angle + 2 * np.pi / 3)
    return large, 3 * mean - large - small, small


@njit(cache=True)
def _shape(row, voxel):  # type: ignore[no-untyped-def]
    """Thickness, length (metres) and fill of the rectangle that has the same second moments."""
    n = row[0]
    floor = voxel * voxel / 12
    large, middle, small = _spread(row)
    large, middle, small = np.sqrt(max(large, floor)), np.sqrt(max(middle, floor)), np.sqrt(max(small, 0.0))
    return small, np.sqrt(12) * large, min(n * voxel * voxel / (12 * middle * large), 1.5)


@njit(cache=True)
def pair_features(patch, link, border, rim, i, j, voxel, out):  # type: ignore[no-untyped-def]
    """Evidence on whether i and j are one item, in the order of FEATURES."""
    a, b, edge = patch[i], patch[j], border[link[i, j]]
    count = edge[0]
    least = min(a[0], b[0])
    union = a + b
    mean = 0.0
    spread = union[16] / union[0]
    for c in range(3):
        mean += (a[13 + c] / a[0] - b[13 + c] / b[0]) ** 2
        spread -= (union[13 + c] / union[0]) ** 2
    thin_a, long_a, fill_a = _shape(a, voxel)
    thin_b, long_b, fill_b = _shape(b, voxel)
    thickness, length, fill = _shape(union, voxel)
    offset = abs(_height_over(a, edge) - _height_over(b, edge))
    out[0] = edge[10] / count
    out[1] = edge[11] / count
    out[2] = edge[12] / count
    out[3] = edge[13] / count / 20
    out[4] = np.sqrt(mean) / 30
    out[5] = edge[14] / count / voxel
    out[6] = np.log(least) / 5
    out[7] = count / np.sqrt(least) / 10
    out[8] = count / max(1.0, rim[i] if a[0] < b[0] else rim[j])
    out[9] = thickness / 0.02
    out[10] = (thickness - max(thin_a, thin_b)) / 0.01
    out[11] = fill
    out[12] = fill - (fill_a * a[0] + fill_b * b[0]) / union[0]
    out[13] = length / 0.3
    out[14] = np.sqrt(max(spread, 0.0)) / 30
    out[15] = min(offset / voxel, 4.0)
    out[16] = np.sqrt((a[14] / a[0] - b[14] / b[0]) ** 2 + (a[15] / a[0] - b[15] / b[0]) ** 2) / 30
    out[17] = fill_a if a[0] < b[0] else fill_b
    out[18] = (long_a if a[0] < b[0] else long_b) / 0.3
    out[19] = np.log(union[0]) / 5
    across = edge[15] + 2.0  # few pairs tell little
    out[20] = edge[16] / across / 20
    out[21] = edge[17] / across
    out[22] = edge[18] / across
    along, beside, _ = _spread(edge)
    out[23] = np.sqrt(12 * max(along, 0.0)) / 0.1
    out[24] = np.sqrt(max(beside, 0.0)) / 0.01
    out[25] = 1


@njit(cache=True)
def _height_over(row, edge):  # type: ignore[no-untyped-def]
    """Of a border's middle over a patch's mean plane."""
    height, norm = 0.0, 1e-12
    for a in range(3):
        height += (edge[1 + a] / edge[0] - row[1 + a] / row[0]) * row[10 + a]
        norm += row[10 + a] ** 2
    return height / np.sqrt(norm)
