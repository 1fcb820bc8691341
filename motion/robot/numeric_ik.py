"""Inverse kinematics of any arm: damped least squares with restarts.

Nakamura and Hanafusa, Inverse kinematic solutions with singularity robustness for robot manipulator control, 1986.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from motion.robot.arm import Arm
from motion.robot.inverse import MARGIN, Inverse, turned
from motion.robot.kinematics import link_poses
from perception.pose import Array, Pose

ITERATIONS = 40
RESTARTS = 40  # of which the first QUICK serve where other poses would serve as well
QUICK = 12
SAME = 1e-3  # rad between two solutions that are one


class NumericInverse(Inverse):
    """Solutions found from fixed starts: the arm's working posture, and configurations spread over its joints' ranges.

    seed: of the starts.
    """

    def __init__(self, arm: Arm, margin: float = MARGIN, seed: int = 0) -> None:
        super().__init__(arm, margin)
        rng, half = np.random.default_rng(seed), np.minimum(self.half, np.pi)
        spread = self.middle + rng.uniform(-half, half, (RESTARTS - 1, len(half)))
        self.starts = np.vstack([arm.description.facing, spread])

    def all(self, T_base_last: Pose, thorough: bool = True) -> Array:
        """As `Inverse.all`; after a few starts it is content with what it has, unless that is nothing."""
        found = np.empty((0, len(self.lower)))
        for starts in (self.starts[:QUICK], self.starts[QUICK:]):
            facing = starts.copy()
            facing[0, 0] += np.arctan2(T_base_last.position[1], T_base_last.position[0])
            solutions = search(T_base_last.matrix, facing, self.placements, self.lower, self.upper, ITERATIONS)
            found = turned(_different(np.vstack([found, solutions])), self.lower, self.upper)
            if len(found) and not thorough:
                break
        return found


def _different(solutions: Array) -> Array:
    kept: list[Array] = []
    for q in solutions:
        if all(np.abs(_wrapped(q - other)).max() > SAME for other in kept):
            kept.append(q)
    return np.array(kept).reshape(-1, solutions.shape[1])


def _wrapped(angles: Array) -> Array:
    return np.asarray((angles + np.pi) % (2 * np.pi) - np.pi)


@njit(cache=True)
def search(T_base_last: Array, starts: Array, placements: Array, lower: Array, upper: Array, iterations: int) -> Array:
    """Configurations (M, J) for a pose (4, 4), found from starts (K, J), which are kept within the limits."""
    found = np.empty_like(starts)
    count = 0
    for start in starts:
        q, good = damped(T_base_last, start, placements, lower, upper, iterations)
        if good:
            found[count] = q
            count += 1
    return found[:count]


@njit(cache=True)
def damped(
    T_base_last: Array, start: Array, placements: Array, lower: Array, upper: Array, iterations: int
) -> tuple[Array, bool]:
    """The configuration that a start (J,) leads to: q += J^T (J J^T + w I)^-1 e, the damping w as great as the error.

    Joints that would leave their limits stay at them. Returns the configuration and whether it holds to 1e-9.
    """
    joints = len(start)
    q = np.minimum(np.maximum(start, lower), upper)
    error, jacobian = np.empty(6), np.empty((6, joints))
    for _ in range(iterations):
        poses = link_poses(placements, q)
        last = poses[joints]
        for k in range(3):
            error[k] = T_base_last[k, 3] - last[k, 3]
        _rotation_error(T_base_last, last, error)
        size = np.max(np.abs(error))
        if size < 1e-9:
            return q, True
        for j in range(joints):
            pose = poses[j + 1]
            x, y, z = last[0, 3] - pose[0, 3], last[1, 3] - pose[1, 3], last[2, 3] - pose[2, 3]
            a0, a1, a2 = pose[0, 2], pose[1, 2], pose[2, 2]
            jacobian[0, j], jacobian[1, j], jacobian[2, j] = a1 * z - a2 * y, a2 * x - a0 * z, a0 * y - a1 * x
            jacobian[3, j], jacobian[4, j], jacobian[5, j] = a0, a1, a2
        damping = 1e-2 * min(size * size, 1.0) + 1e-12
        step = jacobian.T @ np.linalg.solve(jacobian @ jacobian.T + damping * np.eye(6), error)
        step *= min(1.0, 0.6 / np.max(np.abs(step)))
        q = np.minimum(np.maximum(q + step, lower), upper)
    return q, False


@njit(cache=True)
def _rotation_error(target, last, error):  # type: ignore[no-untyped-def]
    """Rows 3..5 of `error`: the rotation vector that takes `last` to the target, in the base frame."""
    x = y = z = 0.0
    trace = 0.0
    for c in range(3):
        x += 0.5 * (last[1, c] * target[2, c] - last[2, c] * target[1, c])
        y += 0.5 * (last[2, c] * target[0, c] - last[0, c] * target[2, c])
        z += 0.5 * (last[0, c] * target[1, c] - last[1, c] * target[0, c])
        for r in range(3):
            trace += last[r, c] * target[r, c]
    sine = np.sqrt(x * x + y * y + z * z)
    angle = np.arctan2(sine, 0.5 * (trace - 1.0))
    factor = angle / sine if sine > 1e-9 else 1.0
    error[3], error[4], error[5] = factor * x, factor * y, factor * z
