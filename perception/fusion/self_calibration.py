"""Each camera's pose refined on the known tote: point-to-plane Gauss-Newton with the calibration as prior.

The calibration of a cell is off by a millimetre or a tenth of a degree; stereo noise averages out over the thousands
of pixels that see the tote's floor, walls and rim, the calibration error does not.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numba import njit
from scipy.spatial.transform import Rotation

from perception.camera import CameraModel
from perception.fusion.volume import Float32
from perception.pose import Array, Pose
from perception.tote import Tote

STRIDE = 4  # pixels; nearer pixels share their noise
GATES = (0.015, 0.010, 0.007, 0.006)  # metres from a plane within which a point belongs to it, by iteration
PRIOR_POSITION = 0.0015  # metres, standard deviation of the calibrated position
PRIOR_ANGLE = float(np.deg2rad(0.15))  # radians
DEPTH_NOISE = 0.008  # metres at 1 m: stereo noise, enlarged because neighbouring pixels share it


@dataclass
class SelfCalibration:
    """Estimates of the cameras' poses that gather evidence over the looks.

    looks: number of first looks that are used; afterwards the poses stay as they are.
    """

    totes: tuple[Tote, ...]
    looks: int = 3
    _poses: dict[str, Pose] = field(default_factory=dict)
    _information: dict[str, Array] = field(default_factory=dict)
    _count: dict[str, int] = field(default_factory=dict)

    def pose(self, camera: CameraModel) -> Pose:
        """The best estimate of T_base_camera so far."""
        return self._poses.get(camera.name, camera.T_base_camera)

    def refine(self, camera: CameraModel, depth: Float32) -> Pose:
        """Take one more depth image, float32 metres (height, width), NaN where unusable, into account."""
        count = self._count.get(camera.name, 0)
        if count >= self.looks:
            return self.pose(camera)
        self._count[camera.name] = count + 1
        prior_pose = self.pose(camera)
        sigma = np.repeat([PRIOR_ANGLE, PRIOR_POSITION], 3)
        information = self._information.get(camera.name, np.diag(1 / sigma**2))
        points = _points(camera, depth)
        pose, hessian = prior_pose, information
        for gate in GATES:
            matrix, vector = np.zeros((6, 6)), np.zeros(6)
            for tote in self.totes:
                a, b = _normal_equations(tote, pose, points, gate)
                matrix += a
                vector += b
            hessian = information + matrix
            step = np.asarray(
                np.linalg.solve(hessian, vector - information @ _difference(pose, prior_pose)), np.float64
            )
            pose = _moved(pose, step)
        self._poses[camera.name], self._information[camera.name] = pose, hessian
        return pose


def _points(camera: CameraModel, depth: Float32) -> Array:
    """Every STRIDE-th valid pixel as a point of the camera frame, shape (N, 3)."""
    first = STRIDE // 2
    z = depth[first::STRIDE, first::STRIDE]
    valid = np.isfinite(z)
    return np.asarray(camera.rays(first, STRIDE)[valid] * z[valid][:, None], np.float64)


def _difference(pose: Pose, prior: Pose) -> Array:
    """Twist (rotation, translation) in the base frame about the camera that leads from prior to pose."""
    turn = Rotation.from_matrix(pose.rotation @ prior.rotation.T).as_rotvec()
    return np.concatenate([turn, pose.position - prior.position])


def _moved(pose: Pose, step: Array) -> Pose:
    turn = Rotation.from_rotvec(step[:3]).as_matrix() @ pose.rotation
    return Pose.from_rotation(pose.position + step[3:], turn)


def _normal_equations(tote: Tote, pose: Pose, points: Array, gate: float) -> tuple[Array, Array]:
    """Gauss-Newton matrix and right side, in the base frame, of the points' distances to the tote's faces."""
    T_tote_camera = tote.T_base_tote.inverse() @ pose
    matrix, vector = _accumulate(points, T_tote_camera.matrix, tote.inner, tote.wall, gate)
    turn = np.kron(np.eye(2), tote.T_base_tote.rotation)
    return turn @ matrix @ turn.T, turn @ vector


@njit(cache=True)
def _accumulate(points, T, inner, wall, gate):  # type: ignore[no-untyped-def]
    matrix, vector = np.zeros((6, 6)), np.zeros(6)
    jacobian, p, arm, normal = np.zeros(6), np.zeros(3), np.zeros(3), np.zeros(3)
    half = inner / 2
    for n in range(len(points)):
        for a in range(3):
            arm[a] = T[a, 0] * points[n, 0] + T[a, 1] * points[n, 1] + T[a, 2] * points[n, 2]
            p[a] = arm[a] + T[a, 3]
        axis, distance = _face(p, arm, half, inner[2], wall, gate)
        if axis < 0:
            continue
        normal[:] = 0
        normal[axis] = 1
        for a in range(3):
            b, c = (a + 1) % 3, (a + 2) % 3
            jacobian[a] = arm[b] * normal[c] - arm[c] * normal[b]  # arm x normal
            jacobian[3 + a] = normal[a]
        z = points[n, 2]
        size = distance / gate
        w = (1 - size * size) ** 2 / (DEPTH_NOISE * z * z) ** 2  # Tukey's biweight
        for a in range(6):
            vector[a] -= w * distance * jacobian[a]
            for b in range(6):
                matrix[a, b] += w * jacobian[a] * jacobian[b]
    return matrix, vector


@njit(cache=True)
def _face(p, ray, half, depth, wall, gate):  # type: ignore[no-untyped-def]
    """Axis of the face on which p lies and that the ray can meet, and the distance; -1 where on none or near two."""
    edge = 2 * gate
    outside = max(abs(p[0]) - half[0], abs(p[1]) - half[1])
    if outside < -edge and abs(p[2]) < gate:
        return 2, p[2]
    if abs(p[2] - depth) < gate and 0.25 * wall < outside < 0.75 * wall:
        return 2, p[2] - depth
    if not edge < p[2] < depth - edge:
        return -1, 0.0
    for axis in range(2):
        other = 1 - axis
        if abs(p[other]) > half[other] - edge:
            continue
        sign = 1.0 if p[axis] > 0 else -1.0
        face = half[axis] if ray[axis] * sign > 0 else half[axis] + wall  # the inner or the outer side of the wall
        if abs(abs(p[axis]) - face) < gate:
            return axis, p[axis] - sign * face
    return -1, 0.0
