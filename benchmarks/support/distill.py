"""Boosting that is drawn to the odds of weights before it, most where those were right (focal distillation)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import GradientBoostingClassifier

from grasping.quality.learned import HEADS, inputs
from perception.pose import Array
from training.boost import (
    DEPTH,
    EACH,
    FEWEST,
    INPUT_SHARE,
    RATE,
    SHARE,
    TREES,
    Start,
    constant,
    exported,
    groups,
    labels,
    line,
)
from training.split import Mask

WEIGHT, RIGHT = 1 / 6, 5 / 6  # of the former odds beside labels: everywhere, and besides where they were right


def distilled(outcomes: NDArray[np.void], rows: Mask, old: Array, seed: int) -> Array:
    """Margins (N, 4) of all outcomes by what was grown on some rows (N,), after margins (N, 4)."""
    x = inputs(outcomes["features"], outcomes["views"], outcomes["believed"])
    margins = x[:, -old.shape[1] :].copy()
    for own in groups(outcomes).values():
        for number, head in enumerate(HEADS):
            label, counts = labels(outcomes, head)
            some = rows & own & counts
            margins[own, number] = _margins(x, some, label[some], old[some, number], number, seed)[own]
    return margins


def _margins(x: Array, some: Mask, label: Mask, old: Array, head: int, seed: int) -> Array:
    """Cross-entropy against labels and, weighed, against the old odds: each outcome counts as one of either kind."""
    rarer = int(min(label.sum(), (~label).sum()))
    if rarer < FEWEST:
        return constant(label).raw(x)
    told = 1 / (1 + np.exp(-old))
    weight = WEIGHT + RIGHT * ((told > 0.5) == label)
    yes, no = label + weight * told, ~label + weight * (1 - told)
    twice, which = np.concatenate([x[some], x[some]]), np.arange(2 * len(label)) < len(label)
    start = Start(line(x[some], label, head))
    model = GradientBoostingClassifier(
        init=start,
        n_estimators=min(TREES, rarer // EACH),
        learning_rate=RATE,
        max_depth=DEPTH,
        min_samples_leaf=2 * max(8, len(label) // 150),
        subsample=SHARE,
        max_features=INPUT_SHARE,
        random_state=seed,
    )
    weights = np.concatenate([yes, no])
    model.fit(twice.astype(np.float32), which, sample_weight=weights / weights.mean())
    return exported(model, start.trees).raw(x)
