"""Pictures of items: alone on a table as a person takes them, and in a pile as a cell's cameras see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from handpick.layout import standard_layout
from perception.camera import CameraModel
from perception.pose import Array, Pose
from sim.cameras.noise import DepthNoise, noisy_color
from sim.items.spec import ItemSpec
from sim.render.base import Renderer
from sim.render.scene import SCENERY, VisualScene
from sim.render.shapes import box_mesh, tote_mesh

PIXELS = 240  # edge of a picture of one item
FILLS = (0.45, 0.75)  # share of the picture that the item's longest edge takes
EXPOSURE = DepthNoise(exposure=0.15, white_balance=0.05)  # pictures of many days and lamps
SEEN = 60  # pixels: less of an item is no view of it


@dataclass(frozen=True, eq=False)
class View:
    """An item in a picture: which one, the picture's part around it, and which of its pixels are the item's."""

    item: int
    color: NDArray[np.uint8]
    mask: NDArray[np.bool_]


def portrait(renderer: Renderer, spec: ItemSpec, rng: Generator, over: bool | None = None) -> View:
    """One item lying some way up on a plain table, from above at some slant.

    over: lying on its largest face, front up (False) or back up (True), seen from well above; None: anyhow.
    """
    scene = VisualScene()
    T_base_item = Pose.from_rotation(np.zeros(3), lying(spec, rng, over))
    show(scene, 1, spec, T_base_item)
    height = float(np.abs(T_base_item.matrix[2, :3]) @ spec.size) / 2
    scene.add(SCENERY, None, box_mesh((4, 4, 0.1), rng.uniform(0.35, 0.95, 3)), _at(0, 0, -height - 0.05))
    camera = _looking_down(
        float(spec.size.max()) / rng.uniform(*FILLS), rng.uniform(0.3 if over is None else 0.9, 1.45), rng
    )
    image = renderer.render(camera, camera.T_base_camera, scene)
    return View(0, noisy_color(image, EXPOSURE, rng), image.ids == 1)


def pile(renderer: Renderer, specs: Sequence[ItemSpec], rng: Generator) -> list[View]:
    """Items strewn in the source tote at random, not settled, from the cell's cameras over it."""
    layout, scene = standard_layout(), VisualScene()
    tote = layout.source
    scene.add(SCENERY, None, tote_mesh(tote), tote.T_base_tote)
    for number, spec in enumerate(specs):
        place = rng.uniform((-0.22, -0.12, 0.0), (0.22, 0.12, 0.06))
        place[2] += spec.size.min() / 2
        show(scene, number, spec, tote.T_base_tote @ Pose.from_rotation(place, lying(spec, rng)))
    views = []
    for camera in layout.cameras[:4]:
        image = renderer.render(camera, camera.T_base_camera, scene)
        views += cut_out(noisy_color(image, EXPOSURE, rng), image.ids, range(len(specs)))
    return views


def cut_out(color: NDArray[np.uint8], ids: NDArray[np.int32], wanted: Sequence[int]) -> list[View]:
    """The part of a picture around each of the wanted bodies that shows."""
    views = []
    for item in wanted:
        mask = ids == item
        if mask.sum() < SEEN:
            continue
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        box = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
        views.append(View(item, color[box].copy(), mask[box].copy()))
    return views


def show(scene: VisualScene, number: int, spec: ItemSpec, T_base_item: Pose) -> None:
    """An item at rest, its joints at zero, without physics."""
    if spec.skin is not None:
        scene.add(number, None, spec.skin.mesh, T_base_item)
        return
    for body in spec.bodies:
        origins: list[Array] = []
        for link in body.links:
            from_parent = np.zeros(3) if link.joint is None else origins[link.joint.parent] + link.joint.origin
            origins.append(from_parent)
            place = Pose.from_rotation(body.origin + from_parent, np.eye(3))
            scene.add(number, None, link.visual, T_base_item @ place)


def lying(spec: ItemSpec, rng: Generator, over: bool | None = None) -> Array:
    """A rotation with the shortest edge up, or another one now and then, any way round, tilted a little."""
    up = int(np.argmin(spec.size)) if over is not None or rng.random() < 0.75 else int(rng.integers(3))
    flat = np.roll(np.eye(3), 2 - up, axis=0)
    if rng.random() < 0.5 if over is None else over:
        flat = np.diag([1.0, -1, -1]) @ flat
    turn = Rotation.from_euler("xyz", [*rng.normal(0, 0.1, 2), 0]) * Rotation.from_euler(
        "z", rng.uniform(-np.pi, np.pi)
    )
    return np.asarray(turn.as_matrix() @ flat)


def _looking_down(across: float, elevation: float, rng: Generator) -> CameraModel:
    """A camera that sees `across` metres at the origin, from `elevation` radians over the horizon."""
    distance, turn = 2.0 * across, rng.uniform(-np.pi, np.pi)
    level = np.array([np.cos(turn), np.sin(turn), 0])
    eye = distance * (np.cos(elevation) * level + np.array([0, 0, np.sin(elevation)]))
    forward, right = -eye / distance, np.cross(-eye, (0, 0, 1.0))
    right /= np.linalg.norm(right)
    T_base_camera = Pose.from_rotation(eye, np.column_stack([right, np.cross(forward, right), forward]))
    k = np.array([[2.0 * PIXELS, 0, PIXELS / 2 - 0.5], [0, 2.0 * PIXELS, PIXELS / 2 - 0.5], [0, 0, 1]])
    return CameraModel("portrait", PIXELS, PIXELS, k, T_base_camera)


def _at(x: float, y: float, z: float) -> Pose:
    return Pose.from_rotation((x, y, z), np.eye(3))
