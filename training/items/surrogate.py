"""How likely items are to fail, from tries of others: a Gaussian process over what items are like."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from perception.pose import Array

NEAR = 2.0  # length, in spreads of the inputs, over which items fail alike
ALIKE = 0.12  # variance of the rate of failure that items' inputs explain
OWN = 0.05  # and that of what they do not: an item's own
COIN = 0.25  # variance of a single try


@dataclass(frozen=True, eq=False)
class Surrogate:
    """Rates of failure of tried items.

    Attributes:
        x: inputs (N, D), each of unit spread. failed, tries: of each, (N,).
    """

    x: Array
    failed: Array
    tries: Array

    def rates(self, x: Array) -> tuple[Array, Array]:
        """Mean and standard deviation of the rate of failure of items with inputs (M, D), (M,) each."""
        base = float(self.failed.sum() + 1) / float(self.tries.sum() + 2)
        noise = COIN / self.tries
        same = (self._apart(x, self.x) < 1e-12) * OWN
        across = self._kernel(x, self.x) + same
        own = self._kernel(self.x, self.x) + OWN * np.eye(len(self.x)) + np.diag(noise)
        factor = cho_factor(own)
        mean = base + across @ cho_solve(factor, self.failed / self.tries - base)
        spread = ALIKE + OWN - np.einsum("mn,nm->m", across, cho_solve(factor, across.T))
        return np.asarray(mean), np.sqrt(np.maximum(spread, 1e-9))

    def _kernel(self, a: Array, b: Array) -> Array:
        return np.asarray(ALIKE * np.exp(-self._apart(a, b) / (2 * NEAR**2)))

    @staticmethod
    def _apart(a: Array, b: Array) -> Array:
        """Mean squared distances over the inputs' root, (A, B)."""
        squares = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1) - 2 * a @ b.T
        return np.asarray(np.maximum(squares, 0) / np.sqrt(a.shape[1]))
