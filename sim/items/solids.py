"""Links and items from meshes: the few lines that every family shares."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike

from perception.pose import Array
from sim.items.artwork import RGB, Image
from sim.items.meshes import Mesh, box_mesh, hull_mesh, lathe_mesh, mass_properties, turned
from sim.items.spec import BodySpec, Collision, Fragility, ItemSpec, Joint, LinkSpec, Surface
from sim.render.visual import VisualMesh

WHITE = (1.0, 1.0, 1.0)


def around(rng: Generator, mean: float, spread: float, low: float, high: float) -> float:
    """A normal draw around `mean`, kept between `low` and `high`."""
    return float(np.clip(rng.normal(mean, spread), low, high))


def tint(color: RGB) -> tuple[float, float, float]:
    """RGB 0..255 as the 0..1 of a mesh's colour."""
    r, g, b = color
    return r / 255, g / 255, b / 255


def box_link(
    name: str,
    size: ArrayLike,
    mass: float,
    surface: Surface,
    *,
    texture: Image | None = None,
    color: ArrayLike = WHITE,
    gloss: float = 0.1,
    com: ArrayLike = (0, 0, 0),
    joint: Joint | None = None,
) -> LinkSpec:
    """A uniform box around `com` in the link's frame."""
    size, com = np.asarray(size, dtype=np.float64), np.asarray(com, dtype=np.float64)
    vertices, triangles, uv = box_mesh(size)
    visual = VisualMesh(
        (vertices + com).astype(np.float32),
        triangles,
        np.asarray(color, np.float32),
        uv.astype(np.float32),
        texture,
        gloss,
    )
    inertia = mass / 12 * ((size**2).sum() - size**2)
    return LinkSpec(name, mass, inertia, Collision("box", size, center=com), visual, surface, com, joint)


def hull_link(
    name: str,
    mesh: Mesh,
    mass: float,
    surface: Surface,
    *,
    texture: Image | None = None,
    color: ArrayLike = WHITE,
    gloss: float = 0.1,
    joint: Joint | None = None,
    rolling: float = 0.0,
) -> LinkSpec:
    """A uniform convex solid whose axes of symmetry are the mesh's; a first link's mesh is moved to its centre."""
    vertices, triangles, uv = mesh
    volume, centre, inertia = mass_properties(vertices, triangles)
    if joint is None:
        vertices, centre = vertices - centre, np.zeros(3)
    points, _ = hull_mesh(vertices)
    visual = VisualMesh(
        vertices.astype(np.float32), triangles, np.asarray(color, np.float32), uv.astype(np.float32), texture, gloss
    )
    collision = Collision("hull", np.ptp(points, axis=0), points)
    moments = np.diag(inertia) * mass / volume
    return LinkSpec(name, mass, moments, collision, visual, surface, centre, joint, rolling=rolling)


def cylinder_link(
    name: str,
    radius: float,
    length: float,
    mass: float,
    surface: Surface,
    *,
    axis: int = 2,
    texture: Image | None = None,
    color: ArrayLike = WHITE,
    gloss: float = 0.1,
    rolling: float = 0.001,
    hollow: float = 0.0,
) -> LinkSpec:
    """A cylinder about z (axis 2), or lying along x (axis 0), which is then a hull of 32 sides.

    Args:
        hollow: inner radius over outer radius, for the inertia of a tube.
    """
    sides = 32
    mesh = lathe_mesh([(-length / 2, radius), (length / 2, radius)], sides)
    if axis == 0:
        mesh = turned(mesh, (2, 0, 1))
    link = hull_link(name, mesh, mass, surface, texture=texture, color=color, gloss=gloss, rolling=rolling)
    across = mass * (3 * radius**2 * (1 + hollow**2) + length**2) / 12
    inertia = np.full(3, across)
    inertia[axis] = mass * radius**2 * (1 + hollow**2) / 2
    if axis == 2:
        collision = Collision("cylinder", np.array([2 * radius, 2 * radius, length]))
        return replace(link, inertia=inertia, collision=collision)
    return replace(link, inertia=inertia)


def fixed(parent: int, origin: ArrayLike) -> Joint:
    """A rigid joint to `parent`."""
    return Joint(parent, np.asarray(origin, dtype=np.float64))


def item(
    family: str, links: tuple[LinkSpec, ...], fragility: Fragility, *, upright: bool = False, **parameters: float
) -> ItemSpec:
    """An item of one body, its frame in the middle of the extents of its links at rest."""
    vertices = rest_vertices(links)
    low, high = vertices.min(axis=0), vertices.max(axis=0)
    volume = float(sum(mass_properties(link.visual.vertices, link.visual.triangles)[0] for link in links))
    body = BodySpec(links, -(low + high) / 2)
    drawn = tuple((name, float(value)) for name, value in parameters.items())
    return ItemSpec(family, (body,), high - low, volume, fragility, upright=upright, parameters=drawn)


def rest_vertices(links: tuple[LinkSpec, ...]) -> Array:
    """All mesh vertices of a body at zero angles, in its first link's frame, shape (V, 3)."""
    origins: list[Array] = []
    for link in links:
        origins.append(np.zeros(3) if link.joint is None else origins[link.joint.parent] + link.joint.origin)
    return np.concatenate([link.visual.vertices + origin for link, origin in zip(links, origins)])
