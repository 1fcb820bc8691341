"""Foreign objects: the random shapes that come with pybullet_data, each a few convex pieces."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pybullet_data
from numpy.random import Generator

from perception.pose import Array
from sim.items import artwork
from sim.items.damage_classes import STURDY
from sim.items.meshes import Triangles, hull_mesh, mass_properties
from sim.items.solids import around, fixed, item, tint
from sim.items.spec import Collision, ItemSpec, LinkSpec, Surface
from sim.render.visual import VisualMesh

COUNT = 1000  # objects in the folder
MOST_PIECES = 6  # objects of more pieces are passed over (each is a collision shape), as is one that holds only "nan"
PIECE_MASS = 1e-5  # of the item's mass, for each piece but the first, which carries the whole item's inertia


def random_urdf(rng: Generator) -> ItemSpec:
    """An object of plausible size (longest edge 6 to 16 cm) and mass (10 to 600 g), of one plain colour."""
    index = int(rng.integers(COUNT))
    while not 0 < len(pieces := _read_pieces(index)) <= MOST_PIECES:
        index = (index + 1) % COUNT
    size = around(rng, 0.105, 0.025, 0.06, 0.16)
    return of_pieces("random_urdf", pieces, size, rng, index=index)


def of_pieces(
    family: str, pieces: list[tuple[Array, Triangles]], size: float, rng: Generator, **parameters: float
) -> ItemSpec:
    """An item of convex pieces, scaled to a longest edge in metres, with a surface and a mass that are drawn."""
    pieces = _principal(pieces, size)
    volumes = [mass_properties(*piece) for piece in pieces]
    volume = sum(v for v, _, _ in volumes)
    mass = float(np.clip(volume * rng.uniform(350, 1100), 0.01, 0.6))
    surface = Surface(
        friction=around(rng, 0.48, 0.09, 0.28, 0.75), leak_conductance=rng.choice([0.0, 2e-10, 3e-9]),
        gap_height=rng.uniform(1e-6, 12e-6),
    )  # fmt: skip
    color, gloss = np.array(tint(artwork.vivid(rng)), np.float32), rng.uniform(0, 0.6)
    inertia = np.diag(_inertia(pieces)) * mass / volume
    links = []
    for number, (vertices, triangles) in enumerate(pieces):
        visual = VisualMesh(vertices.astype(np.float32), triangles, color, gloss=gloss)
        share, joint = (1 - PIECE_MASS * (len(pieces) - 1), None) if number == 0 else (PIECE_MASS, fixed(0, (0, 0, 0)))
        shape = Collision("hull", np.ptp(vertices, axis=0), vertices)
        name = f"piece{number}"
        links.append(LinkSpec(name, share * mass, share * inertia, shape, visual, surface, joint=joint, rolling=0.0003))
    told: dict[str, Any] = {**parameters, "longest": size, "density": mass / volume}
    return item(family, tuple(links), STURDY, **told)


def _read_pieces(index: int) -> list[tuple[Array, Triangles]]:
    """Convex pieces of an object's .obj file, largest first; slivers are left out."""
    path = Path(pybullet_data.getDataPath()) / "random_urdfs" / f"{index:03d}" / f"{index:03d}.obj"
    groups: list[list[list[float]]] = []
    for line in path.read_text().splitlines():
        if line.startswith("o "):
            groups.append([])
        elif line.startswith("v "):
            groups[-1].append([float(x) for x in line.split()[1:4]])
    pieces = [hull_mesh(group) for group in groups if np.isfinite(group).all()]
    volumes = np.array([mass_properties(*piece)[0] for piece in pieces])
    order = np.argsort(-volumes, kind="stable")
    return [pieces[k] for k in order if volumes[k] > 0.01 * volumes.sum()]


def _joined(pieces: list[tuple[Array, Triangles]]) -> tuple[Array, Triangles]:
    starts = np.cumsum([0] + [len(vertices) for vertices, _ in pieces[:-1]])
    triangles = [triangles + np.int32(start) for (_, triangles), start in zip(pieces, starts)]
    return np.concatenate([vertices for vertices, _ in pieces]), np.concatenate(triangles)


def _inertia(pieces: list[tuple[Array, Triangles]]) -> Array:
    return mass_properties(*_joined(pieces))[2]


def _principal(pieces: list[tuple[Array, Triangles]], longest: float) -> list[tuple[Array, Triangles]]:
    """The pieces about their common centre of mass, along its principal axes, scaled to a longest edge."""
    _, centre, inertia = mass_properties(*_joined(pieces))
    axes = np.linalg.eigh(inertia)[1]
    axes[:, 2] = np.cross(axes[:, 0], axes[:, 1])
    moved = [((vertices - centre) @ axes, triangles) for vertices, triangles in pieces]
    extent = np.ptp(_joined(moved)[0], axis=0).max()
    return [(vertices * longest / extent, triangles) for vertices, triangles in moved]
