"""Inverse kinematics of the Panda in closed form, with the last joint's angle as the free parameter.

He and Liu, Analytical inverse kinematics for Franka Emika Panda: a geometrical solver for 7-DOF manipulators with
unconventional design, ICCMA 2021.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from motion.robot.arm import Arm
from motion.robot.inverse import MARGIN, Inverse
from perception.pose import Array, Pose


@njit(cache=True)
def solve(
    T_base_last: Array, q7: float, placements: Array, lower: Array, upper: Array, q1_seed: float, out: Array
) -> int:
    """All solutions for the last link at T_base_last (4, 4) and joint 7 at q7.

    Args:
        q1_seed: joint 1 where the shoulder is singular (upper arm upright), rad.
        out: (4, 7), receives the solutions within `lower` and `upper`.

    Returns:
        How many there are. Elbows stretched straighter than q4 = -0.47 are left out.
    """
    d1, d3, a4 = placements[0, 2, 3], -placements[2, 1, 3], placements[3, 0, 3]
    d5, a7 = placements[4, 1, 3], placements[6, 0, 3]
    rotation = T_base_last[:3, :3].copy()
    x6 = rotation[:, 0] * np.cos(q7) - rotation[:, 1] * np.sin(q7)
    p6 = T_base_last[:3, 3] - a7 * x6
    p2 = np.array((0.0, 0.0, d1))
    v26 = p6 - p2
    ll26 = v26 @ v26
    l26 = np.sqrt(ll26)
    ll24, ll46 = a4 * a4 + d3 * d3, a4 * a4 + d5 * d5
    l24, l46 = np.sqrt(ll24), np.sqrt(ll46)
    if l24 + l46 <= l26 or l24 + l26 <= l46 or l26 + l46 <= l24:
        return 0
    t_h46, t_342, t_46h = np.arctan(d5 / a4), np.arctan(d3 / a4), np.arctan(a4 / d5)
    t_246 = np.arccos((ll24 + ll46 - ll26) / (2 * l24 * l46))
    q4 = t_246 + t_h46 + t_342 - 2 * np.pi
    if q4 < lower[3] or q4 > upper[3]:
        return 0
    t_462 = np.arccos((ll26 + ll46 - ll24) / (2 * l26 * l46))
    d26 = -l26 * np.cos(t_46h + t_462)
    y6 = np.cross(np.cross(rotation[:, 2], x6), x6)
    r6 = np.column_stack((x6, y6, np.cross(x6, y6)))
    v62 = r6.T @ (-v26)
    flat = np.hypot(v62[0], v62[1])
    if abs(d26) >= flat:
        return 0
    phi6, theta6 = np.arctan2(v62[1], v62[0]), np.arcsin(d26 / flat)
    t_p26 = 1.5 * np.pi - t_462 - t_246 - t_342
    t_p = np.pi - t_p26 - (t_46h + t_462)
    if abs(np.sin(t_p)) < 1e-9:
        return 0
    lp6 = l26 * np.sin(t_p26) / np.sin(t_p)
    found = 0
    for branch in range(2):
        q6 = _wrapped(np.pi - theta6 - phi6 if branch == 0 else theta6 - phi6, lower[5], upper[5])
        if np.isnan(q6):
            continue
        z5 = r6 @ np.array((np.sin(q6), np.cos(q6), 0.0))
        v2p = p6 - lp6 * z5 - p2
        z3 = v2p / np.sqrt(v2p @ v2p)
        y3 = -np.cross(v26, v2p)
        length = np.sqrt(y3 @ y3)
        if length < 1e-12:
            continue
        y3 = y3 / length
        x3 = np.cross(y3, z3)
        for mirror in range(2):
            side = 1.0 if mirror == 0 else -1.0
            q1 = q1_seed if abs(z3[2]) > 1 - 1e-12 else np.arctan2(side * z3[1], side * z3[0])
            q2 = side * np.arccos(min(max(z3[2], -1.0), 1.0))
            c1, s1, c2, s2 = np.cos(q1), np.sin(q1), np.cos(q2), np.sin(q2)
            x_of_2 = c1 * c2 * x3[0] + s1 * c2 * x3[1] - s2 * x3[2]
            z_of_2 = -s1 * x3[0] + c1 * x3[1]
            q3 = np.arctan2(z_of_2, x_of_2)
            vh4 = p2 + d3 * z3 + a4 * x3 - p6 + d5 * z5
            in6 = r6.T @ vh4
            c6, s6 = np.cos(q6), np.sin(q6)
            q5 = -np.arctan2(-in6[2], c6 * in6[0] - s6 * in6[1])
            candidate = np.array((q1, q2, q3, q4, q5, q6, q7))
            fits = True
            for j in range(7):
                fits = fits and lower[j] <= candidate[j] <= upper[j]
            if fits:
                out[found] = candidate
                found += 1
    return found


@njit(cache=True)
def _wrapped(angle: float, lower: float, upper: float) -> float:
    for turn in (0.0, 2 * np.pi, -2 * np.pi, 4 * np.pi, -4 * np.pi):
        if lower <= angle + turn <= upper:
            return angle + turn
    return np.nan


@njit(cache=True)
def sweep(T_base_last: Array, q7: Array, placements: Array, lower: Array, upper: Array, q1_seed: float) -> Array:
    """All solutions for each of the given angles of joint 7 (K,), rad: (M, 7)."""
    found = np.empty((4 * len(q7), 7))
    count = 0
    for angle in q7:
        count += solve(T_base_last, angle, placements, lower, upper, q1_seed, found[count : count + 4])
    return found[:count]


class PandaInverse(Inverse):
    """Solutions over a grid of joint 7. steps: of the grid."""

    def __init__(self, arm: Arm, margin: float = MARGIN, steps: int = 72) -> None:
        super().__init__(arm, margin)
        self.grid = np.linspace(self.lower[6], self.upper[6], steps)
        self.fine = np.linspace(self.lower[6], self.upper[6], 16 * steps)  # for poses with little choice of joint 7

    def all(self, T_base_last: Pose, thorough: bool = True) -> Array:
        """As `Inverse.all`: over a finer grid where the first one has none, unless that can be spared."""
        for grid in (self.grid, self.fine) if thorough else (self.grid,):
            found = sweep(T_base_last.matrix, grid, self.placements, self.lower, self.upper, 0.0)
            if len(found):
                break
        return np.asarray(found)
