"""Pressure under pads and tips that press on an item for long."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from perception.pose import Array

EDGE = 3e-3  # m: a patch narrower than this lies on an edge


@dataclass(frozen=True)
class Patch:
    """The extents of a contact patch, metres, as touched by rigid bodies."""

    long: float
    short: float

    @staticmethod
    def of(points: Array, normals: Array) -> Patch:
        """From contact points (N, 3), metres, and their normals (N, 3)."""
        normal = normals.mean(axis=0)
        normal /= max(float(np.linalg.norm(normal)), 1e-9)
        flat = points - points.mean(axis=0)
        flat = flat - np.outer(flat @ normal, normal)
        axes = np.linalg.svd(flat, full_matrices=False)[2]
        long, short = (float(np.ptp(flat @ axis)) for axis in axes[:2]) if len(points) > 1 else (0.0, 0.0)
        return Patch(long, short)

    @property
    def on_edge(self) -> bool:
        return self.short < EDGE

    def pressure(self, force: float, curvature: float = 0.0, softness: float = 0.5e-3, least: float = 5e-3) -> float:
        """Mean pressure, pascals, under a pad that sinks in by `softness` metres.

        A pad that sinks by d onto a surface of curvature k touches it over a width of 2 sqrt(2 d / k); no patch
        of a soft pad is narrower than `least`.
        """
        width = least if curvature <= 0 else max(least, min(2 * np.sqrt(2 * softness / curvature), 0.02))
        return force / (max(self.long, width) * max(self.short, width))

    def edge_pressure(self, force: float, least: float = 1e-3) -> float:
        """Pressure on an edge, pascals: over the patch as it is, no narrower than `least`."""
        return force / (max(self.long, least) * max(self.short, least))
