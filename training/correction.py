"""A shrunken linear correction of a head's margins, found by outcomes of which some may be told wrongly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from grasping.quality.learned import INPUTS
from grasping.trees import Trees
from perception.pose import Array
from training.split import Mask

FAR = 4.0  # units from the mean beyond which no pick lies: what is rare moves no margin far
STEPS, SMALL = 50, 1e-4  # of the search at most; below which it ends, logits
SURE = 1e-6  # from 0 and 1 that a probability keeps


@dataclass(frozen=True)
class Width:
    """Prior standard deviations of a correction, logits per unit of a standardised input; 0: it may not move.

    line: of the shift and of the scale of the margin. inputs: of each of INPUTS.
    """

    line: float = 0.0
    inputs: float = 0.0


@dataclass(frozen=True, eq=False)
class Correction:
    """margin + shift + slope * margin + x @ weights.

    Attributes:
        weights: of the inputs, (len(INPUTS),), logits per unit of each.
    """

    shift: float
    slope: float
    weights: Array

    def __call__(self, margin: Array, x: Array) -> Array:
        """Corrected margins (N,) from margins (N,) and inputs (N, len(INPUTS))."""
        return np.asarray((1 + self.slope) * margin + self.shift + x @ self.weights)

    def of(self, trees: Trees) -> Trees:
        """Trees whose margins are corrected; scale and shift are worked into them. By NONE the same ones."""
        if self is NONE:
            return trees
        scale = (1 + self.slope) * trees.scale
        line = self.weights.copy()
        line[len(line) - len(trees.line) :] += scale * trees.line
        base = scale * trees.base + (1 + self.slope) * trees.shift + self.shift
        return replace(trees, value=scale * trees.value, base=base, line=line, scale=1.0, shift=0.0)


NONE = Correction(0.0, 0.0, np.zeros(len(INPUTS)))


def average(corrections: Sequence[Correction], shares: Array) -> Correction:
    """The mean of corrections, weighed by shares (K,) that sum to 1; NONE where all of them are."""
    if all(one is NONE for one in corrections):
        return NONE
    told = np.array([[one.shift, one.slope, *one.weights] for one in corrections])
    shift, slope, *weights = shares @ told
    return Correction(float(shift), float(slope), np.array(weights))


def corrected(margin: Array, x: Array, label: Mask, width: Width, wrong: float) -> Correction:
    """The most probable correction, by a normal prior about none, of margins (N,) with inputs (N, len(INPUTS)).

    Inputs and margin are standardised on these picks. A label is wrong with probability `wrong` (Bootkrajang and Kaban,
    Label-noise robust logistic regression, 2012): p' = wrong + (1 - 2 wrong) p. Without wrong ones this is convex.
    """
    if width == Width():
        return NONE
    columns, mean, unit = _standardised(margin, x)
    widths = np.r_[width.line, width.line, np.full(len(INPUTS), width.inputs)]
    design = columns * widths
    moved = design[:, used := np.abs(design).max(axis=0) > 0]

    v = np.zeros(design.shape[1])
    v[used] = _most_probable(margin, moved, label, wrong)
    return _correction(v * widths, mean, unit)


def toward(margin: Array, x: Array, target: Array) -> Correction:
    """The correction of margins (N,) with inputs (N, len(INPUTS)) that is nearest to a target (N,), by ridge regression
    on standardised inputs.
    """
    columns, mean, unit = _standardised(margin, x)
    v = np.linalg.solve(columns.T @ columns + np.eye(columns.shape[1]), columns.T @ (target - margin))
    return _correction(v, mean, unit)


def _standardised(margin: Array, x: Array) -> tuple[Array, Array, Array]:
    """Ones, margins and inputs in units of their own, (N, K), from which to which mean and unit (K - 1,) lead. What is
    the same everywhere has an endless unit.
    """
    told = np.column_stack([margin, x])
    mean = told.mean(axis=0)
    unit = np.maximum(told.std(axis=0), np.abs(told - mean).max(axis=0) / FAR)
    unit = np.where(unit > 1e-9 * np.maximum(np.abs(mean), 1.0), unit, np.inf)
    return np.column_stack([np.ones(len(margin)), (told - mean) / unit]), mean, unit


def _correction(v: Array, mean: Array, unit: Array) -> Correction:
    """By coefficients (K,) of standardised columns."""
    weights = v[1:] / unit
    return Correction(float(v[0] - weights @ mean), float(weights[0]), weights[1:])


def _most_probable(margin: Array, design: Array, label: Mask, wrong: float) -> Array:
    """Coefficients (K,) of columns (N, K) with a standard normal prior, by Fisher's scoring with halved steps.

    Where steps end before they are small, the best so far is a correction, too.
    """
    v = np.zeros(design.shape[1])
    before = _loss(v, margin, design, label, wrong)
    for _ in range(STEPS):
        p = 1 / (1 + np.exp(-(margin + design @ v)))
        told = np.clip(wrong + (1 - 2 * wrong) * p, SURE, 1 - SURE)
        turn, spread = (1 - 2 * wrong) * p * (1 - p), told * (1 - told)
        down = design.T @ ((label - told) * turn / spread) - v
        step = np.linalg.solve((design.T * (turn**2 / spread)) @ design + np.eye(len(v)), down)
        while (now := _loss(v + step, margin, design, label, wrong)) > before and np.abs(step).max() > SMALL:
            step = step / 2
        if now > before:
            break
        v, before = v + step, now
        if np.abs(step).max() < SMALL:
            break
    return v


def _loss(v: Array, margin: Array, design: Array, label: Mask, wrong: float) -> float:
    return float(deviance(margin + design @ v, label, wrong).sum() + v @ v / 2)


def deviance(margin: Array, label: Mask, wrong: float) -> Array:
    """Surprise in nats (N,) by labels (N,) of which some are wrong, by margins (N,)."""
    p = np.clip(wrong + (1 - 2 * wrong) / (1 + np.exp(-margin)), SURE, 1 - SURE)
    return np.asarray(-np.log(np.where(label, p, 1 - p)))
