"""Forward kinematics in compiled code, for the many configurations that planning asks about."""

from __future__ import annotations

import numpy as np
from numba import njit

from perception.pose import Array


@njit(cache=True)
def link_poses(placements: Array, positions: Array) -> Array:
    """Poses of link 0 and the links behind each joint in the base frame.

    Args:
        placements: (J, 4, 4), each joint's frame in its parent link at zero; joints turn about z.
        positions: (J,) rad.

    Returns:
        (J + 1, 4, 4).
    """
    joints = len(positions)
    poses = np.zeros((joints + 1, 4, 4))
    poses[0] = np.eye(4)
    for j in range(joints):
        c, s = np.cos(positions[j]), np.sin(positions[j])
        p = placements[j]
        local = np.empty((3, 4))
        for r in range(3):
            local[r, 0] = c * p[r, 0] + s * p[r, 1]
            local[r, 1] = c * p[r, 1] - s * p[r, 0]
            local[r, 2] = p[r, 2]
            local[r, 3] = p[r, 3]
        for r in range(3):
            for k in range(4):
                total = poses[j, r, 3] if k == 3 else 0.0
                for m in range(3):
                    total += poses[j, r, m] * local[m, k]
                poses[j + 1, r, k] = total
        poses[j + 1, 3, 3] = 1.0
    return poses


@njit(cache=True)
def path_poses(placements: Array, path: Array, offset: Array) -> Array:
    """Pose of a frame fixed to the last link at `offset` (4, 4), for each row of `path` (N, J): (N, 4, 4)."""
    poses = np.empty((len(path), 4, 4))
    for i in range(len(path)):
        poses[i] = np.dot(link_poses(placements, path[i])[-1], offset)
    return poses
