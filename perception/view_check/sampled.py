"""A depth image thinned out, seen from a pose that may be another one than the calibrated."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from perception.camera import CameraModel
from perception.fusion.volume import Float32
from perception.pose import Array, Pose

SAMPLES = 80  # columns of pixels that are looked at: more tell nothing new, since neighbours share their noise


@dataclass(frozen=True, eq=False)
class Sampled:
    """Every so many pixels of a depth image from a pose T_base_camera.

    Attributes:
        rays: of the optical frame, scaled to z = 1, shape (N, 3). depth: metres, shape (N,), NaN where missing.
    """

    pose: Pose
    rays: Array
    depth: Array

    @staticmethod
    def of(camera: CameraModel, pose: Pose, depth: Float32) -> Sampled:
        step = max(camera.width // SAMPLES, 1)
        first = step // 2
        rays = np.asarray(camera.rays(first, step).reshape(-1, 3), np.float64)
        return Sampled(pose, rays, np.asarray(depth[first::step, first::step].ravel(), np.float64))

    @property
    def points(self) -> Array:
        """What was measured, in the optical frame, shape (M, 3)."""
        there = np.isfinite(self.depth)
        return np.asarray(self.rays[there] * self.depth[there, None])
