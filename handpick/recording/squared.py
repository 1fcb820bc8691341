"""Poses out of files: a rotation that was rounded is made square, one that is none is refused."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from perception.errors import GeometryError
from perception.pose import Array, Pose

ROUNDED = 1e-3  # by which an element of a rotation may be off


def numbers(values: object, shapes: tuple[tuple[int, ...], ...], name: str) -> Array:
    """Finite numbers of one of some shapes, the first being what they are brought to.

    Raises:
        GeometryError: they are none.
    """
    try:
        array = np.array(values, np.float64)
    except (TypeError, ValueError, OverflowError):
        array = np.empty(0)
    if array.shape not in shapes or not np.isfinite(array).all():
        told = " or ".join(str(shape) for shape in shapes)
        raise GeometryError(f"{name}: expected finite numbers of shape {told}, got {values!r:.120}")
    return array.reshape(shapes[0])


def squared_pose(matrix: object, name: str) -> Pose:
    """A pose of a 4x4 matrix (nested or 16 numbers, metres) whose rotation may have been rounded.

    Raises:
        GeometryError: it is off by more than rounding explains; says by how much.
    """
    T = numbers(matrix, ((4, 4), (16,)), name)
    if not np.abs(T[3] - (0, 0, 0, 1)).max() < 1e-6:
        raise GeometryError(f"{name}: expected a last row of 0 0 0 1, got {T[3].tolist()}; is it written by columns?")
    return Pose.from_rotation(T[:3, 3], squared(T[:3, :3], name))


def squared(rotation: ArrayLike, name: str) -> Array:
    """The rotation (3, 3) nearest to one that was rounded; one that is exact stays as it is to the bit.

    Raises:
        GeometryError: it is off by more than rounding explains; says by how much.
    """
    R = np.asarray(rotation, np.float64)
    if np.abs(R @ R.T - np.eye(3)).max() < 1e-9 and np.linalg.det(R) > 0:
        return R
    U, _, V = np.linalg.svd(R)
    nearest = U @ np.diag((1.0, 1.0, np.sign(np.linalg.det(U @ V)))) @ V
    off = float(np.abs(nearest - R).max())
    if not off < ROUNDED:
        mirrored = "; it mirrors" if np.linalg.det(R) < 0 else ""
        raise GeometryError(
            f"{name}: expected a rotation within {ROUNDED:g}, got one whose elements are off by {off:.2g}{mirrored}; "
            "write more digits, and neither scale nor mirror"
        )
    return np.asarray(nearest)
