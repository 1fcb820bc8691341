"""Where a depth image shows a tote, against where it is known to stand: point-to-face Gauss-Newton.

Unlike the self-calibration, which trusts the calibration to millimetres, this fit finds its way back from several
centimetres and degrees. The content of a full tote hides faces and lies near others: Tukey's biweight with gates that
shrink leaves it out (Huber and Ronchetti, Robust Statistics, 2009).
"""

from __future__ import annotations

import numpy as np
from numba import njit
from scipy.spatial.transform import Rotation

from perception.pose import Array, Pose
from perception.view_check.tote_faces import ToteFaces

GATES = (0.08, 0.08, 0.06, 0.05, 0.04, 0.03, 0.025, 0.02, 0.015, 0.015, 0.012, 0.012)  # metres, by iteration
SPREAD = np.deg2rad(5.0), 0.10  # radians and metres, standard deviations of a pose before anything is seen
NOISE = 0.02  # metres: of one point, with what its neighbours share


def fit_pose(faces: ToteFaces, tote: int, start: Pose, points: Array, content: float) -> Pose:
    """The camera's pose T_base_camera, near `start`, from which its points (N, 3) lie on the faces of a tote.

    What the view does not tell stays as in `start`. Points that lie nearer to another tote are left to that.

    Args:
        tote: its number.
        content: weight of points on floor and inner walls, which the content may hide; others count 1.
    """
    prior = np.diag(np.repeat(SPREAD, 3) ** -2.0)
    weights = (faces.tote == tote) * np.where(faces.firm, 1.0, content)
    pivot = faces.middle(tote)
    twist: Array = np.zeros(6)
    pose = start
    for gate in GATES:
        matrix, vector = _accumulate(
            pose.apply(points),
            pose.position,
            pivot,
            faces.centres,
            faces.normals,
            faces.axes,
            faces.half,
            weights,
            gate,
        )
        step = np.asarray(np.linalg.solve(matrix / NOISE**2 + prior, vector / NOISE**2 - prior @ twist), np.float64)
        twist = twist + step
        turn = Rotation.from_rotvec(step[:3]).as_matrix()
        pose = Pose.from_rotation(pivot + step[3:] - turn @ pivot, turn) @ pose
    return pose


@njit(cache=True)
def _accumulate(points, eye, pivot, centres, normals, axes, half, weights, gate):  # type: ignore[no-untyped-def]
    """Gauss-Newton matrix and right side, about the pivot, of the points' distances to the faces."""
    matrix, vector = np.zeros((6, 6)), np.zeros(6)
    front = ((eye - centres) * normals).sum(axis=1) > 0
    way, jacobian = np.zeros(3), np.zeros(6)
    for n in range(len(points)):
        face, distance = _nearest(points[n], centres, normals, axes, half, front, gate, way)
        if face < 0 or weights[face] == 0 or distance < 1e-9:
            continue
        size = distance / gate
        weight = weights[face] * (1 - size * size) ** 2
        for a in range(3):
            b, c = (a + 1) % 3, (a + 2) % 3
            arm_b, arm_c = points[n, b] - pivot[b], points[n, c] - pivot[c]
            jacobian[a] = (arm_b * way[c] - arm_c * way[b]) / distance
            jacobian[3 + a] = way[a] / distance
        for a in range(6):
            vector[a] -= weight * distance * jacobian[a]
            for b in range(6):
                matrix[a, b] += weight * jacobian[a] * jacobian[b]
    return matrix, vector


@njit(cache=True)
def _nearest(p, centres, normals, axes, half, front, gate, way):  # type: ignore[no-untyped-def]
    """The face that turns to the eye and is nearest to p, -1 for none within the gate; `way` leads from it to p."""
    nearest, least = -1, gate * gate
    for f in range(len(centres)):
        if not front[f]:
            continue
        u, v, h = 0.0, 0.0, 0.0
        for a in range(3):
            d = p[a] - centres[f, a]
            u += d * axes[f, 0, a]
            v += d * axes[f, 1, a]
            h += d * normals[f, a]
        u -= min(max(u, -half[f, 0]), half[f, 0])
        v -= min(max(v, -half[f, 1]), half[f, 1])
        squared = u * u + v * v + h * h
        if squared < least:
            nearest, least = f, squared
            for a in range(3):
                way[a] = u * axes[f, 0, a] + v * axes[f, 1, a] + h * normals[f, a]
    return nearest, np.sqrt(least)
