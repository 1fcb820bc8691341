"""Features of two patches by what a network tells of their surfels, after those that shape and colour give.

What it tells is kept as sums, beside the others of a `merge.Graph`, so that patches can be merged.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from perception.segmentation.merge_features import FEATURES
from perception.segmentation.surfel_network import REACH, TRAITS
from perception.tote import Tote

TOLD = ("alike", "alike_across", "unlike_share", "apart", "spread_small", "spread_large", "middles_apart",
        "middles_small", "middles_large", "none_small", "none_large", "colored")  # fmt: skip
# Sums over a patch: traits, their squares, middles (3), their squares, log odds that surfels are no item's, colour.
PATCH_SUMS = TRAITS + 1 + 3 + 1 + 1 + 1
BORDER_SUMS = 3  # likeness at the border, and across it; edges whose ends are unlike
NONE = -2  # column of the log odds that surfels are no item's
UNLIKE, FLOOR = -2.0, -20.0  # likeness below which ends are unlike, and below which it says no more
SURE = 6.0  # log odds beyond which a surfel says no more
FAR = 0.05  # metres between middles that count as one


def patch_sums(
    points: NDArray[np.float32],
    told: NDArray[np.float32],
    tote: Tote,
    labels: NDArray[np.int32],
    count: int,
    colored: bool,
) -> NDArray[np.float64]:
    """Sums (P, PATCH_SUMS) of what a network told, (N, OUTPUTS), of surfels at points (N, 3), labels of shape (N,)."""
    traits, none = told[:, :TRAITS], np.clip(told[:, -1:], -SURE, SURE)
    middles = points + REACH * tote.T_base_tote.rotate(told[:, TRAITS : TRAITS + 3])
    middles = middles - points.mean(axis=0)
    squares = [(values**2).sum(axis=1, keepdims=True) for values in (traits, middles)]
    color = np.full((len(told), 1), float(colored))
    columns = np.hstack([traits, squares[0], middles, squares[1], none, color]).astype(np.float64)
    return np.column_stack([np.bincount(labels, column, count) for column in columns.T])


@njit(cache=True)
def border_sums(told, neighbors, labels, link, count):  # type: ignore[no-untyped-def]
    """Sums (B, BORDER_SUMS) over borders, numbered as by `link`, of how alike the traits in (N, OUTPUTS) are."""
    sums = np.zeros((count, BORDER_SUMS))
    for n in range(len(labels)):
        for side in range(13):  # as in `merge`
            m = neighbors[n, side]
            if m < 0 or labels[m] == labels[n]:
                continue
            row = sums[link[labels[n], labels[m]]]
            alike = _alike(told, n, m)
            row[0] += alike
            row[2] += alike < UNLIKE
            p, q = neighbors[n, 25 - side], neighbors[m, side]
            if p >= 0 and q >= 0 and labels[p] == labels[n] and labels[q] == labels[m]:
                row[1] += _alike(told, p, q)
    return sums


@njit(cache=True)
def _alike(told, n, m):  # type: ignore[no-untyped-def]
    total = 0.0
    for a in range(TRAITS):
        total -= (told[n, a] - told[m, a]) ** 2
    return max(total, FLOOR)


@njit(cache=True)
def told_features(patch, edge, i, j, out):  # type: ignore[no-untyped-def]
    """Evidence on whether i and j are one item, in the order of TOLD, behind FEATURES. edge: of their border."""
    a, b = patch[i], patch[j]
    if a[0] > b[0]:
        a, b = b, a
    first, at = len(FEATURES), patch.shape[1] - PATCH_SUMS
    sums = edge[len(edge) - BORDER_SUMS :]
    out[first] = sums[0] / edge[0] / 4
    out[first + 1] = sums[1] / (edge[15] + 2.0) / 4
    out[first + 2] = sums[2] / edge[0]
    middle = at + TRAITS + 1
    out[first + 3] = np.log1p(_gap(a, b, at, TRAITS))
    out[first + 4] = np.log1p(_spread(a, at, TRAITS))
    out[first + 5] = np.log1p(_spread(b, at, TRAITS))
    out[first + 6] = np.sqrt(_gap(a, b, middle, 3)) / FAR
    out[first + 7] = np.sqrt(_spread(a, middle, 3)) / FAR
    out[first + 8] = np.sqrt(_spread(b, middle, 3)) / FAR
    out[first + 9] = a[NONE] / a[0] / 4
    out[first + 10] = b[NONE] / b[0] / 4
    out[first + 11] = a[-1] / a[0]


@njit(cache=True)
def _gap(a, b, first, count):  # type: ignore[no-untyped-def]
    """Square of the distance between two means."""
    total = 0.0
    for c in range(first, first + count):
        total += (a[c] / a[0] - b[c] / b[0]) ** 2
    return total


@njit(cache=True)
def _spread(a, first, count):  # type: ignore[no-untyped-def]
    """Variance around a mean; the sum of squares follows the sums."""
    total = a[first + count] / a[0]
    for c in range(first, first + count):
        total -= (a[c] / a[0]) ** 2
    return max(total, 0.0)
