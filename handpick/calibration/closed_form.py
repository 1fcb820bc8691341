"""Closed forms of A X = X B. They differ in how noise weighs, and none is best for every set of looks.

Written out here since the Python of OpenCV 5 has no calibrateHandEye.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.spatial.transform import Rotation

from handpick.calibration.motions import Motions
from perception.pose import Array, Pose


def tsai(moved: Motions) -> Pose:
    """Tsai and Lenz 1989: the rotation by a linear equation in its Gibbs vector, then the shift."""
    a, b = _half_sines(moved.R_A), _half_sines(moved.R_B)
    gibbs = np.linalg.lstsq(_cross(a + b).reshape(-1, 3), (b - a).ravel(), rcond=None)[0]
    return _with_shift(Rotation.from_quat([*gibbs, 1.0]).as_matrix(), moved)


def park(moved: Motions) -> Pose:
    """Park and Martin 1994: the rotation that brings the logarithms of B nearest to those of A."""
    a, b = Rotation.from_matrix(moved.R_A).as_rotvec(), Rotation.from_matrix(moved.R_B).as_rotvec()
    return _with_shift(_nearest_rotation(a.T @ b), moved)


def horaud(moved: Motions) -> Pose:
    """Horaud and Dornaika 1995: the quaternion q with the least squares of a q - q b."""
    a, b = _quaternions(moved.R_A), _quaternions(moved.R_B)
    _, _, V = np.linalg.svd((_left(a) - _right(b)).reshape(-1, 4))
    return _with_shift(Rotation.from_quat(V[3]).as_matrix(), moved)


def andreff(moved: Motions) -> Pose:
    """Andreff, Horaud and Espiau 1999: all elements of rotation and shift by one linear equation."""
    n, eye = len(moved.R_A), np.eye(3)
    turning = np.eye(9) - np.einsum("nij,nkl->nikjl", moved.R_A, moved.R_B).reshape(n, 9, 9)
    shifting = np.einsum("ij,nk->nijk", eye, moved.t_B).reshape(n, 3, 9)
    left = np.block([[turning.reshape(-1, 9), np.zeros((9 * n, 3))], [shifting.reshape(-1, 9), _turned(moved)]])
    found = np.linalg.lstsq(left, np.concatenate([np.zeros(9 * n), moved.t_A.ravel()]), rcond=None)[0]
    return _with_shift(_nearest_rotation(found[:9].reshape(3, 3)), moved)


def daniilidis(moved: Motions) -> Pose:
    """Daniilidis 1999: rotation and shift at once, as the dual quaternion q + e p of unit length."""
    a, b = _quaternions(moved.R_A), _quaternions(moved.R_B)
    a_dual, b_dual = (_product(_pure(t), q) / 2 for t, q in ((moved.t_A, a), (moved.t_B, b)))
    same = (_left(a) - _right(b)).reshape(-1, 4)
    dual = (_left(a_dual) - _right(b_dual)).reshape(-1, 4)
    _, _, V = np.linalg.svd(np.block([[same, np.zeros_like(same)], [dual, same]]), full_matrices=False)
    (q1, p1), (q2, p2) = V[6].reshape(2, 4), V[7].reshape(2, 4)
    # Of s v1 + v2 (or v1 + s v2), that with q.p = 0; of both roots, that with the longer q.
    roots = np.roots([q1 @ p1, q1 @ p2 + q2 @ p1, q2 @ p2]).real
    found = [(s * q1 + q2, s * p1 + p2) for s in roots]
    q, p = max(found, key=lambda each: float(each[0] @ each[0]) / float(np.sum(np.square(each))))
    norm = np.linalg.norm(q)
    shift = 2 * _product(p[None] / norm, (q / norm * (-1, -1, -1, 1))[None])[0, :3]
    return Pose.from_rotation(shift, Rotation.from_quat(q).as_matrix())


METHODS: dict[str, Callable[[Motions], Pose]] = {
    "Tsai": tsai,
    "Park": park,
    "Horaud": horaud,
    "Andreff": andreff,
    "Daniilidis": daniilidis,
}


def _with_shift(R: Array, moved: Motions) -> Pose:
    """The shift t that fits a rotation: (R_A - 1) t = R t_B - t_A."""
    shift = np.linalg.lstsq(_turned(moved), (moved.t_A - moved.t_B @ R.T).ravel(), rcond=None)[0]
    return Pose.from_rotation(shift, R)


def _turned(moved: Motions) -> Array:
    return np.asarray((np.eye(3) - moved.R_A).reshape(-1, 3))


def _nearest_rotation(M: Array) -> Array:
    U, _, V = np.linalg.svd(M)
    return np.asarray(U @ np.diag((1.0, 1.0, np.linalg.det(U @ V))) @ V)


def _half_sines(R: Array) -> Array:
    return 2 * _quaternions(R)[:, :3]


def _quaternions(R: Array) -> Array:
    """Quaternions xyzw of rotations, shape (n, 4), of turns up to half a circle."""
    q = np.asarray(Rotation.from_matrix(R).as_quat())
    return q * np.where(q[:, 3:] < 0, -1.0, 1.0)


def _cross(v: Array) -> Array:
    """Matrices (n, 3, 3) with M u = v x u."""
    return np.asarray(np.cross(v[:, None, :], np.eye(3)[None]).transpose(0, 2, 1))


def _pure(v: Array) -> Array:
    return np.concatenate([v, np.zeros((len(v), 1))], axis=1)


def _product(p: Array, q: Array) -> Array:
    """Products of quaternions xyzw, shape (n, 4)."""
    return np.asarray(np.einsum("nij,nj->ni", _left(p), q))


def _left(p: Array) -> Array:
    """Matrices (n, 4, 4) with M q = p q."""
    x, y, z, w = p.T
    return np.array([[w, -z, y, x], [z, w, -x, y], [-y, x, w, z], [-x, -y, -z, w]]).transpose(2, 0, 1)


def _right(q: Array) -> Array:
    """Matrices (n, 4, 4) with M p = p q."""
    x, y, z, w = q.T
    return np.array([[w, z, -y, x], [-z, w, x, y], [y, -x, w, z], [-x, -y, -z, w]]).transpose(2, 0, 1)
