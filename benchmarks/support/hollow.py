"""Hollow things, open at the top: bowls, mugs and open cartons, for tables that bear them."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from perception.pose import Array
from sim.items.meshes import Mesh, lathe_mesh

SIDES = 48


def bowl(rng: Generator) -> Mesh:
    """A bowl of 12 to 18 cm, its wall 3 to 6 mm."""
    radius, height, wall = rng.uniform(0.06, 0.09), rng.uniform(0.045, 0.07), rng.uniform(0.003, 0.006)
    turn = np.linspace(0, np.pi / 2, 8)
    outer = [(height * (1 - np.cos(a)), 0.03 + (radius - 0.03) * np.sin(a)) for a in turn]
    inner = [(max(z, wall), r - wall) for z, r in reversed(outer)]
    return lathe_mesh([*outer, *inner, (wall, 0.001)], SIDES)


def mug(rng: Generator) -> Mesh:
    """A mug without a handle, 7 to 9 cm across."""
    radius, height, wall = rng.uniform(0.035, 0.045), rng.uniform(0.08, 0.11), rng.uniform(0.003, 0.006)
    profile = [(0, radius), (height, radius), (height, radius - wall), (wall, radius - wall), (wall, 0.001)]
    return lathe_mesh(profile, SIDES)


def open_carton(rng: Generator) -> Mesh:
    """A carton without a lid, up to 16 x 12 cm."""
    half, height, wall = rng.uniform((0.05, 0.04), (0.08, 0.06)), rng.uniform(0.05, 0.09), 0.003
    square = np.array(((-1, -1), (1, -1), (1, 1), (-1, 1)), np.float64)
    rings = [_ring(square * (half - off), z) for off, z in ((0, 0), (0, height), (wall, height), (wall, wall))]
    triangles = [(0, 2, 1), (0, 3, 2), (12, 13, 14), (12, 14, 15)]
    for k in range(3):
        for i in range(4):
            a, b = 4 * k + i, 4 * k + (i + 1) % 4
            triangles += [(a, b, b + 4), (a, b + 4, a + 4)]
    vertices = np.concatenate(rings)
    return vertices, np.array(triangles, np.int32), np.zeros((len(vertices), 2))


HOLLOW = {"bowl": bowl, "mug": mug, "open_carton": open_carton}


def _ring(corners: Array, z: float) -> Array:
    return np.column_stack([corners, np.full(len(corners), z)])
