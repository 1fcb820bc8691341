"""Smooth curves of tool poses: uniform cubic B-splines over control points in cylinder coordinates."""

from __future__ import annotations

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.spatial.transform import Rotation

from perception.pose import Array, Pose

SAMPLES = 8  # of the curve between two control points


def coordinates(T_base_tool: Pose, q3: float, reference: Array) -> Array:
    """(rho, phi, z, rotation vector (3,), joint 3) of a tool pose.

    phi is the azimuth of the tool about the arm's first axis, and the rotation is told in the frame turned with it,
    relative to `reference` (3, 3): turning joint 1 alone changes nothing but phi.
    """
    x, y, z = T_base_tool.position
    phi = np.arctan2(y, x)
    turned = Rotation.from_euler("z", -phi).as_matrix() @ T_base_tool.rotation @ reference.T
    return np.array([np.hypot(x, y), phi, z, *Rotation.from_matrix(turned).as_rotvec(), q3])


def poses(points: Array, reference: Array) -> Array:
    """Homogeneous transforms (N, 4, 4) of coordinates (N, 7)."""
    rho, phi, z = points[:, 0], points[:, 1], points[:, 2]
    matrices = np.zeros((len(points), 4, 4))
    turned = Rotation.from_euler("z", phi[:, None]) * Rotation.from_rotvec(points[:, 3:6])
    matrices[:, :3, :3] = turned.as_matrix() @ reference
    matrices[:, 0, 3], matrices[:, 1, 3], matrices[:, 2, 3] = rho * np.cos(phi), rho * np.sin(phi), z
    matrices[:, 3, 3] = 1
    return matrices


def b_spline(control: Array, samples: int = SAMPLES) -> Array:
    """The uniform cubic B-spline over control points (K, D) from the first to the last, twice differentiable.

    It runs along the control polygon wherever three points of it lie in line at equal steps. Returns
    (samples (K - 1) + 1, D).
    """
    ends = np.vstack([2 * control[0] - control[1], control, 2 * control[-1] - control[-2]])
    u = np.arange(samples) / samples
    weights = np.stack([(1 - u) ** 3, 3 * u**3 - 6 * u**2 + 4, -3 * u**3 + 3 * u**2 + 3 * u + 1, u**3], axis=1) / 6
    spans = np.stack([ends[i : len(ends) - 3 + i] for i in range(4)], axis=1)
    curve = np.einsum("uw,kwd->kud", weights, spans).reshape(-1, control.shape[1])
    return np.vstack([curve, control[-1]])


def finer(path: Array, times: int) -> Array:
    """The cubic spline through the rows of `path` (N, J), sampled so many times as densely."""
    rows = len(path) - 1
    return np.asarray(CubicSpline(np.arange(rows + 1), path)(np.linspace(0, rows, times * rows + 1)))


def polygon(corners: Array, steps: list[int]) -> Array:
    """Control points (K, D) along straight legs between corners (C, D), leg i cut into steps[i] equal parts."""
    legs = [corners[i] + np.arange(n)[:, None] / n * (corners[i + 1] - corners[i]) for i, n in enumerate(steps)]
    return np.vstack([*legs, corners[-1:]])
