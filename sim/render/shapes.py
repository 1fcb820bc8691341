"""Meshes of simple solids, and of what stands still in a cell."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from perception.tote import Tote
from sim.render.visual import VisualMesh

TOTE_COLORS = {"source": (0.36, 0.40, 0.45), "destination": (0.13, 0.28, 0.50)}
TABLE_COLOR = (0.62, 0.59, 0.54)
FLOOR_COLOR = (0.42, 0.42, 0.41)
PEDESTAL_COLOR = (0.25, 0.26, 0.28)

_QUADS = np.array(
    [[0, 2, 3, 1], [4, 5, 7, 6], [0, 1, 5, 4], [2, 6, 7, 3], [0, 4, 6, 2], [1, 3, 7, 5]]
)  # corner c has bit 0: x, 1: y, 2: z; each quad counter-clockwise from outside


def box_arrays(size: ArrayLike) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Vertices (24, 3) and triangles (12, 3) of a centred box; faces share no vertices."""
    corners = np.array([[c & 1, c >> 1 & 1, c >> 2] for c in range(8)]) - 0.5
    vertices = corners[_QUADS.reshape(-1)] * np.asarray(size)
    halves = np.array([[0, 1, 2], [0, 2, 3]])
    triangles = (4 * np.arange(6)[:, None, None] + halves).reshape(-1, 3)
    return vertices.astype(np.float32), triangles.astype(np.int32)


def box_mesh(size: ArrayLike, color: ArrayLike, gloss: float = 0.0) -> VisualMesh:
    """A centred box of full edge lengths `size`, metres."""
    vertices, triangles = box_arrays(size)
    return VisualMesh(vertices, triangles, np.asarray(color, np.float32), gloss=gloss)


def cylinder_mesh(radius: float, length: float, color: ArrayLike, sides: int = 32, gloss: float = 0.0) -> VisualMesh:
    """A centred cylinder along z with flat ends."""
    angle = 2 * np.pi * np.arange(sides) / sides
    ring = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    low, high = (np.column_stack([ring, np.full(sides, z)]) for z in (-length / 2, length / 2))
    vertices = np.concatenate([low, high, [[0, 0, -length / 2], [0, 0, length / 2]]])
    i, j = np.arange(sides), np.roll(np.arange(sides), -1)
    bottom, top = np.full(sides, 2 * sides), np.full(sides, 2 * sides + 1)
    faces = [(i, j, j + sides), (i, j + sides, i + sides), (j, i, bottom), (i + sides, j + sides, top)]
    triangles = np.concatenate([np.stack(face, axis=1) for face in faces])
    return VisualMesh(
        vertices.astype(np.float32), triangles.astype(np.int32), np.asarray(color, np.float32), gloss=gloss
    )


def sphere_mesh(radius: float, color: ArrayLike, rings: int = 16, sides: int = 24, gloss: float = 0.0) -> VisualMesh:
    """A centred sphere."""
    polar, turn = np.meshgrid(np.linspace(0, np.pi, rings + 1), 2 * np.pi * np.arange(sides) / sides, indexing="ij")
    vertices = np.stack([np.sin(polar) * np.cos(turn), np.sin(polar) * np.sin(turn), np.cos(polar)], axis=-1)
    r, s = np.meshgrid(np.arange(rings), np.arange(sides), indexing="ij")
    a, b = r * sides + s, r * sides + (s + 1) % sides
    quads = np.stack([a, a + sides, b + sides, b], axis=-1).reshape(-1, 4)
    triangles = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
    return VisualMesh(
        (radius * vertices.reshape(-1, 3)).astype(np.float32),
        triangles.astype(np.int32),
        np.asarray(color, np.float32),
        gloss=gloss,
    )


def tote_mesh(tote: Tote, color: ArrayLike | None = None) -> VisualMesh:
    """Floor and walls of a tote, in the tote's own frame."""
    inverse = tote.T_base_tote.inverse()
    parts = []
    for box in tote.boxes():
        vertices, triangles = box_arrays(box.size)
        parts.append(((inverse @ box.T_base_box).apply(vertices), triangles))
    vertices, triangles = merge(parts)
    if color is None:
        color = TOTE_COLORS.get(tote.name, TOTE_COLORS["source"])
    return VisualMesh(vertices, triangles, np.asarray(color, np.float32), gloss=0.05)


def merge(parts: Iterable[tuple[ArrayLike, ArrayLike]]) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """One mesh out of several (vertices, triangles)."""
    vertices, triangles, count = [], [], 0
    for v, t in parts:
        vertices.append(np.asarray(v, np.float32))
        triangles.append(np.asarray(t, np.int32) + count)
        count += len(vertices[-1])
    return np.concatenate(vertices), np.concatenate(triangles).astype(np.int32)
