"""Weights adapted to sites by least squares: in closed form, explained pick by pick, and undone exactly.

Near shipped weights a head's margin is a line in what may be moved: its shift, its scale, and a weight for each input
(after Achille et al., LQF: linear quadratic fine-tuning, CVPR 2021). What a pick adds to the sums of that least-squares
problem does not depend on other picks. So a site is added and taken out by adding and subtracting its sums; what each
recorded pick adds to a prediction is told exactly; and so is what would be expected of a pick had it not been recorded.

A pick counts by the slope of its probability, as in one step of logistic regression. That slope is nearly none where
shipped weights are sure, which would send the step far too far: it is held above LEAK, as leaky activations do it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from grasping.quality.learned import INPUTS, Weights
from grasping.trees import Trees
from perception.arrays import readonly
from perception.pose import Array
from training.adapt import Head, Key
from training.correction import FAR, Correction

LEAK = 0.12  # least slope of a probability by its margin
LINE, OF_INPUTS = 1.5, 0.1  # prior standard deviations of shift and scale, and of a weight, logits per unit of an input
COLUMNS = 2 + len(INPUTS)  # of a pick: one, its margin, and its inputs


@dataclass(frozen=True, eq=False)
class Units:
    """Where inputs lie and how far they spread, as the thresholds of shipped trees tell: the same at every site.

    Attributes:
        mean, unit: of margin and inputs, (COLUMNS - 1,). An input that no tree asks for has an endless unit.
    """

    mean: Array
    unit: Array

    def __post_init__(self) -> None:
        for name in ("mean", "unit"):
            object.__setattr__(self, name, readonly(getattr(self, name), np.float64, (COLUMNS - 1,), f"units: {name}"))

    @staticmethod
    def of(weights: Weights) -> Units:
        feature = np.concatenate([trees.feature for trees in weights.trees.values()])
        threshold = np.concatenate([trees.threshold for trees in weights.trees.values()])
        mean, unit = np.zeros(COLUMNS - 1), np.full(COLUMNS - 1, np.inf)
        unit[0] = 1.0
        for number in range(len(INPUTS)):
            some = threshold[feature == number]
            if len(some) > 1 and some.std() > 0:
                mean[1 + number], unit[1 + number] = some.mean(), some.std()
        return Units(mean, unit)

    def columns(self, margin: Array, x: Array) -> Array:
        """What is moved by, (N, COLUMNS), times how far each may move: its weights have a standard normal prior."""
        told = np.clip((np.column_stack([margin, x]) - self.mean) / self.unit, -FAR, FAR)
        width = np.r_[LINE, LINE, np.full(len(INPUTS), OF_INPUTS)]
        return np.asarray(np.column_stack([np.ones(len(margin)), told]) * width)


@dataclass(frozen=True, eq=False)
class Sums:
    """All that picks tell of one head: the least-squares problem's matrix and right side. They add and subtract.

    Attributes:
        matrix: (COLUMNS, COLUMNS). side: (COLUMNS,). picks: how many.
    """

    matrix: Array
    side: Array
    picks: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "matrix", readonly(self.matrix, np.float64, (COLUMNS, COLUMNS), "sums: matrix"))
        object.__setattr__(self, "side", readonly(self.side, np.float64, (COLUMNS,), "sums: side"))

    @staticmethod
    def of(head: Head, units: Units) -> Sums:
        rows = units.columns(head.margin, head.x)
        p = _odds(head.margin)
        return Sums((rows.T * _slope(p)) @ rows, rows.T @ (head.label - p), len(rows))

    def __add__(self, other: Sums) -> Sums:
        return Sums(self.matrix + other.matrix, self.side + other.side, self.picks + other.picks)

    def __sub__(self, other: Sums) -> Sums:
        return Sums(self.matrix - other.matrix, self.side - other.side, self.picks - other.picks)

    @cached_property
    def inverse(self) -> Array:
        return np.asarray(np.linalg.inv(self.matrix + np.eye(COLUMNS)))

    @cached_property
    def solution(self) -> Array:
        """What each column is moved by, (COLUMNS,)."""
        return np.asarray(self.inverse @ self.side)


@dataclass(frozen=True, eq=False)
class Linear:
    """One head adapted by least squares, and its explanation."""

    units: Units
    sums: Sums

    def margins(self, margin: Array, x: Array) -> Array:
        """Adapted margins (N,) from shipped ones (N,) and inputs (N, len(INPUTS))."""
        return np.asarray(margin + self.units.columns(margin, x) @ self.sums.solution)

    def carried_by(self, head: Head, margin: Array, x: Array) -> Array:
        """What each recorded pick (N,) adds to each adapted margin (M,), logits, (M, N): all that it is moved by."""
        rows, asked = self.units.columns(head.margin, head.x), self.units.columns(margin, x)
        return np.asarray(asked @ self.sums.inverse @ (rows * (head.label - _odds(head.margin))[:, None]).T)

    def without_itself(self, head: Head) -> Array:
        """The margin (N,) that each recorded pick would have if it had not been recorded."""
        rows = self.units.columns(head.margin, head.x)
        p = _odds(head.margin)
        own = np.einsum("ij,jk,ik->i", rows, self.sums.inverse, rows)
        moved, slope = rows @ self.sums.solution, _slope(p)
        error = (head.label - p) - slope * moved
        return np.asarray(head.margin + moved - own * error / np.maximum(1 - slope * own, 1e-9))

    def doubts(self, head: Head) -> Array:
        """How surprising each label is to all the others, nats (N,): wrong ones come first where they are sorted."""
        margin = self.without_itself(head)
        return np.asarray(np.logaddexp(0, np.where(head.label, -margin, margin)))

    def of(self, trees: Trees) -> Trees:
        """Trees that are moved so; inputs far from all thresholds move them on, where `margins` stops."""
        width = np.r_[LINE, LINE, np.full(len(INPUTS), OF_INPUTS)]
        moved = self.sums.solution * width
        weights = moved[1:] / self.units.unit
        shift = moved[0] - weights @ self.units.mean
        return Correction(float(shift), float(weights[0]), weights[1:]).of(trees)


def linear(weights: Weights, heads: Mapping[Key, Head]) -> dict[Key, Linear]:
    """All heads that picks tell of, adapted by least squares."""
    units = Units.of(weights)
    return {key: Linear(units, Sums.of(head, units)) for key, head in heads.items()}


def _odds(margin: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-margin)))


def _slope(p: Array) -> Array:
    return np.asarray(np.maximum(p * (1 - p), LEAK))
