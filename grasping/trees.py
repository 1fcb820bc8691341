"""Boosted trees as plain arrays: read from a file that proves that it is whole, and evaluated in compiled code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from perception.arrays import readonly
from perception.errors import GeometryError
from perception.pose import Array

FIELDS = ("feature", "threshold", "left", "right", "value", "roots", "base", "line", "scale", "shift")


@dataclass(frozen=True, eq=False)
class Trees:
    """A sum of regression trees on top of a line. Where x[feature[n]] <= threshold[n], left[n] comes after node n, else
    right[n]. What is compared is rounded to single precision, as where the trees were grown.

    Attributes:
        feature: int32 (N,), -1 at leaves. threshold, value: (N,). left, right: int32 (N,).
        roots: the first node of each tree, int32 (T,).
        base, line: what is added to their sum: base + the last len(line) columns of x @ line.
        scale, shift: margin = scale * (base + sum) + shift, as calibrated on other data than the trees were grown on.
    """

    feature: NDArray[Any]
    threshold: NDArray[Any]
    left: NDArray[Any]
    right: NDArray[Any]
    value: NDArray[Any]
    roots: NDArray[Any]
    base: float
    line: Array = field(default_factory=lambda: np.zeros(0))
    scale: float = 1.0
    shift: float = 0.0

    def __post_init__(self) -> None:
        n = len(self.feature)
        for name in ("feature", "left", "right"):
            object.__setattr__(self, name, readonly(getattr(self, name), np.int32, (n,), f"trees: {name}"))
        for name in ("threshold", "value"):
            object.__setattr__(self, name, readonly(getattr(self, name), np.float64, (n,), f"trees: {name}"))
        object.__setattr__(self, "line", readonly(self.line, np.float64, (None,), "trees: line"))
        object.__setattr__(self, "roots", readonly(self.roots, np.int32, (None,), "trees: roots"))

    def raw(self, x: Array) -> Array:
        """The sum for each row of x (C, F), shape (C,), before calibration."""
        rows = np.ascontiguousarray(x, np.float32)
        arrays = self.feature, self.threshold, self.left, self.right, self.value, self.roots
        return np.asarray(self.base + x[:, x.shape[1] - len(self.line) :] @ self.line + _sums(rows, *arrays))

    def margin(self, x: Array) -> Array:
        """Calibrated log odds for each row of x (C, F), shape (C,)."""
        return np.asarray(self.scale * self.raw(x) + self.shift)

    def probability(self, x: Array) -> Array:
        """Calibrated probability for each row of x (C, F), shape (C,)."""
        return np.asarray(1 / (1 + np.exp(-self.margin(x))))

    def contributions(self, x: Array, row: int) -> Array:
        """What each input adds to one row's margin beyond the mean margin of all rows of x (C, F), shape (F,).

        What an input adds where its branching is passed is the mean over the rows that go the same way, less the mean
        over all that come there (Saabas, Interpreting random forests, 2014).
        """
        adds, first = np.zeros(x.shape[1]), x.shape[1] - len(self.line)
        adds[first:] = self.line * (x[row, first:] - x[:, first:].mean(axis=0))
        rows = np.ascontiguousarray(x, np.float32)
        for i, node in enumerate(self.roots):
            arrays = self.feature, self.threshold, self.left, self.right, self.value, self.roots[i : i + 1]
            leaves, here = _sums(rows, *arrays), np.ones(len(x), bool)
            while (feature := self.feature[node]) >= 0:
                low = rows[:, feature].astype(np.float64) <= self.threshold[node]
                there = here & (low == low[row])
                adds[feature] += leaves[there].mean() - leaves[here].mean()
                node, here = (self.left if low[row] else self.right)[node], there
        return self.scale * adds


def trees_in(arrays: Mapping[str, NDArray[Any]], place: str, inputs: int) -> Trees:
    """The trees whose fields are arrays named after `place`, with nodes that all lead on to later ones, so that every
    walk ends at a leaf. inputs: how many there are. Raises KeyError, GeometryError: they are none.
    """
    values: dict[str, Any] = {field: arrays[f"{place}{field}"] for field in FIELDS}
    nodes, inner = np.arange(len(values["feature"])), values["feature"] >= 0
    ahead = (values["left"] > nodes) & (values["right"] > nodes)
    within = (values["left"] < len(nodes)) & (values["right"] < len(nodes)) & (values["feature"] < inputs)
    if not ((ahead & within)[inner].all() and ((values["roots"] >= 0) & (values["roots"] < len(nodes))).all()):
        raise GeometryError(f"{place.rstrip('.')}: nodes that lead nowhere")
    if len(values["line"]) > inputs:
        raise GeometryError(f"{place.rstrip('.')}: a line of {len(values['line'])} weights for {inputs} inputs")
    for scalar in ("base", "scale", "shift"):
        values[scalar] = float(values[scalar])
    return Trees(**values)


@njit(cache=True)
def _sums(x, feature, threshold, left, right, value, roots):  # type: ignore[no-untyped-def]
    total = np.zeros(len(x))
    for row in range(len(x)):
        for root in roots:
            node = root
            while feature[node] >= 0:
                node = left[node] if x[row, feature[node]] <= threshold[node] else right[node]
            total[row] += value[node]
    return total
