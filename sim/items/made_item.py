"""Items made to order, as the simulation spawns them: convex pieces, and windows of netting in their faces."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from perception.errors import GeometryError
from perception.pose import Array
from sim.items import artwork
from sim.items.damage_classes import CLASSES
from sim.items.description import ALONG, AROUND, Description
from sim.items.meshes import Triangles, hull_mesh, mass_properties
from sim.items.solids import fixed, item
from sim.items.spec import Collision, ItemSpec, LinkSpec, Surface
from sim.render.visual import VisualMesh

FAMILY = "made"
WINDOW = "window"  # name of the links that are openings
EXCESS = 0.04  # share of its slices' volume by which a convex piece may exceed them
MOST_PIECES = 6
BOXY = 0.985  # share of its bounding box that a solid fills, from which on its collision shape is a box
PIECE_MASS = 1e-5  # of the item's mass, for each piece but the first, which carries the whole item's inertia
BALLAST = 0.5  # share of the mass that is moved together where the centre of mass is not in the middle
LEAST_WINDOW = 0.004  # metres: smaller openings are none
PROUD, DEEP = 4e-4, 2.2e-3  # metres by which a window's netting stands out of the wall, and reaches into it
NETTING = Surface(friction=0.5, leak_conductance=3e-8, gap_height=4e-5)
SIDES = 12

Piece = tuple[Array, Triangles]


@dataclass(frozen=True, eq=False)
class Window:
    """An opening: its middle and outward normal, shape (3,), and radius, metres."""

    middle: Array
    normal: Array
    radius: float


def spec_of(description: Description) -> ItemSpec:
    """The item of a description.

    Raises:
        GeometryError: it has no volume, or weighs more than the cell can lift.
    """
    pieces = pieces_of(description)
    volume, middle, unit = _solid(pieces)
    offset = middle + description.balance * description.size
    mass = description.density * volume
    inertia = _inertia(unit * description.density, mass, offset - middle)
    windows = windows_of(description)
    rest = PIECE_MASS * (len(pieces) + len(windows) - 1)
    texture = texture_of(description)
    links: list[LinkSpec] = []
    for number, (vertices, triangles) in enumerate(pieces):
        share, joint = (PIECE_MASS, fixed(0, (0, 0, 0))) if number else (1 - rest, None)
        visual = _printed(vertices - offset, triangles, vertices, description, texture)
        shape = _collision(vertices - offset)
        links.append(
            LinkSpec(
                f"piece{number}", share * mass, share * inertia, shape, visual, surface_of(description), joint=joint
            )
        )
    for window in windows:
        vertices, triangles = _netting(window)
        visual = VisualMesh((vertices - offset).astype(np.float32), triangles, np.array([0.1, 0.1, 0.11], np.float32))
        shape = Collision("hull", np.ptp(vertices, axis=0), vertices - offset)
        part = PIECE_MASS * mass, PIECE_MASS * inertia
        links.append(LinkSpec(WINDOW, *part, shape, visual, NETTING, joint=fixed(0, (0, 0, 0))))
    told = {"density": description.density, "gloss": description.gloss, "windows": float(len(windows))}
    upright = description.kind in ("boxed", "book")
    return item(FAMILY, tuple(links), CLASSES[description.kind], upright=upright, **told)


def pieces_of(description: Description) -> list[Piece]:
    """Convex pieces along x, in the frame of the extents' middle, the largest first: as few as fill the slices well."""
    rings, volumes, excess = rings_of(description), _slices(description), EXCESS
    while len(found := _merged(rings, volumes, excess)) > MOST_PIECES:
        excess *= 2
    return sorted(found, key=lambda piece: -mass_properties(*piece)[0])


def _merged(rings: Array, volumes: Array, excess: float) -> list[Piece]:
    """Hulls of as many slices on end as they exceed by no more than a share of these slices' volume."""

    def hull(start: int, end: int) -> Piece | None:
        piece = hull_mesh(np.concatenate(rings[start : end + 1]))
        fits = end == start + 1 or mass_properties(*piece)[0] <= (1 + excess) * volumes[start:end].sum()
        return piece if fits else None

    found, start = list[Piece](), 0
    while start < len(volumes):
        best = hull(start, len(volumes)), len(volumes)
        for end in range(start + 1, len(volumes)) if best[0] is None else ():
            piece = hull(start, end)
            if piece is None:
                break
            best = piece, end
        assert best[0] is not None
        found.append(best[0])
        start = best[1]
    return found


def _slices(description: Description) -> Array:
    """Volumes between neighbouring rings, (SLICES - 1,), m^3, by the prismatoid formula."""
    between = (description.radii[:-1] + description.radii[1:]) / 2
    ends, middle = (
        0.5 * np.sin(AROUND[1]) * (r * np.roll(r, -1, axis=1)).sum(axis=1) for r in (description.radii, between)
    )
    return np.asarray(description.size.prod() / len(middle) * (ends[:-1] + 4 * middle + ends[1:]) / 6)


def rings_of(description: Description) -> Array:
    """Points on the surface, shape (SLICES, ANGLES, 3), metres."""
    around = np.column_stack([np.cos(AROUND), np.sin(AROUND)])
    flat = description.radii[..., None] * around * description.size[1:]
    along = np.broadcast_to(ALONG[:, None, None] * description.size[0], (*flat.shape[:2], 1))
    return np.concatenate([along, flat], axis=-1)


def windows_of(description: Description) -> list[Window]:
    """The openings that are large enough to be there, and whose netting the wall has room for."""
    found = []
    quarter = len(AROUND) // 4
    middle = description.radii[len(ALONG) // 2]
    for face, share in enumerate(description.openings):
        axis, sign = face // 2, 1 - 2 * (face % 2)
        others = [k for k in range(3) if k != axis]
        room = float(description.size[others].min()) / 2
        if axis == 0:
            room *= 2 * float(description.radii[0 if sign < 0 else -1, ::quarter].min())
            reach = 0.5
        else:
            reach = float(middle[quarter * ((axis - 1) + (2 if sign < 0 else 0))])
        radius = float(share) * room
        if radius >= LEAST_WINDOW and description.size[axis] > 3 * DEEP:
            normal = sign * np.eye(3)[axis]
            found.append(Window(reach * description.size[axis] * normal, normal, radius))
    return found


def surface_of(description: Description) -> Surface:
    """What a cup or a pad meets on its wall."""
    return Surface(
        friction=description.friction,
        leak_conductance=description.leak_conductance,
        gap_height=description.gap_height,
        compliance=description.compliance,
        restitution=description.restitution,
    )


def texture_of(description: Description) -> NDArray[np.uint8]:
    """The printed texture: six faces of patches with sharp edges."""
    size = (artwork.TILE, artwork.TILE)
    return artwork.atlas([cv2.resize(face, size, interpolation=cv2.INTER_NEAREST) for face in description.print])


def _solid(pieces: list[Piece]) -> tuple[float, Array, Array]:
    """Volume, centre (3,) and inertia (3, 3) about it at unit density."""
    found = [mass_properties(*piece) for piece in pieces]
    volumes = np.array([volume for volume, _, _ in found])
    if not (volumes > 0).all():
        raise GeometryError(f"made item: expected pieces with a volume, got {volumes.tolist()}")
    centres = np.array([centre for _, centre, _ in found])
    middle = volumes @ centres / volumes.sum()
    inertia = sum(unit + _moved(volume, centre - middle) for volume, centre, unit in found)
    return float(volumes.sum()), middle, np.asarray(inertia)


def _moved(mass: float, away: Array) -> Array:
    """What a mass adds to the inertia tensor (3, 3) by being `away`, shape (3,), metres."""
    return np.asarray(mass * (away @ away * np.eye(3) - np.outer(away, away)))


def _inertia(uniform: Array, mass: float, offset: Array) -> Array:
    """Principal moments (3,) about a centre of mass that lies `offset`, (3,), metres from the solid's middle.

    A share of the mass is drawn together to a ballast that brings the centre there; products of inertia are left out.
    """
    if not offset.any():
        return np.diag(uniform)
    ballast = offset / BALLAST
    rest = (1 - BALLAST) * uniform + _moved((1 - BALLAST) * mass, offset)
    return np.diag(rest + 0.1 * BALLAST * uniform + _moved(BALLAST * mass, ballast - offset))


def _collision(vertices: Array) -> Collision:
    """A box where the piece is one: hulls are made smaller by Bullet's margin, of which a thin card has too little."""
    low, high = vertices.min(axis=0), vertices.max(axis=0)
    size = high - low
    if mass_properties(*hull_mesh(vertices))[0] > BOXY * size.prod():
        return Collision("box", size, center=(low + high) / 2)
    return Collision("hull", size, vertices)


def _printed(
    placed: Array, triangles: Triangles, vertices: Array, description: Description, texture: NDArray[np.uint8]
) -> VisualMesh:
    """Flat triangles, each with the print of the face that it looks to."""
    corners = vertices[triangles]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    axis = np.abs(normals).argmax(axis=1)
    rows = np.arange(len(triangles))
    negative = normals[rows, axis] < 0
    place = corners / description.size + 0.5
    across = np.where((axis == 0)[:, None], place[..., 1], place[..., 0])
    up = np.where((axis == 2)[:, None], place[..., 1], place[..., 2])
    mirrored = negative != (axis == 1)  # so that print is never reversed
    u = np.clip(np.where(mirrored[:, None], 1 - across, across), 0.01, 0.99)
    v = np.clip(1 - up, 0.01, 0.99)
    row, column = np.divmod(2 * axis + negative, 3)
    uv = np.stack([(column[:, None] + u) / 3, (row[:, None] + v) / 2], axis=-1).reshape(-1, 2)
    flat = placed[triangles].reshape(-1, 3).astype(np.float32)
    return VisualMesh(
        flat,
        np.arange(len(flat), dtype=np.int32).reshape(-1, 3),
        np.ones(3, np.float32),
        uv.astype(np.float32),
        texture,
        description.gloss,
    )


def _netting(window: Window) -> Piece:
    """A disc of netting."""
    first = np.roll(window.normal, 1)
    second = np.cross(window.normal, first)
    turn = 2 * np.pi * np.arange(SIDES) / SIDES
    ring = window.radius * (np.outer(np.cos(turn), first) + np.outer(np.sin(turn), second))
    outer, inner = window.middle + PROUD * window.normal, window.middle - DEEP * window.normal
    return hull_mesh(np.concatenate([outer + ring, inner + ring]))
