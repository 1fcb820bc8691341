"""Scenes made by hand: what a faultless perception would believe about a few solids in a tote."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import trimesh

from perception.pose import Array, Pose
from perception.scene import HeightMap, ItemShape, Occupancy, Scene, Space
from perception.tote import Tote

TOTE = Tote("source", Pose.from_rotation((0.33, -0.36, -0.15), np.eye(3)), np.array([0.56, 0.36, 0.20]), wall=0.012)
HEADROOM = 0.12  # the grid reaches this far above the rim


@dataclass(frozen=True, eq=False)
class Solid:
    """A solid in the tote's frame. size: (x, y, z) of a box, or (2 r, 2 r, length along z) of a cylinder."""

    kind: str
    T_tote_solid: Pose
    size: tuple[float, float, float]
    color: tuple[int, int, int] = (150, 110, 70)

    def contains(self, points_tote: Array, least: float = 0.0) -> np.ndarray:
        """Which points lie inside the solid, thickened to `least` metres where it is thinner."""
        local = self.T_tote_solid.inverse().apply(points_tote)
        half = np.maximum(self.size, least) / 2 + 1e-9
        if self.kind == "box":
            return (np.abs(local) <= half).all(axis=-1)
        return (np.hypot(local[..., 0], local[..., 1]) <= half[0]) & (np.abs(local[..., 2]) <= half[2])

    def mesh(self) -> trimesh.Trimesh:
        if self.kind == "box":
            return trimesh.creation.box(self.size)
        return trimesh.creation.cylinder(radius=self.size[0] / 2, height=self.size[2], sections=48)


def box(position, size, angles=(0.0, 0.0, 0.0), color=(150, 110, 70)) -> Solid:
    """A box centred at `position` of the tote's frame, turned by fixed-axis angles xyz."""
    return Solid("box", Pose.from_euler(position, angles), tuple(size), color)


def cylinder(position, radius, length, angles=(0.0, 0.0, 0.0), color=(90, 120, 160)) -> Solid:
    return Solid("cylinder", Pose.from_euler(position, angles), (2 * radius, 2 * radius, length), color)


def make_scene(
    solids: Sequence[Solid], tote: Tote = TOTE, voxel: float = 0.004, spacing: float = 0.003, noise: float = 0.0
) -> Scene:
    """The Scene of solids in a tote; item i is solids[i]. `noise`: standard deviation of points along normals, m."""
    occupancy = _occupancy(solids, tote, voxel)
    rng = np.random.default_rng(0)
    items = tuple(_item(i, solid, tote, occupancy, spacing, noise, rng) for i, solid in enumerate(solids))
    T_base_destination = Pose.from_rotation((0.33, 0.36, -0.15), np.eye(3))
    destination = Tote("destination", T_base_destination, tote.inner, tote.wall)
    shape = tuple(round(n / 0.01) for n in tote.inner[:2])
    empty = HeightMap(destination, 0.01, np.zeros(shape, np.float32), np.ones(shape, bool))
    return Scene(0.0, tote, items, occupancy, empty, ("front_left", "front_right", "back_left", "back_right"))


def turned(tote: Tote, angle: float) -> Tote:
    """The tote carried round the arm's axis by `angle` radians: make_scene then turns the whole scene."""
    turn = Pose.from_euler((0, 0, 0), (0, 0, angle))
    return Tote(tote.name, turn @ tote.T_base_tote, tote.inner, tote.wall)


def clutter(rng: np.random.Generator, count: int = 16) -> list[Solid]:
    """Up to `count` books, boxes, cans and bars on the floor of the tote, close to each other."""
    kinds = [(0.23, 0.15, 0.03), (0.09, 0.06, 0.05), (0.12, 0.08, 0.04), (0.055, 0.055, 0.10), (0.15, 0.012, 0.012)]
    placed: list[Solid] = []
    circles: list[tuple[Array, float]] = []
    for i in range(count):
        size = np.array(kinds[i % len(kinds)])
        radius = float(np.hypot(*size[:2])) / 2
        room = np.maximum(TOTE.inner[:2] / 2 - radius, 0)
        tries = rng.uniform(-room, room, (60, 2))
        centre = next((t for t in tries if all(np.hypot(*(t - c)) > 0.8 * (radius + r) for c, r in circles)), None)
        if centre is None:
            continue
        circles.append((centre, radius))
        make = cylinder if i % len(kinds) == 3 else box
        shape = (size[0] / 2, size[2]) if make is cylinder else (size,)
        color = tuple(int(c) for c in rng.integers(40, 220, 3))
        placed.append(make((*centre, size[2] / 2 + 0.0005), *shape, (0, 0, rng.uniform(-np.pi, np.pi)), color))
    return placed


def _occupancy(solids: Sequence[Solid], tote: Tote, voxel: float) -> Occupancy:
    extent = (*tote.inner[:2], tote.inner[2] + HEADROOM)
    shape = tuple(int(np.ceil(e / voxel)) for e in extent)
    corner = np.array([-tote.inner[0] / 2, -tote.inner[1] / 2, 0]) + voxel / 2
    item = np.full(shape, -1, np.int16)
    for i, solid in enumerate(solids):
        reach = float(np.linalg.norm(solid.size)) / 2 + voxel
        low = np.clip(((solid.T_tote_solid.position - reach - corner) / voxel).astype(int), 0, shape)
        high = np.clip(((solid.T_tote_solid.position + reach - corner) / voxel).astype(int) + 2, 0, shape)
        grid = np.meshgrid(*(np.arange(a, b) for a, b in zip(low, high)), indexing="ij")
        inside = solid.contains(np.stack(grid, axis=-1) * voxel + corner, least=1.02 * voxel)
        item[low[0] : high[0], low[1] : high[1], low[2] : high[2]][inside] = i
    state = np.where(item >= 0, Space.OCCUPIED, np.where(_seen(item >= 0), Space.FREE, Space.UNSEEN))
    T_base_grid = tote.T_base_tote @ Pose.from_rotation(corner, np.eye(3))
    return Occupancy(T_base_grid, voxel, state.astype(np.uint8), item)


def _seen(solid: np.ndarray, slope: float = 0.45) -> np.ndarray:
    """Voxels reached by parallel rays from four slanted directions; the tote's walls are opaque."""
    seen = np.zeros_like(solid)
    for sx, sy in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
        light = np.ones(solid.shape[:2], bool)
        moved = 0
        for k in range(solid.shape[2] - 1, -1, -1):
            step = round((solid.shape[2] - k) * slope) - moved
            moved += step
            light = _shifted(light, sx * step, sy * step) & ~solid[:, :, k]
            seen[:, :, k] |= light
    return seen


def _shifted(image: np.ndarray, dx: int, dy: int) -> np.ndarray:
    padded = np.pad(image, 1)
    return padded[1 - dx : 1 - dx + image.shape[0], 1 - dy : 1 - dy + image.shape[1]]


def _item(
    number: int, solid: Solid, tote: Tote, occupancy: Occupancy, spacing: float, noise: float, rng: np.random.Generator
) -> ItemShape:
    mesh = solid.mesh()
    T_base_solid = tote.T_base_tote @ solid.T_tote_solid
    sampled, faces = trimesh.sample.sample_surface(mesh, int(3 * mesh.area / spacing**2), seed=number)
    cells = np.hstack([np.floor(sampled / spacing + 0.5), np.sign(np.round(mesh.face_normals[faces]))])
    _, first = np.unique(cells.astype(int), axis=0, return_index=True)
    points, normals = T_base_solid.apply(sampled[first]), T_base_solid.rotate(mesh.face_normals[faces[first]])
    outside = points + 1.3 * occupancy.voxel * normals
    index = np.rint(occupancy.T_base_grid.inverse().apply(outside) / occupancy.voxel).astype(int)
    within = ((index >= 0) & (index < occupancy.state.shape)).all(axis=1)
    index = np.clip(index, 0, np.array(occupancy.state.shape) - 1)
    seen = within & (occupancy.state[tuple(index.T)] == Space.FREE) & (normals[:, 2] > -0.2)
    points = points + noise * rng.standard_normal(len(points))[:, None] * normals
    upright = int(np.argmax(np.abs(T_base_solid.rotation[2])))
    order = [(upright + 1) % 3, (upright + 2) % 3, upright]
    return ItemShape(
        id=number,
        points=points,
        normals=normals,
        colors=np.tile(np.asarray(solid.color, np.uint8), (len(points), 1)),
        confidence=np.where(seen, 1.0, 0.5),
        seen=seen,
        T_base_box=Pose.from_rotation(T_base_solid.position, T_base_solid.rotation[:, order]),
        size=np.asarray(solid.size)[order],
        vertices=T_base_solid.apply(mesh.vertices),
        triangles=np.asarray(mesh.faces),
        volume=float(mesh.volume),
    )
