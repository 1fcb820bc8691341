"""Rigid transforms, named so that frames cancel when read: T_base_item = T_base_camera @ T_camera_item."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.transform import Rotation

from perception.arrays import readonly
from perception.errors import GeometryError

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Pose:
    """A rigid transform T_target_source: maps points of the source frame into the target frame.

    Attributes:
        matrix: homogeneous transform, shape (4, 4), metres.

    Raises:
        GeometryError: the matrix is not a rigid transform.
    """

    matrix: Array

    def __post_init__(self) -> None:
        matrix = readonly(self.matrix, np.float64, (4, 4), "pose")
        if not _is_rigid(matrix):
            raise GeometryError(f"expected a rigid 4x4 transform, got\n{matrix}")
        object.__setattr__(self, "matrix", matrix)

    @staticmethod
    def identity() -> Pose:
        return Pose(np.eye(4))

    @staticmethod
    def from_rotation(position: ArrayLike, rotation: ArrayLike) -> Pose:
        """From a position, shape (3,), and a rotation matrix, shape (3, 3)."""
        matrix = np.eye(4)
        matrix[:3, :3] = rotation
        matrix[:3, 3] = position
        return Pose(matrix)

    @staticmethod
    def from_quaternion(position: ArrayLike, quaternion: ArrayLike) -> Pose:
        """From a position, shape (3,), and a quaternion xyzw, shape (4,), of any positive norm."""
        norm = float(np.linalg.norm(np.asarray(quaternion, dtype=np.float64)))
        if not np.isfinite(norm) or norm < 1e-9:
            raise GeometryError(f"expected a quaternion xyzw of positive norm, got {quaternion!r}")
        return Pose.from_rotation(position, Rotation.from_quat(quaternion).as_matrix())

    @staticmethod
    def from_euler(position: ArrayLike, angles: ArrayLike, order: str = "xyz") -> Pose:
        """From a position, shape (3,), and fixed-axis angles in radians."""
        return Pose.from_rotation(position, Rotation.from_euler(order, angles).as_matrix())

    @property
    def position(self) -> Array:
        return self.matrix[:3, 3]

    @property
    def rotation(self) -> Array:
        return self.matrix[:3, :3]

    @property
    def quaternion(self) -> Array:
        """Quaternion xyzw, shape (4,)."""
        return np.asarray(Rotation.from_matrix(self.rotation).as_quat())

    def __matmul__(self, other: Pose) -> Pose:
        return Pose(self.matrix @ other.matrix)

    def inverse(self) -> Pose:
        return self._inverse

    @cached_property
    def _inverse(self) -> Pose:  # asked for again and again, of totes and grids
        rotation = self.rotation.T
        return Pose.from_rotation(-rotation @ self.position, rotation)

    def apply(self, points: ArrayLike) -> Array:
        """Points of the source frame, shape (..., 3), in the target frame."""
        return np.asarray(points) @ self.rotation.T + self.position

    def rotate(self, vectors: ArrayLike) -> Array:
        """Directions of the source frame, shape (..., 3), in the target frame."""
        return np.asarray(vectors) @ self.rotation.T


@njit(cache=True)
def _is_rigid(T):  # type: ignore[no-untyped-def]
    """Whether T, shape (4, 4), turns and moves without scaling or mirroring; NaN fails every comparison."""
    for a in range(3):
        if not (np.isfinite(T[a, 3]) and T[3, a] == 0):
            return False
        for b in range(3):
            dot = T[a, 0] * T[b, 0] + T[a, 1] * T[b, 1] + T[a, 2] * T[b, 2]
            if not abs(dot - (a == b)) < 1e-6:
                return False
    x = T[0, 0] * (T[1, 1] * T[2, 2] - T[1, 2] * T[2, 1])
    y = T[0, 1] * (T[1, 2] * T[2, 0] - T[1, 0] * T[2, 2])
    z = T[0, 2] * (T[1, 0] * T[2, 1] - T[1, 1] * T[2, 0])
    return x + y + z > 0 and T[3, 3] == 1
