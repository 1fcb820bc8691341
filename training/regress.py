"""Gradient boosting of a number, on top of a line, as trees that the rest of this package reads."""

from __future__ import annotations

import numpy as np

from grasping.trees import Trees
from perception.pose import Array
from training.boost import INPUT_SHARE, RATE, SHARE, exported
from training.errors import TrainingError

TREES, DEPTH, LEAST = 300, 4, 15  # how many, how deep, and the fewest rows of a leaf


def regressed(x: Array, y: Array, seed: int, line: int = 0) -> Trees:
    """What predicts y (N,) from x (N, F) with the least squared error (Friedman, Greedy function approximation, 2001).

    Trees are grown on top of a straight line in the last `line` inputs, so that what is larger than anything known is
    not told to be like the largest.

    Raises TrainingError: scikit-learn is missing.
    """
    try:
        from sklearn.ensemble import GradientBoostingRegressor
    except ImportError as error:
        raise TrainingError("training needs scikit-learn: pip install 'handpick[learn]'") from error
    slope, base = straight(x[:, x.shape[1] - line :], y)
    none = np.zeros(0)
    start = Trees(none, none, none, none, none, none, base, slope)
    model = GradientBoostingRegressor(
        init="zero",
        n_estimators=TREES,
        learning_rate=RATE,
        max_depth=DEPTH,
        min_samples_leaf=LEAST,
        subsample=SHARE,
        max_features=INPUT_SHARE,
        random_state=seed,
    )
    model.fit(x.astype(np.float32), y - start.raw(x))
    return exported(model, start)


def straight(x: Array, y: Array) -> tuple[Array, float]:
    """Slopes (K,) and height of the line through y (N,) over x (N, K) with the least squared error."""
    *slopes, base = np.linalg.lstsq(np.column_stack([x, np.ones(len(x))]), y, rcond=None)[0]
    return np.array(slopes, np.float64), float(base)
