"""Moves the seen part of a completed shape onto the measured surface."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from perception.completion.surface_nets import vertex_normals
from perception.fusion.surface import Surface
from perception.pose import Array

REACH = 0.007  # metres between a shape's point and a surfel up to which it counts as seen
TURN = 0.008  # metres by which surfels with opposite normals count as twice as far apart
AGREE = 0.5  # cosine between the normals of a point and of the surfel that shows it
ALIKE = 0.8  # cosine between normals of surfels of one face
ROUNDS = 3  # of smoothing: a face moves as a whole and keeps its normals
FADE = 0.04  # metres from the seen surface over which confidence fades


@dataclass(frozen=True, eq=False)
class Seen:
    """A shape's points on the measured surface, shape (V, 3), and what is known of each, as in ItemShape."""

    vertices: Array
    normals: Array
    colors: NDArray[np.uint8]
    seen: NDArray[np.bool_]
    confidence: Array


def onto_surface(vertices: Array, triangles: NDArray[np.int32], rows: NDArray[np.int64], surface: Surface) -> Seen:
    """Move a shape's seen vertices, shape (V, 3), onto the surfels `rows`, and tell what was seen of it.

    The surfel that shows a vertex is near it and faces the same way: not one around an edge or on the other side.
    """
    normals = vertex_normals(vertices, triangles)
    surfels = np.hstack([surface.points[rows], TURN * surface.normals[rows]])
    tree = cKDTree(surfels, compact_nodes=False, balanced_tree=False, leafsize=32)  # built fast: asked once
    nearest = rows[tree.query(np.hstack([vertices, TURN * normals]))[1]]
    distance = np.linalg.norm(surface.points[nearest] - vertices, axis=1)
    seen = (distance < REACH) & ((surface.normals[nearest] * normals).sum(axis=1) > AGREE)
    mine = np.zeros(len(surface.points) + 1, bool)
    mine[rows] = True
    offsets = _offsets(vertices, normals, seen, nearest, mine, surface.points, surface.normals, surface.neighbors)
    for _ in range(ROUNDS):
        offsets = _smooth(offsets, triangles)
    moved = vertices + offsets[:, None] * normals
    views = surface.views[nearest]
    return Seen(
        moved,
        vertex_normals(moved, triangles),
        np.clip(surface.colors[nearest], 0, 255).astype(np.uint8),
        seen,
        np.where(seen, np.minimum(1.0, 0.5 + 0.25 * views), 0.6 * np.exp(-distance / FADE)),
    )


@njit(cache=True)
def _offsets(vertices, normals, seen, nearest, mine, points, facing, neighbors):  # type: ignore[no-untyped-def]
    """How far each seen vertex must move along its normal, 0 where unseen.

    The mean over the surfels around it of the symmetric point-to-plane distance, exact for a sphere (Rusinkiewicz,
    "A Symmetric Objective Function for ICP", SIGGRAPH 2019).
    """
    offsets = np.zeros(len(vertices))
    for n in range(len(vertices)):
        if not seen[n]:
            continue
        total, count = 0.0, 0
        for slot in range(-1, neighbors.shape[1]):
            m = nearest[n] if slot < 0 else neighbors[nearest[n], slot]
            if m < 0 or not mine[m]:
                continue
            cosine, gap = 0.0, 0.0
            for a in range(3):
                cosine += normals[n, a] * facing[m, a]
                gap += (points[m, a] - vertices[n, a]) * (normals[n, a] + facing[m, a])
            if cosine > ALIKE:
                total += gap / (1 + cosine)
                count += 1
        if count > 0:
            offsets[n] = total / count
    return offsets


@njit(cache=True)
def _smooth(values, triangles):  # type: ignore[no-untyped-def]
    """Each vertex's mean with its neighbours along the triangles' edges."""
    total, count = values.copy(), np.ones(len(values))
    for t in range(len(triangles)):
        for corner in range(3):
            a, b = triangles[t, corner], triangles[t, (corner + 1) % 3]
            total[a] += values[b]
            count[a] += 1
    return total / count
