"""Inverse kinematics of Universal Robots' arms in closed form: eight solutions.

Hawkins, Analytic inverse kinematics for the Universal Robots UR-5/UR-10 arms, Georgia Institute of Technology, 2013;
with the Denavit-Hartenberg parameters d1, a2, a3, d4, d5 and d6 read from the arm's own joints.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from motion.robot.arm import Arm
from motion.robot.description import ArmError
from motion.robot.inverse import MARGIN, Inverse, turned
from perception.pose import Array, Pose

FITS = 1e-6  # metres and shares of a turn by which an arm's joints may differ from the form


class UrInverse(Inverse):
    """Solutions of an arm of Universal Robots' build.

    Raises:
        ArmError: the arm is not built so.
    """

    def __init__(self, arm: Arm, margin: float = MARGIN) -> None:
        super().__init__(arm, margin)
        self.parameters, self.yaw = _parameters(arm)

    def all(self, T_base_last: Pose, thorough: bool = True) -> Array:
        """As `Inverse.all`; the search is never long."""
        target = np.linalg.inv(self.yaw) @ T_base_last.matrix
        return turned(solve(np.ascontiguousarray(target), self.parameters), self.lower, self.upper)


def _parameters(arm: Arm) -> tuple[Array, Array]:
    """d1, a2, a3, d4, d5, d6, metres, and how far the first joint's zero is turned (4, 4)."""
    placements = arm.placements
    if len(placements) == 6:
        d1, a2, a3, d4 = placements[0, 2, 3], placements[2, 0, 3], placements[3, 0, 3], placements[3, 2, 3]
        d5, d6 = -placements[4, 1, 3], placements[5, 1, 3]
        yaw = np.eye(4)
        yaw[:3, :3] = placements[0, :3, :3]
        quarter = np.pi / 2
        form = [
            (0, 0, d1, 0),
            (0, 0, 0, quarter),
            (a2, 0, 0, 0),
            (a3, 0, d4, 0),
            (0, -d5, 0, quarter),
            (0, d6, 0, -quarter),
        ]
        expected = np.stack([Pose.from_euler(row[:3], (row[3], 0, 0)).matrix for row in form])
        expected[0] = expected[0] @ yaw
        if np.abs(placements - expected).max() < FITS and min(abs(a2), abs(a3), abs(d6)) > FITS:
            return np.array((d1, a2, a3, d4, d5, d6)), yaw
    raise ArmError(
        f"arm {arm.description.name}: expected the joints of a Universal Robots arm for the inverse 'ur', got others; "
        "set inverse to null in its arm.json"
    )


@njit(cache=True)
def solve(T: Array, parameters: Array) -> Array:
    """Joint angles (M, 6), -pi .. pi, for the last link at T (4, 4) in the base's frame: eight within reach, fewer at
    its edge. At the singularity of the wrist, where joints 4 and 6 turn about parallel axes, joint 6 is zero."""
    d1, a2, a3, d4, d5, d6 = parameters
    found = np.empty((8, 6))
    count = 0
    x, y = T[0, 3] - d6 * T[0, 2], T[1, 3] - d6 * T[1, 2]  # of the origin of joint 5, d4 aside of the arm's plane
    flat = np.hypot(x, y)
    if flat < abs(d4) or flat < 1e-9:
        return found[:0]
    for shoulder in (1.0, -1.0):
        q1 = _wrapped(np.arctan2(y, x) + shoulder * np.arccos(d4 / flat) + np.pi / 2)
        c1, s1 = np.cos(q1), np.sin(q1)
        cosine = (T[0, 3] * s1 - T[1, 3] * c1 - d4) / d6
        if abs(cosine) > 1 + 1e-9:
            continue
        for wrist in (1.0, -1.0):
            q5 = wrist * np.arccos(min(max(cosine, -1.0), 1.0))
            s5, c5 = np.sin(q5), np.cos(q5)
            q6 = 0.0
            if abs(s5) > 1e-7:
                q6 = np.arctan2((T[1, 1] * c1 - T[0, 1] * s1) / s5, (T[0, 0] * s1 - T[1, 0] * c1) / s5)
            c6, s6 = np.cos(q6), np.sin(q6)
            # Links 2 and 3 lie in a plane, x and y of frame 1: where in it they end, and which way frame 4 points.
            ux, uy, uz = c5 * c6, -c5 * s6, -s5  # x of frame 4 in frame 6
            vx, vy = s6, c6  # against the axis of joint 5 in frame 6
            px, py, pz = T[0, 3], T[1, 3], T[2, 3]
            ax = T[0, 0] * ux + T[0, 1] * uy + T[0, 2] * uz
            ay = T[1, 0] * ux + T[1, 1] * uy + T[1, 2] * uz
            az = T[2, 0] * ux + T[2, 1] * uy + T[2, 2] * uz
            px -= d6 * T[0, 2] - d5 * (T[0, 0] * vx + T[0, 1] * vy)
            py -= d6 * T[1, 2] - d5 * (T[1, 0] * vx + T[1, 1] * vy)
            pz -= d6 * T[2, 2] - d5 * (T[2, 0] * vx + T[2, 1] * vy)
            along, up = c1 * px + s1 * py, pz - d1
            squared = along * along + up * up
            cosine3 = (squared - a2 * a2 - a3 * a3) / (2 * a2 * a3)
            if abs(cosine3) > 1 + 1e-9:
                continue
            bent = np.arccos(min(max(cosine3, -1.0), 1.0))
            total = np.arctan2(az, c1 * ax + s1 * ay)  # q2 + q3 + q4
            for elbow in (1.0, -1.0):
                q3 = elbow * bent
                q2 = np.arctan2(up, along) - np.arctan2(a3 * np.sin(q3), a2 + a3 * np.cos(q3))
                q = found[count]
                q[0], q[1], q[2], q[3], q[4], q[5] = q1, _wrapped(q2), q3, _wrapped(total - q2 - q3), q5, q6
                count += 1
    return found[:count]


@njit(cache=True)
def _wrapped(angle: float) -> float:
    return (angle + np.pi) % (2 * np.pi) - np.pi
