"""Caps and necks of bottles, which stand out in colour and girth, joined to the body that they close."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from perception.arrays import quantiles
from perception.fusion.surface import Surface

LARGEST = 0.050  # metres across, of a cap with its neck
SLIMMER = 0.85  # of the body's girth, at most
ASIDE = 0.30  # of the body's girth, by which a cap's middle may miss the body's axis
PAST = 0.75  # of the way from the body's middle to its end, from which on a cap begins
LONGER = 1.15  # of its girth, that a body is at least long
BESIDE = 0.25  # share of a cap's border that is with its body, at least


def with_caps(surface: Surface, labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Labels of items, shape (N,), where small parts on the axis of a longer, thicker one, at its end, belong to it.

    A bottle's cap is no item of its own: gripped there, the bottle swings out of the fingers.
    """
    joined, order = labels.copy(), np.argsort(labels, kind="stable")
    items, starts = np.unique(labels[order], return_index=True)
    rows = dict(zip(items.tolist(), np.split(order, starts[1:])))
    for small, part in rows.items():
        if np.ptp(surface.points[part], axis=0).max() > LARGEST * np.sqrt(3):
            continue
        for body in _neighbors(surface, labels, small, part):
            if len(rows[body]) > len(part) and closes(surface.points[part], surface.points[rows[body]]):
                joined[part] = body
    return joined


def closes(cap: NDArray[np.float32], body: NDArray[np.float32]) -> bool:
    """Whether surfels (N, 3) lie to a body's surfels (M, 3) as a cap to its bottle."""
    centre = body.mean(axis=0)
    axes = np.linalg.eigh(np.cov((body - centre).T))[1][:, ::-1]  # the longest first
    local, own = (body - centre) @ axes, (cap - centre) @ axes
    low, high = quantiles(local, (0.01, 0.99))
    length, girth = high[0] - low[0], high[1] - low[1]
    size = np.ptp(own, axis=0)
    middle = own.mean(axis=0) - (low + high) / 2
    return bool(
        length > LONGER * girth
        and size.max() < LARGEST
        and size[1] < SLIMMER * girth
        and abs(middle[0]) > PAST * length / 2
        and np.abs(middle[1:]).max() < ASIDE * girth
    )


def _neighbors(surface: Surface, labels: NDArray[np.int64], item: int, part: NDArray[np.int64]) -> list[int]:
    """The items with which an item, of which the surfels `part` are, shares at least `BESIDE` of its border."""
    around = surface.neighbors[part]
    beside = labels[around[around >= 0]]
    found, counts = np.unique(beside[beside != item], return_counts=True)
    return [int(other) for other in found[counts >= BESIDE * counts.sum()]]
