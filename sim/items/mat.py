"""Limp flat goods: a mat of lumps that bend against each other, and the film over them that follows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from perception.pose import Array
from sim.items.spec import BodySpec, Joint, LinkSpec, Skin
from sim.render.visual import VisualMesh

CARRIERS = 4  # links that carry each vertex


@dataclass(frozen=True)
class Bend:
    """How far neighbours in a mat bend against each other, radians, and the torque that it takes, N m."""

    limit: float
    friction: float


def mat(
    columns: int, pitch: Array, lump: Callable[[Array, Joint | None], LinkSpec], bend: Bend
) -> tuple[BodySpec, Array]:
    """Three rows of lumps about the item's origin: a chain along x, and on each of its lumps a flap to either side.

    A tree bends both ways like cloth, and without the loops and idle spins of a net of ball joints it comes to rest.

    Args:
        pitch: along x and y, shape (2,), metres.
        lump: makes a link from its centre of mass in the link's frame, shape (3,), and its joint (None: the first).

    Returns:
        The body, and the middles of its links in the item's frame, shape (3 * columns, 3).
    """
    middle = columns // 2
    first = np.array([(middle - (columns - 1) / 2) * pitch[0], 0, 0])
    links, centres = [lump(np.zeros(3), None)], [first]
    x, y, _ = np.eye(3)

    def attach(parent: int, step: Array, axis: Array) -> int:
        joint = Joint(parent, links[parent].com + step / 2, axis, (-bend.limit, bend.limit), bend.friction, 0.002)
        links.append(lump(step / 2, joint))
        centres.append(centres[parent] + step)
        return len(links) - 1

    def attach_flaps(parent: int) -> None:
        for side in (1, -1):
            attach(parent, side * pitch[1] * y, x)

    attach_flaps(0)
    for side, count in ((1, columns - 1 - middle), (-1, middle)):
        parent = 0
        for _ in range(count):
            parent = attach(parent, side * pitch[0] * x, y)
            attach_flaps(parent)
    return BodySpec(tuple(links), first), np.array(centres)


def pillow(centres: Array, body: BodySpec, size: Array, lump: Array, look: VisualMesh, steps: int = 20) -> Skin:
    """A closed pillow around links at `centres`, with the texture and gloss of `look`.

    Args:
        centres: middles of the links at rest in the item's frame, z = 0, shape (L, 3).
        body: the links.
        size: extents along x and y, shape (2,).
        lump: half extents of one link's filling, shape (3,): it decides how the pillow bulges.
        steps: vertices along each edge.
    """
    frames = centres - [link.com for link in body.links]
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
    return Skin(mesh, links.astype(np.int32), weights, vertices[:, None, :] - frames[links])


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
