"""The rule that merges patches, fitted to pairs that it had to judge: tanh units over a pair's features, and log odds
that both are of one item."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from perception.pose import Array
from perception.segmentation.merge import Graph, agglomerate

PURE = 0.7  # share of a patch that must be of one item for the patch to be an example
TRACE = 60_000
DECAY = 10.0  # weight of the squared parameters

Rule = tuple[NDArray[np.float64], NDArray[np.float64]]  # weights of the units (U, F), of the output (U + 1,)
Examples = tuple[Array, NDArray[np.bool_], Array]


def copied(sums: Graph) -> Graph:
    """Sums over patches, to be changed."""
    return Graph(sums.patch.copy(), sums.link.copy(), sums.border.copy(), sums.rim.copy(), sums.voxel)


def examples(sums: Graph, counts: Array, rule: Rule, threshold: float) -> Examples:
    """Features, whether one item, and weights of the pairs judged while merging.

    counts: how many surfels of each item every patch has, shape (P, 1 + items), the first for none.
    """
    trace, own = np.empty((TRACE, 2 + rule[0].shape[1])), copied(sums)
    *_, used = agglomerate(own.patch, own.link, own.border, own.rim, own.voxel, *rule, threshold, trace)
    counts = counts.copy()
    keep, same, weight = np.zeros(used, bool), np.zeros(used, bool), np.zeros(used)
    for row in range(used):
        i, j = int(trace[row, 0]), int(trace[row, 1])
        if np.isnan(trace[row, 2]):
            counts[i] += counts[j]
            continue
        a, b = counts[i], counts[j]
        if (a.argmax() > 0 or b.argmax() > 0) and a.max() > PURE * a.sum() and b.max() > PURE * b.sum():
            keep[row], same[row], weight[row] = True, a.argmax() == b.argmax(), np.sqrt(min(a.sum(), b.sum()))
    return trace[:used][keep, 2:], same[keep], weight[keep]


def log_odds(rule: Rule, x: Array) -> Array:
    """That pairs of features (N, F) are one item, (N,)."""
    return np.asarray(np.tanh(x @ rule[0].T) @ rule[1][:-1] + rule[1][-1])


def refitted(x: Array, same: NDArray[np.bool_], weight: Array, start: Rule, steps: int) -> Rule:
    """Weighted logistic regression of the rule's output by up to so many steps of L-BFGS, from `start`."""
    w, size = weight / weight.mean(), start[0].size

    def unpacked(theta: Array) -> Rule:
        return theta[:size].reshape(start[0].shape), theta[size:]

    def loss(theta: Array) -> tuple[float, Array]:
        hidden, output = unpacked(theta)
        z = np.tanh(x @ hidden.T)
        logit = z @ output[:-1] + output[-1]
        error = w * (1 / (1 + np.exp(-np.clip(logit, -50, 50))) - same)
        to_hidden = ((error[:, None] * output[:-1]) * (1 - z * z)).T @ x
        gradient = np.concatenate([to_hidden.ravel(), z.T @ error, [error.sum()]])
        value = (w * (np.logaddexp(0, logit) - same * logit)).sum() + DECAY * theta @ theta
        return float(value), gradient + 2 * DECAY * theta

    begin = np.concatenate([start[0].ravel(), start[1]])
    found = minimize(loss, begin, jac=True, method="L-BFGS-B", options={"maxiter": steps}).x
    hidden, output = unpacked(np.asarray(found))
    return hidden.copy(), output.copy()
