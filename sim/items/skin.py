"""The film of a bag: a pillow over a flat grid of links, which it follows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from perception.pose import Array
from sim.items.spec import Skin
from sim.visual import VisualMesh

CARRIERS = 4  # links that carry each vertex


def pillow(
    centres: Array,
    frames: Array,
    size: Array,
    lump: Array,
    look: VisualMesh,
    neighbours: NDArray[np.bool_] | None = None,
    steps: int = 20,
) -> Skin:
    """A closed pillow around links at `centres`, with the texture and gloss of `look`.

    Args:
        centres: middles of the links at rest in the item's frame, z = 0, shape (L, 3).
        frames: origins of the links' frames at rest, shape (L, 3).
        size: extents along x and y, shape (2,).
        lump: half extents of one link's filling, shape (3,): it decides how the pillow bulges.
        neighbours: see `Skin`.
        steps: vertices along each edge.
    """
    s = np.linspace(-1, 1, steps)
    u, v = np.meshgrid(s, s, indexing="xy")
    flat = np.column_stack([u.ravel() * size[0] / 2, v.ravel() * size[1] / 2])
    height = _bulge(flat, centres, size, lump)
    top = np.column_stack([flat, height])
    vertices = np.concatenate([top, top * (1, 1, -1)])
    uv = np.tile(np.column_stack([(u.ravel() + 1) / 2, (1 - v.ravel()) / 2]), (2, 1))
    triangles = _two_sheets(steps)
    mesh = VisualMesh(
        vertices.astype(np.float32),
        triangles,
        look.color,
        uv.astype(np.float32),
        look.texture,
        look.gloss,
        look.transparency,
    )
    distance = np.linalg.norm((vertices[:, None, :2] - centres[None, :, :2]) / lump[:2], axis=2)
    links = np.argsort(distance, axis=1, kind="stable")[:, :CARRIERS]
    weights = np.exp(-(np.take_along_axis(distance, links, 1) ** 2))
    weights /= weights.sum(axis=1, keepdims=True)
    return Skin(mesh, links.astype(np.int32), weights, vertices[:, None, :] - frames[links], frames, neighbours)


def _bulge(flat: Array, centres: Array, size: Array, lump: Array) -> Array:
    """Half thickness: full over the links, dipping between them, falling to a seam at the edge."""
    distance = np.abs(flat[:, None] - centres[None, :, :2]) / lump[:2]
    near = np.exp(-(distance**4).sum(axis=2)).max(axis=1)
    edge = (1 - np.abs(flat) / (size / 2 + 1e-9)).min(axis=1) * (size.min() / 2) / lump[:2].min()
    rim = np.sqrt(np.clip(1 - (1 - np.clip(edge, 0, 1)) ** 2, 0, 1))
    return np.asarray(lump[2] * np.maximum(rim * (0.8 + 0.2 * near), 0.06))


def _two_sheets(steps: int) -> np.ndarray:
    """Triangles of an upper and a lower sheet of steps x steps vertices, joined around the edge."""
    index = np.arange(steps * steps).reshape(steps, steps)
    a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]
    upper = np.concatenate([np.stack([a, b, c], -1).reshape(-1, 3), np.stack([a, c, d], -1).reshape(-1, 3)])
    lower = upper[:, ::-1] + steps * steps
    loop = np.concatenate([index[0], index[1:, -1], index[-1, -2::-1], index[-2:0:-1, 0]])
    following = np.roll(loop, -1)
    under, under_following = loop + steps * steps, following + steps * steps
    seam = np.concatenate(
        [np.stack([loop, under, under_following], -1), np.stack([loop, under_following, following], -1)]
    )
    return np.concatenate([upper, lower, seam]).astype(np.int32)
