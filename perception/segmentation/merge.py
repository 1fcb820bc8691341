"""Patches merged into items by the evidence of all views.

Two neighbouring patches are merged where a small learned model says that one item is more likely than two, most
likely pairs first; every merge changes the evidence for the next. The model sees only sums over surfels and borders,
which add up when patches merge: how the surface bends at the border and whether outwards, steps, colours on both
sides and a little away from the border, how straight the border runs, how far the one encloses the other, how flat,
rectangular and large the union would be.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from perception.fusion.surface import Surface
from perception.segmentation import merge_color, merge_depth
from perception.segmentation.merge_features import FEATURES, pair_features
from perception.segmentation.told_features import told_features

THRESHOLD = 1.5  # log odds above which two patches are one item: two items taken for one cost more than one for two
Weights = tuple[NDArray[np.float64], NDArray[np.float64]]  # of the hidden layer, (H, F), and of the output, (H + 1,)
# Weights of the hidden and of the output layer, by what the cameras show.
MODELS = {"color": (merge_color.HIDDEN, merge_color.OUTPUT), "depth": (merge_depth.HIDDEN, merge_depth.OUTPUT)}
COLORLESS = 0.5  # CIE76 spread of a scene's surfels up to which there is no colour to tell items by
# Sums over a border: edges, position (3), products (6), bend, concave bend, angle, colour difference, step; and,
# measured between the next surfels to either side of it: edges, colour difference, bend, concave bend.
BORDER = 19
PATCH = 17  # sums over a patch: surfels, points (3), products (6), normals (3), lab (3), |lab|^2


@dataclass(frozen=True, eq=False)
class Graph:
    """Patches and their borders as sums.

    patch: (P, PATCH), or more, see `told_features`. link: row of `border` of each pair, -1 where they do not touch,
    (P, P). border: (B, BORDER), or more. rim: edges from each patch to any other, (P,).
    """

    patch: NDArray[np.float64]
    link: NDArray[np.int32]
    border: NDArray[np.float64]
    rim: NDArray[np.float64]
    voxel: float


def graph(surface: Surface, labels: NDArray[np.int32], voxel: float) -> Graph:
    """Sums over patches, labels of shape (N,), and over their borders."""
    count = int(labels.max()) + 1 if len(labels) else 0
    patch = _patch_sums(surface.points, surface.normals, surface.lab, labels, count)
    link, border, rim = _border_sums(surface.points, surface.normals, surface.lab, surface.neighbors, labels, patch)
    return Graph(patch, link, border, rim, voxel)


@njit(cache=True)
def _patch_sums(points, normals, lab, labels, count):  # type: ignore[no-untyped-def]
    patch = np.zeros((count, PATCH))
    for n in range(len(labels)):
        row = patch[labels[n]]
        row[0] += 1
        slot = 4
        for a in range(3):
            row[1 + a] += points[n, a]
            row[10 + a] += normals[n, a]
            row[13 + a] += lab[n, a]
            row[16] += lab[n, a] ** 2
            for b in range(a, 3):
                row[slot] += points[n, a] * points[n, b]
                slot += 1
    return patch


@njit(cache=True)
def _border_sums(points, normals, lab, neighbors, labels, patch):  # type: ignore[no-untyped-def]
    count = len(patch)
    link = np.full((count, count), -1, np.int32)
    border: NDArray[np.float64] = np.zeros((16 * count + 16, BORDER))
    used = 0
    rim = np.zeros(count)
    middle, facing = np.zeros((count, 3)), np.zeros((count, 3))
    for p in range(count):
        norm = 0.0
        for a in range(3):
            middle[p, a] = patch[p, 1 + a] / patch[p, 0]
            norm += patch[p, 10 + a] ** 2
        for a in range(3):
            facing[p, a] = patch[p, 10 + a] / np.sqrt(norm + 1e-12)
    for n in range(len(labels)):
        i = labels[n]
        for side in range(13):  # surfels are in the order of their voxels: the other half of the neighbours come later
            m = neighbors[n, side]
            if m < 0 or labels[m] == i:
                continue
            j = labels[m]
            rim[i] += 1
            rim[j] += 1
            bend, length, cosine, color, step_i, step_j = 0.0, 1e-12, 0.0, 0.0, 0.0, 0.0
            for a in range(3):
                apart = middle[i, a] - middle[j, a]
                bend += 0.5 * apart * (facing[i, a] - facing[j, a])
                length += apart * apart
                cosine += facing[i, a] * facing[j, a]
                color += (lab[n, a] - lab[m, a]) ** 2
                step_i += (points[m, a] - points[n, a]) * facing[i, a]
                step_j += (points[n, a] - points[m, a]) * facing[j, a]
            bend /= np.sqrt(length)
            angle = np.arccos(min(max(cosine, -1.0), 1.0))
            if link[i, j] < 0:
                if used == len(border):
                    border = np.concatenate((border, np.zeros_like(border)))
                link[i, j] = link[j, i] = used
                used += 1
            sums = border[link[i, j]]
            sums[0] += 1
            slot = 4
            for a in range(3):
                p = 0.5 * (points[n, a] + points[m, a])
                sums[1 + a] += p
                for b in range(a, 3):
                    sums[slot] += p * 0.5 * (points[n, b] + points[m, b])
                    slot += 1
            sums[10] += bend
            sums[11] += min(bend, 0.0)
            sums[12] += angle
            sums[13] += np.sqrt(color)
            sums[14] += min(abs(step_i), abs(step_j))
            _add_across(points, normals, lab, neighbors, labels, n, m, side, sums)
    return link, border[:used].copy(), rim


@njit(cache=True)
def _add_across(points, normals, lab, neighbors, labels, n, m, side, sums):  # type: ignore[no-untyped-def]
    """Compare the surfels behind n and behind m, where a border's blur does not reach.

    Neighbours 25 - s and s lie opposite each other.
    """
    p, q = neighbors[n, 25 - side], neighbors[m, side]
    if p < 0 or q < 0 or labels[p] != labels[n] or labels[q] != labels[m]:
        return
    color, bend, length = 0.0, 0.0, 1e-12
    for a in range(3):
        color += (lab[p, a] - lab[q, a]) ** 2
        bend += 0.5 * (points[p, a] - points[q, a]) * (normals[p, a] - normals[q, a])
        length += (points[p, a] - points[q, a]) ** 2
    bend /= np.sqrt(length)
    sums[15] += 1
    sums[16] += np.sqrt(color)
    sums[17] += bend
    sums[18] += min(bend, 0.0)


@njit(cache=True)
def _logit(features, hidden, output):  # type: ignore[no-untyped-def]
    """A network of one hidden layer: log odds that a pair is one item."""
    total = output[-1]
    for h in range(len(hidden)):
        x = 0.0
        for f in range(len(features)):
            x += hidden[h, f] * features[f]
        total += output[h] * np.tanh(x)
    return total


@njit(cache=True)
def agglomerate(patch, link, border, rim, voxel, hidden, output, threshold, trace):  # type: ignore[no-untyped-def]
    """Merge the likeliest pair again and again.

    Returns the patch that each was merged into; the log odds of the patches that are left, -inf where they do not
    touch, (P, P); the least log odds at which a patch that is left was merged, inf where it never was, (P,); and the
    rows traced. The sums are changed in place.

    trace: for training, rows (i, j, features...) of every pair judged and rows (i, j, NaN...) of every merge of j into
        i; as many as fit.
    """
    count = len(patch)
    root = np.arange(count)
    odds = np.full((count, count), np.float32(-np.inf))
    best = np.zeros(count, np.int64)
    weakest = np.full(count, np.inf)
    features = np.empty(hidden.shape[1])
    used = 0
    for i in range(count):
        for j in range(i):
            if link[i, j] >= 0:
                _look_at(patch, link, border, rim, i, j, voxel, features)
                odds[i, j] = odds[j, i] = _logit(features, hidden, output)
                used = _record(trace, used, i, j, features)
    for i in range(count):
        best[i] = np.argmax(odds[i])
    while True:
        a, top = -1, threshold
        for i in range(count):
            if root[i] == i and odds[i, best[i]] > top:
                a, top = i, odds[i, best[i]]
        if a < 0:
            return root, odds, weakest, used
        b = best[a]
        weakest[a] = min(weakest[a], weakest[b], top)
        features[:] = np.nan
        used = _record(trace, used, a, b, features)
        _absorb(patch, link, border, rim, a, b)
        root[b] = a
        odds[b, :] = odds[:, b] = odds[a, b] = -np.inf
        for j in range(count):
            if j == a or root[j] != j:
                continue
            if link[a, j] >= 0:
                _look_at(patch, link, border, rim, a, j, voxel, features)
                odds[a, j] = odds[j, a] = _logit(features, hidden, output)
                used = _record(trace, used, a, j, features)
                if odds[j, a] > odds[j, best[j]]:
                    best[j] = a
            if best[j] == b or (best[j] == a and link[a, j] >= 0):
                best[j] = np.argmax(odds[j])
        best[a] = np.argmax(odds[a])


@njit(cache=True)
def _look_at(patch, link, border, rim, i, j, voxel, features):  # type: ignore[no-untyped-def]
    pair_features(patch, link, border, rim, i, j, voxel, features)
    if len(features) > len(FEATURES):
        told_features(patch, border[link[i, j]], i, j, features)


@njit(cache=True)
def _record(trace, used, i, j, features):  # type: ignore[no-untyped-def]
    if used < len(trace):
        trace[used, 0], trace[used, 1], trace[used, 2:] = i, j, features
        return used + 1
    return used


@njit(cache=True)
def _absorb(patch, link, border, rim, a, b):  # type: ignore[no-untyped-def]
    """Patch a takes over patch b and its borders."""
    patch[a] += patch[b]
    rim[a] += rim[b] - 2 * border[link[a, b], 0]
    link[a, b] = link[b, a] = -1
    for j in range(len(patch)):
        if link[b, j] < 0:
            continue
        if link[a, j] >= 0:
            border[link[a, j]] += border[link[b, j]]
        else:
            link[a, j] = link[j, a] = link[b, j]
        link[b, j] = link[j, b] = -1


def resolve(root: NDArray[np.int64]) -> NDArray[np.int64]:
    """Follow each patch to the patch that it ended in."""
    while not np.array_equal(root, root[root]):
        root = root[root]
    return root


def has_color(surface: Surface) -> bool:
    """Whether colour tells anything: depth images without it come as one grey."""
    return bool(len(surface.lab) and surface.lab.std(axis=0).max() > COLORLESS)


@dataclass(frozen=True, eq=False)
class Merged:
    """Patches as they were merged.

    Attributes:
        groups: number of the patch that stands for each surfel's item, shape (N,); the numbers are not consecutive.
        beside: greatest log odds that an item is one with another that it touches, by such a patch, -inf where it
            touches none, shape (P,).
        weakest: least log odds at which its patches were merged, inf where there is but one, shape (P,).
    """

    groups: NDArray[np.int64]
    beside: NDArray[np.float64]
    weakest: NDArray[np.float64]


def merge_patches(surface: Surface, labels: NDArray[np.int32], voxel: float) -> Merged:
    """Patches, shape (N,), merged into items."""
    return merged(graph(surface, labels, voxel), labels, MODELS["color" if has_color(surface) else "depth"], THRESHOLD)


def merged(sums: Graph, labels: NDArray[np.int32], weights: Weights, threshold: float) -> Merged:
    """Patches, whose sums are changed in place, merged by a model as long as its log odds exceed a threshold."""
    trace = np.empty((0, 2 + weights[0].shape[1]))
    parts = sums.patch, sums.link, sums.border, sums.rim, sums.voxel
    root, odds, weakest, _ = agglomerate(*parts, *weights, threshold, trace)
    beside = odds.max(axis=1, initial=-np.inf).astype(np.float64)
    return Merged(np.asarray(resolve(root)[labels]), beside, weakest)
