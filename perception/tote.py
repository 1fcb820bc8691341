"""Totes: open boxes of known size at a known place."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from perception.arrays import readonly
from perception.errors import GeometryError
from perception.pose import Array, Pose


@dataclass(frozen=True, eq=False)
class Box:
    """A solid box centred in its own frame. size: full edge lengths, shape (3,), metres."""

    T_base_box: Pose
    size: Array

    def __post_init__(self) -> None:
        size = readonly(self.size, np.float64, (3,), "box size")
        if not (np.isfinite(size).all() and (size > 0).all()):
            raise GeometryError(f"expected a box with three positive edges, got {size}")
        object.__setattr__(self, "size", size)


@dataclass(frozen=True, eq=False)
class Tote:
    """An open box. Frame: origin at the centre of the inner floor, x along its length, z up.

    Attributes:
        inner: inner length, width and depth, shape (3,), metres. Without depth it is an open table of that size.
        wall: thickness of walls and floor, metres.
    """

    name: str
    T_base_tote: Pose
    inner: Array
    wall: float = 0.01

    def __post_init__(self) -> None:
        inner = readonly(self.inner, np.float64, (3,), f"tote {self.name}: inner size")
        object.__setattr__(self, "inner", inner)
        if not (np.isfinite(inner).all() and (inner < 2).all() and (inner[:2] > 0.02).all() and inner[2] >= 0):
            raise GeometryError(
                f"tote {self.name}: expected inner edges between 2 cm and 2 m, or a depth of 0, got {inner}"
            )
        if not 0.001 <= self.wall <= 0.1:
            raise GeometryError(f"tote {self.name}: expected walls of 1 to 100 mm, got {self.wall} m")
        if self.T_base_tote.rotation[2, 2] < 0.999:
            raise GeometryError(f"tote {self.name}: expected to stand upright, got\n{self.T_base_tote.matrix}")

    def boxes(self) -> tuple[Box, ...]:
        """Floor and four walls, if any, as solid boxes in the base frame."""
        length, width, depth = self.inner
        t = self.wall
        parts = [((0, 0, -t / 2), (length + 2 * t, width + 2 * t, t))]
        for sign in (-1, 1) if depth > 0 else ():
            parts.append(((sign * (length + t) / 2, 0, depth / 2), (t, width + 2 * t, depth)))
            parts.append(((0, sign * (width + t) / 2, depth / 2), (length, t, depth)))
        return tuple(
            Box(self.T_base_tote @ Pose.from_rotation(centre, np.eye(3)), np.asarray(size)) for centre, size in parts
        )

    def contains(self, points_base: Array, margin: float = 0.0) -> np.ndarray:
        """Which points of the base frame, shape (N, 3), lie inside the walls (any height above the floor)."""
        half = self.inner[:2] / 2 - margin
        return np.asarray(
            _within(np.array(points_base, np.float64, order="C"), self.T_base_tote.inverse().matrix, half, -self.wall)
        )


@njit(cache=True)
def _within(points, T, half, floor):  # type: ignore[no-untyped-def]
    """Which points (N, 3), once moved by T, lie within `half` (2,) of the middle and over the floor."""
    inside = np.empty(len(points), np.bool_)
    for n in range(len(points)):
        x, y, z = points[n, 0], points[n, 1], points[n, 2]
        within = T[2, 0] * x + T[2, 1] * y + T[2, 2] * z + T[2, 3] > floor
        for axis in range(2):
            along = T[axis, 0] * x + T[axis, 1] * y + T[axis, 2] * z + T[axis, 3]
            within &= abs(along) <= half[axis]
        inside[n] = within
    return inside
