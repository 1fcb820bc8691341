"""Logistic regression of few inputs by Newton's method, with a normal prior on its weights."""

from __future__ import annotations

import numpy as np

from perception.pose import Array

ROUNDS = 30
PRIOR = 0.02  # inverse variance of a weight


def fit(x: Array, happened: Array, weight: Array | None = None) -> Array:
    """Weights (F + 1,), the last one of a constant, from inputs (N, F) and what happened (N,), 0 or 1."""
    inputs = np.column_stack([x, np.ones(len(x))])
    share = np.ones(len(x)) if weight is None else weight
    prior = np.full(inputs.shape[1], PRIOR)
    w = np.zeros(inputs.shape[1])
    for _ in range(ROUNDS):
        p = _sigmoid(inputs @ w)
        gradient = inputs.T @ (share * (happened - p)) - prior * w
        hessian = (inputs * (share * p * (1 - p))[:, None]).T @ inputs + np.diag(prior)
        step = np.linalg.solve(hessian, gradient)
        w = w + step / max(1.0, float(np.abs(step).max()) / 4)
        if np.abs(step).max() < 1e-6:
            break
    return np.asarray(w)


def probability(weights: Array, x: Array) -> Array:
    """Of inputs (N, F), shape (N,)."""
    return _sigmoid(np.column_stack([x, np.ones(len(x))]) @ weights)


def _sigmoid(x: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-np.clip(x, -40, 40))))
