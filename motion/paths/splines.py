"""Smooth curves of tool poses: uniform cubic B-splines over control points in cylinder coordinates."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pinocchio as pin
from numba import njit
from scipy.interpolate import CubicSpline

from perception.pose import Array

SAMPLES = 8  # of the curve between two control points


def level(angle: float) -> Array:
    """The rotation (3, 3) about z by `angle`, rad."""
    c, s = np.cos(angle), np.sin(angle)
    return np.array(((c, -s, 0.0), (s, c, 0.0), (0.0, 0.0, 1.0)))


def coordinates(T_base_tool: Array, posture: float, reference: Array) -> Array:
    """(rho, phi, z, rotation vector (3,), posture) of a tool pose (4, 4) and `Arm.posture`.

    phi is the azimuth of the tool about the arm's first axis, and the rotation is told in the frame turned with it,
    relative to `reference` (3, 3): turning joint 1 alone changes nothing but phi.
    """
    x, y, z = T_base_tool[:3, 3]
    phi = float(np.arctan2(y, x))
    turned = level(-phi) @ T_base_tool[:3, :3] @ reference.T
    return np.array([np.hypot(x, y), phi, z, *pin.log3(turned), posture])


@njit(cache=True)
def poses(points: Array, reference: Array) -> Array:
    """Homogeneous transforms (N, 4, 4) of coordinates (N, 7)."""
    matrices = np.zeros((len(points), 4, 4))
    turn, axis = np.zeros((3, 3)), np.zeros((3, 3))
    turn[2, 2] = 1.0
    for i in range(len(points)):
        rho, phi, z = points[i, 0], points[i, 1], points[i, 2]
        c, s = np.cos(phi), np.sin(phi)
        turn[0, 0], turn[0, 1], turn[1, 0], turn[1, 1] = c, -s, s, c
        x, y, w = points[i, 3], points[i, 4], points[i, 5]
        angle = np.sqrt(x * x + y * y + w * w)
        axis[0, 1], axis[0, 2], axis[1, 2] = -w, y, -x
        axis[1, 0], axis[2, 0], axis[2, 1] = w, -y, x
        small = angle < 1e-6  # Rodrigues' formula, and its limit
        first = 1.0 if small else np.sin(angle) / angle
        second = 0.5 if small else (1 - np.cos(angle)) / angle**2
        rotation = np.eye(3) + first * axis + second * (axis @ axis)
        matrices[i, :3, :3] = turn @ rotation @ reference
        matrices[i, 0, 3], matrices[i, 1, 3], matrices[i, 2, 3], matrices[i, 3, 3] = rho * c, rho * s, z, 1.0
    return matrices


def b_spline(control: Array, samples: int = SAMPLES) -> Array:
    """The uniform cubic B-spline over control points (K, D) from the first to the last, twice differentiable.

    It runs along the control polygon wherever three points of it lie in line at equal steps. Returns
    (samples (K - 1) + 1, D).
    """
    return np.asarray(_blending(len(control), samples) @ control)


@lru_cache(maxsize=64)  # a curve is linear in its control points
def _blending(count: int, samples: int) -> Array:
    """What each of `count` control points adds to each row of `b_spline`."""
    control = np.eye(count)
    ends = np.vstack([2 * control[0] - control[1], control, 2 * control[-1] - control[-2]])
    u = np.arange(samples) / samples
    weights = np.stack([(1 - u) ** 3, 3 * u**3 - 6 * u**2 + 4, -3 * u**3 + 3 * u**2 + 3 * u + 1, u**3], axis=1) / 6
    spans = np.stack([ends[i : len(ends) - 3 + i] for i in range(4)], axis=1)
    return np.vstack([np.einsum("uw,kwd->kud", weights, spans).reshape(-1, count), control[-1]])


def finer(path: Array, times: int) -> Array:
    """The cubic spline through the rows of `path` (N, J), sampled so many times as densely."""
    return np.asarray(_refining(len(path), times) @ path)


@lru_cache(maxsize=64)  # a cubic spline is linear in the points that it goes through
def _refining(count: int, times: int) -> Array:
    """What each of `count` rows adds to each one of `finer`."""
    places = np.linspace(0, count - 1, times * (count - 1) + 1)
    return np.asarray(CubicSpline(np.arange(count), np.eye(count))(places))


def polygon(corners: Array, steps: list[int]) -> Array:
    """Control points (K, D) along straight legs between corners (C, D), leg i cut into steps[i] equal parts."""
    legs = [corners[i] + np.arange(n)[:, None] / n * (corners[i + 1] - corners[i]) for i, n in enumerate(steps)]
    return np.vstack([*legs, corners[-1:]])
