"""The wrench that moves a load, in compiled code for the thousands of samples of a motion."""

from __future__ import annotations

import numpy as np
from numba import njit

from motion.robot.kinematics import link_poses
from perception.pose import Array


@njit(cache=True)
def load_wrenches(
    placements: Array,
    T_last_load: Array,
    mass: float,
    centre: Array,
    inertia: Array,
    gravity: Array,
    positions: Array,
    velocities: Array,
    accelerations: Array,
) -> Array:
    """Wrench (N, 6) that moves a load fixed to the last link for motions (N, J), in the load's frame at its origin.

    Velocities and accelerations are handed on from link to link as in the outward half of the recursive Newton-Euler
    algorithm (Luh, Walker and Paul, 1980), here all in the base frame; then Newton's and Euler's laws for the load.

    Args:
        placements: (J, 4, 4), each joint's frame in its parent link at zero; joints turn about z.
        T_last_load: (4, 4). mass: kg. centre (3,), inertia (3, 3) about it: of the load, in its frame.
        gravity: (3,) m/s^2 in the base frame.
    """
    samples, joints = positions.shape
    wrenches = np.empty((samples, 6))
    aside, step, arm = np.empty(3), np.empty(3), np.empty(3)
    for i in range(samples):
        poses = link_poses(placements, positions[i])
        turning, spin, lift = np.zeros(3), np.zeros(3), -gravity
        for j in range(joints):
            step[:] = poses[j + 1, :3, 3] - poses[j, :3, 3]
            _carry_over(lift, turning, spin, step, aside)
            axis = poses[j + 1, :3, 2]
            _add_cross(spin, turning, axis, velocities[i, j])
            for k in range(3):
                spin[k] += axis[k] * accelerations[i, j]
                turning[k] += axis[k] * velocities[i, j]
        load = np.dot(poses[joints], T_last_load)
        rotation = np.ascontiguousarray(load[:3, :3])
        step[:] = load[:3, 3] - poses[joints, :3, 3]
        arm[:] = np.dot(rotation, centre)
        _carry_over(lift, turning, spin, step, aside)
        _carry_over(lift, turning, spin, arm, aside)
        turning, spin = np.dot(turning, rotation), np.dot(spin, rotation)
        force = mass * np.dot(lift, rotation)
        moment = np.dot(inertia, spin)
        _add_cross(moment, turning, np.dot(inertia, turning), 1.0)
        _add_cross(moment, centre, force, 1.0)
        wrenches[i, :3], wrenches[i, 3:] = force, moment
    return wrenches


@njit(cache=True)
def _carry_over(lift, turning, spin, step, aside):  # type: ignore[no-untyped-def]
    """lift += spin x step + turning x (turning x step): the acceleration of a point `step` further on a rigid body."""
    _add_cross(lift, spin, step, 1.0)
    aside[:] = 0.0
    _add_cross(aside, turning, step, 1.0)
    _add_cross(lift, turning, aside, 1.0)


@njit(cache=True)
def _add_cross(total, a, b, factor):  # type: ignore[no-untyped-def]
    """total += factor a x b."""
    total[0] += factor * (a[1] * b[2] - a[2] * b[1])
    total[1] += factor * (a[2] * b[0] - a[0] * b[2])
    total[2] += factor * (a[0] * b[1] - a[1] * b[0])
