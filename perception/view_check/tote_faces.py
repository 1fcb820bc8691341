"""Every face of the totes that a camera may see, as rectangles, and what a depth image must show of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from perception.arrays import readonly
from perception.pose import Array, Pose
from perception.tote import Tote


@dataclass(frozen=True, eq=False)
class ToteFaces:
    """Rectangles in the base frame, metres.

    Attributes:
        centres, normals: shape (F, 3); a normal points out of the material.
        axes: unit vectors along the edges, shape (F, 2, 3). half: half their lengths, shape (F, 2).
        firm: rims and outer walls, which no content hides, and not floors and inner walls, shape (F,).
        tote: index of the tote, shape (F,).
    """

    centres: Array
    normals: Array
    axes: Array
    half: Array
    firm: NDArray[np.bool_]
    tote: NDArray[np.int64]

    @staticmethod
    def of(totes: Sequence[Tote]) -> ToteFaces:
        rows = [(number, *face) for number, tote in enumerate(totes) for face in _faces(tote)]
        number, centres, normals, axes, half, firm = (np.array(column) for column in zip(*rows))
        return ToteFaces(
            readonly(centres, np.float64, (None, 3), "centres"),
            readonly(normals, np.float64, (None, 3), "normals"),
            readonly(axes, np.float64, (None, 2, 3), "axes"),
            readonly(half, np.float64, (None, 2), "half"),
            readonly(firm, np.bool_, (None,), "firm"),
            readonly(number, np.int64, (None,), "tote"),
        )

    def middle(self, tote: int) -> Array:
        """The middle of a tote's faces, shape (3,)."""
        return np.asarray(self.centres[self.tote == tote].mean(axis=0))

    def first_hits(self, T_base_camera: Pose, rays: Array) -> tuple[Array, NDArray[np.int64]]:
        """How far along each ray (N, 3) of the optical frame the first face lies, inf for none, and its index or -1."""
        return _first_hits(
            T_base_camera.position, T_base_camera.rotate(rays), self.centres, self.normals, self.axes, self.half
        )

    def firm_hits(self, T_base_camera: Pose, rays: Array) -> int:
        """How many of the rays (N, 3) first meet a rim or an outer wall."""
        face = self.first_hits(T_base_camera, rays)[1]
        return int((self.firm[face] & (face >= 0)).sum())


def _faces(tote: Tote) -> list[tuple[Array, Array, Array, Array, bool]]:
    """Centre, normal, axes, half edges, firm: of the floor, and of each wall's inner side, outer side and rim."""
    length, width, depth = tote.inner
    t, T = tote.wall, tote.T_base_tote
    faces: list[tuple[Array, Array, Array, Array, bool]] = []

    def add(centre: Sequence[float], normal: int, sign: float, edges: tuple[float, float], firm: bool) -> None:
        axes = np.delete(np.eye(3), normal, axis=0)
        faces.append(
            (T.apply(np.array(centre)), T.rotate(sign * np.eye(3)[normal]), T.rotate(axes), np.array(edges) / 2, firm)
        )

    for side in (-1.0, 1.0):
        add((side * (length / 2 + t), 0, depth / 2), 0, side, (width + 2 * t, depth), True)
        add((0, side * (width / 2 + t), depth / 2), 1, side, (length + 2 * t, depth), True)
        add((side * (length + t) / 2, 0, depth), 2, 1, (t, width + 2 * t), True)
        add((0, side * (width + t) / 2, depth), 2, 1, (length, t), True)
    add((0, 0, 0), 2, 1, (length, width), False)
    for side in (-1.0, 1.0):
        add((side * length / 2, 0, depth / 2), 0, -side, (width, depth), False)
        add((0, side * width / 2, depth / 2), 1, -side, (length, depth), False)
    return faces


@njit(cache=True)
def _first_hits(eye, rays, centres, normals, axes, half):  # type: ignore[no-untyped-def]
    depth, face = np.full(len(rays), np.inf), np.full(len(rays), -1)
    for f in range(len(centres)):
        c, n, u, v = centres[f], normals[f], axes[f, 0], axes[f, 1]
        gx, gy, gz = c[0] - eye[0], c[1] - eye[1], c[2] - eye[2]
        gap = n[0] * gx + n[1] * gy + n[2] * gz
        for r in range(len(rays)):
            x, y, z = rays[r, 0], rays[r, 1], rays[r, 2]
            along = n[0] * x + n[1] * y + n[2] * z
            if along * gap <= 0:
                continue
            t = gap / along
            if t >= depth[r]:
                continue
            x, y, z = t * x - gx, t * y - gy, t * z - gz
            if abs(u[0] * x + u[1] * y + u[2] * z) > half[f, 0] or abs(v[0] * x + v[1] * y + v[2] * z) > half[f, 1]:
                continue
            depth[r], face[r] = t, f
    return depth, face
