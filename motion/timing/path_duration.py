"""A quick estimate of a path's duration, under limits of joint speed and acceleration alone, to rank paths."""

from __future__ import annotations

import numpy as np
from numba import njit

from motion.robot.limits import Limits
from perception.pose import Array


def least_times(path: Array, limits: Limits) -> Array:
    """Seconds (N,) after which each row of a joint path (N, J) may be reached at the earliest, from rest to rest.

    A forward and a backward pass over s'^2 (Bobrow, Dubowsky and Gibson, Time-optimal control of robotic manipulators
    along specified paths, IJRR 1985), with differences in place of derivatives.
    """
    q1 = np.gradient(path, axis=0)
    return np.asarray(_times(q1, np.gradient(q1, axis=0), limits.velocity, limits.acceleration))


@njit(cache=True)
def _bounds(q1: Array, q2: Array, acceleration: Array, x: float) -> tuple[float, float]:
    """Least and greatest s'' at s'^2 = x."""
    low, high = -1e9, 1e9
    for j in range(len(q1)):
        if abs(q1[j]) > 1e-9:
            middle, reach = -q2[j] * x / q1[j], acceleration[j] / abs(q1[j])
            low, high = max(low, middle - reach), min(high, middle + reach)
    return low, high


@njit(cache=True)
def _times(q1: Array, q2: Array, velocity: Array, acceleration: Array) -> Array:
    rows = len(q1)
    x = np.empty(rows)
    for i in range(rows):
        most = 1e6
        for j in range(q1.shape[1]):
            most = min(most, (velocity[j] / max(abs(q1[i, j]), 1e-9)) ** 2)
        least = 0.0
        for _ in range(20):  # the greatest speed at which there is any s''
            middle = 0.5 * (least + most)
            low, high = _bounds(q1[i], q2[i], acceleration, middle)
            if low <= high:
                least = middle
            else:
                most = middle
        x[i] = least
    x[0] = x[rows - 1] = 0.0
    for i in range(rows - 1):
        x[i + 1] = min(x[i + 1], max(x[i] + 2 * _bounds(q1[i], q2[i], acceleration, x[i])[1], 0.0))
    for i in range(rows - 1, 0, -1):
        x[i - 1] = min(x[i - 1], max(x[i] - 2 * _bounds(q1[i], q2[i], acceleration, x[i])[0], 0.0))
    times = np.zeros(rows)
    for i in range(rows - 1):
        times[i + 1] = times[i] + 2 / max(np.sqrt(x[i]) + np.sqrt(x[i + 1]), 1e-6)
    return times
