"""An item as it truly is: distances from its surface, and points on it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import open3d as o3d
from numpy.random import Generator
from numpy.typing import ArrayLike, NDArray

from perception.pose import Array
from sim.items.meshes import Triangles

INSIDE = 0.0005  # metres within another part of the item from which on a part's surface is not the item's


class TrueShape:
    """The union of closed meshes, base frame."""

    def __init__(self, parts: Sequence[tuple[Array, Triangles]]) -> None:
        self._parts, self._scenes = parts, [scene_of([part]) for part in parts]

    def signed(self, points: ArrayLike) -> Array:
        """Metres from the surface, negative inside, of points (N, 3)."""
        asked = tensor(points)
        return np.min([scene.compute_signed_distance(asked, nsamples=3).numpy() for scene in self._scenes], axis=0)

    def inside(self, points: ArrayLike) -> NDArray[np.bool_]:
        """Which points (N, 3) lie inside, as one ray tells: quicker than their distances."""
        asked = tensor(points)
        return np.any([scene.compute_occupancy(asked).numpy() > 0.5 for scene in self._scenes], axis=0)

    def sample(self, count: int, rng: Generator) -> tuple[Array, Array]:
        """About `count` points spread over the surface by area, and their outward normals, (N, 3) each."""
        corners = np.concatenate([vertices[triangles] for vertices, triangles in self._parts])
        across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        area = np.linalg.norm(across, axis=1)
        chosen = rng.choice(len(corners), count, p=area / area.sum())
        u, v = rng.random((2, count, 1))
        u, v = np.where(u + v > 1, 1 - u, u), np.where(u + v > 1, 1 - v, v)
        a, b, c = np.moveaxis(corners[chosen], 1, 0)
        points = a + u * (b - a) + v * (c - a)
        outer = self.signed(points) > -INSIDE
        return points[outer], (across[chosen] / area[chosen, None])[outer]

    @property
    def vertices(self) -> Array:
        """Of all parts, shape (V, 3)."""
        return np.concatenate([vertices for vertices, _ in self._parts])


def scene_of(meshes: Sequence[tuple[Array, NDArray[np.int32]]]) -> o3d.t.geometry.RaycastingScene:
    """What answers for distances from meshes, which it numbers in their order."""
    scene = o3d.t.geometry.RaycastingScene()
    for vertices, triangles in meshes:
        scene.add_triangles(tensor(vertices), o3d.core.Tensor.from_numpy(np.array(triangles, np.uint32)))
    return scene


def tensor(values: ArrayLike) -> o3d.core.Tensor:
    return o3d.core.Tensor.from_numpy(np.array(values, np.float32))
