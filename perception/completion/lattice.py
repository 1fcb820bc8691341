"""Nodes in an item's own box, at which solids, evidence and predictions are sampled."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from perception.completion.box_fit import Frame
from perception.pose import Array


@dataclass(frozen=True, eq=False)
class Lattice:
    """Node (i, j, k) lies at rotation @ (low + (i, j, k) * cell) in the base frame.

    Attributes:
        rotation: axes in its columns, shape (3, 3). low, cell: metres along these axes, shape (3,).
    """

    rotation: Array
    low: Array
    cell: Array
    shape: tuple[int, int, int]

    @staticmethod
    def about(frame: Frame, margin: Array, nodes: int) -> Lattice:
        """As many nodes along each axis over a box and `margin`, shape (3,), beyond each of its ends."""
        cell = (frame.size + 2 * margin) / (nodes - 1)
        return Lattice(frame.rotation, (frame.low + frame.high - cell * (nodes - 1)) / 2, cell, (nodes, nodes, nodes))

    def points(self) -> Array:
        """All nodes in the base frame, shape (X, Y, Z, 3)."""
        axes = [low + cell * np.arange(n) for low, cell, n in zip(self.low, self.cell, self.shape)]
        local = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
        return np.asarray(local @ self.rotation.T)

    def places(self, points: Array) -> Array:
        """Points of the base frame, shape (N, 3), in cells from the first node."""
        return np.asarray((points @ self.rotation - self.low) / self.cell)

    def from_places(self, places: Array) -> Array:
        """The base frame's points, shape (N, 3), of places in cells from the first node."""
        return np.asarray((self.low + places * self.cell) @ self.rotation.T)
