"""Gradient boosting on the features: one set of trees for each tool and head, as plain arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from threadpoolctl import threadpool_limits

from grasping.quality.learned import HEADS, Weights, inputs
from grasping.quality.trees import Trees
from grasping.tools import Tool
from perception.pose import Array
from training.errors import TrainingError
from training.split import Split

FEWEST = 20  # outcomes of each kind, below which a head is a constant
SHRINK = 3.0  # weight that keeps a calibration near that of contact mechanics' scale


def fit(outcomes: NDArray[np.void], parts: Split, seed: int) -> Weights:
    """Weights from outcomes. The same outcomes and seed give the same weights. Raises TrainingError."""
    x = inputs(outcomes["features"], outcomes["believed"])
    trees: dict[tuple[Tool, str], Trees] = {}
    for tool in Tool:
        own = outcomes["tool"] == tool.value.encode()
        for head in HEADS:
            label, counts = labels(outcomes, head)
            grown, calibrated = (own & counts & part for part in (parts.grown, parts.calibrated))
            plain = _grown(x[grown], label[grown], seed)
            trees[tool, head] = _calibrated(plain, x[calibrated], label[calibrated])
    return Weights(trees)


def labels(outcomes: NDArray[np.void], head: str) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Whether the head's event came true, (N,), and for which outcomes that is asked, (N,)."""
    acquired = outcomes["acquired"]
    events = {
        "acquire": (acquired, np.ones(len(outcomes), bool)),
        "hold": (outcomes["held"], acquired),
        "damage": ((outcomes["damage"] | outcomes["harm"]) > 0, acquired),
        "return": (outcomes["returned"], acquired & (outcomes["features"]["probe"] > 0)),
    }
    return events[head]


def _grown(x: Array, label: NDArray[np.bool_], seed: int) -> Trees:
    """Trees by scikit-learn's histogram boosting (Ke et al., LightGBM, NIPS 2017), small and slow for few outcomes."""
    if min(label.sum(), (~label).sum()) < FEWEST:
        return constant(label)
    try:
        from sklearn.ensemble import HistGradientBoostingClassifier
    except ImportError as error:
        raise TrainingError("training needs scikit-learn: pip install 'handpick[learn]'") from error
    rounds = int(np.clip(len(x) // 10, 30, 400))
    model = HistGradientBoostingClassifier(
        learning_rate=0.05,
        max_iter=rounds,
        max_leaf_nodes=8,
        min_samples_leaf=max(10, len(x) // 200),
        l2_regularization=5.0,
        early_stopping=False,
        random_state=seed,
    )
    with threadpool_limits(1):  # sums in one order, on any machine
        model.fit(x, label)
    return exported(model)


def exported(model: Any) -> Trees:
    """The trees of a fitted HistGradientBoostingClassifier of two classes."""
    nodes = [stage[0].nodes for stage in model._predictors]
    starts = np.concatenate([[0], np.cumsum([len(part) for part in nodes])])
    every = np.concatenate(nodes)
    offset = np.repeat(starts[:-1], [len(part) for part in nodes])
    leaf = every["is_leaf"].astype(bool)
    feature = np.where(leaf, -1, every["feature_idx"].astype(np.int64))
    left, right = (np.where(leaf, 0, every[side].astype(np.int64) + offset) for side in ("left", "right"))
    threshold = np.where(leaf, 0.0, every["num_threshold"])
    base = float(np.ravel(model._baseline_prediction)[0])
    return Trees(feature, threshold, left, right, every["value"], starts[:-1], base)


def constant(label: NDArray[np.bool_]) -> Trees:
    """No trees, and the log odds of an event by the rule of succession."""
    share = (label.sum() + 1) / (len(label) + 2)
    none = np.zeros(0)
    return Trees(none, none, none, none, none, none, float(np.log(share / (1 - share))))


def _calibrated(trees: Trees, x: Array, label: NDArray[np.bool_]) -> Trees:
    """Scale and shift of the margin by maximum likelihood on other outcomes (Platt 1999), shrunk towards 1 and 0."""
    if min(label.sum(), (~label).sum()) < FEWEST // 4:
        return trees
    margin = trees.raw(x)

    def loss(p: Array) -> float:
        z = p[0] * margin + p[1]
        fit = np.logaddexp(0, z).sum() - z[label].sum()
        return float(fit + SHRINK * ((p[0] - 1) ** 2 + p[1] ** 2))

    scale, shift = minimize(loss, np.array((1.0, 0.0)), method="BFGS").x
    arrays = trees.feature, trees.threshold, trees.left, trees.right, trees.value, trees.roots
    return Trees(*arrays, trees.base, float(scale), float(shift))
