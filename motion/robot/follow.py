"""Joint paths along paths of the last link, in compiled code: one branch, followed by Newton's method."""

from __future__ import annotations

import numpy as np
from numba import njit

from motion.robot.kinematics import link_poses
from perception.pose import Array


@njit(cache=True)
def newton(T_base_last: Array, start: Array, placements: Array, held: int, iterations: int = 20) -> tuple[Array, bool]:
    """The configuration nearest `start` (J,) for a pose (4, 4): Newton's method on the six joints that are not held.

    A Panda's joint 3 held at zero keeps it in one vertical plane, where raising the upper arm through the vertical, a
    singularity of the closed form, is no event. Returns the configuration and whether it holds to 1e-9.

    Args:
        held: index of the joint of seven that keeps its angle; 6 where there are six.
    """
    q = start.copy()
    error, matrix = np.empty(6), np.empty((6, 6))
    for _ in range(iterations):
        poses = link_poses(placements, q)
        last = poses[len(q)]
        for k in range(3):
            error[k] = T_base_last[k, 3] - last[k, 3]
            error[3 + k] = 0.0
        for c in range(3):
            error[3] += 0.5 * (last[1, c] * T_base_last[2, c] - last[2, c] * T_base_last[1, c])
            error[4] += 0.5 * (last[2, c] * T_base_last[0, c] - last[0, c] * T_base_last[2, c])
            error[5] += 0.5 * (last[0, c] * T_base_last[1, c] - last[1, c] * T_base_last[0, c])
        if np.max(np.abs(error)) < 1e-9:
            return q, True
        for c in range(6):
            joint = poses[c + 1 if c < held else c + 2]
            x, y, z = last[0, 3] - joint[0, 3], last[1, 3] - joint[1, 3], last[2, 3] - joint[2, 3]
            a0, a1, a2 = joint[0, 2], joint[1, 2], joint[2, 2]
            matrix[0, c], matrix[1, c], matrix[2, c] = a1 * z - a2 * y, a2 * x - a0 * z, a0 * y - a1 * x
            matrix[3, c], matrix[4, c], matrix[5, c] = a0, a1, a2
        if abs(np.linalg.det(matrix)) < 1e-9:
            return q, False
        step = np.linalg.solve(matrix, error)
        step *= min(1.0, 0.3 / np.max(np.abs(step)))
        for c in range(6):
            q[c if c < held else c + 1] += step[c]
    return q, False


@njit(cache=True)
def follow(
    T_base_last: Array, posture: Array, start: Array, placements: Array, held: int, jump: float
) -> tuple[Array, int]:
    """The continuous branch through poses (N, 4, 4) from `start` (J,) on, with the held joint at posture (N,).

    Returns:
        Path (N, J) and how many of its rows hold: fewer than N where the branch ends or moves on by `jump` rad.
    """
    path = np.empty((len(posture), len(start)))
    last = start.copy()
    for i in range(len(posture)):
        guess = last.copy() if i < 2 else 2 * path[i - 1] - path[i - 2]
        if held < len(guess):
            guess[held] = posture[i]
        path[i], good = newton(T_base_last[i], guess, placements, held)
        if not good or np.max(np.abs(path[i] - last)) > jump:
            return path, i
        last = path[i]
    return path, len(posture)
