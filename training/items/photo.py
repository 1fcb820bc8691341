"""Small pictures of a lone item, of what is drawn of it, as it is spawned; without any physics."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np

from perception.camera import CameraModel
from perception.pose import Array, Pose
from sim.items.spec import ItemSpec
from sim.render.base import Rendered, Renderer
from sim.render.scene import VisualScene

ITEM = 1  # what `Rendered.ids` says where the item is seen
FAR = 8.0  # metres: hardly any perspective
GREY = 0.5
FILLED = 0.92  # share of the image's edge that the item's extent takes


def scene_of(spec: ItemSpec, turned: Array | None = None, plain: bool = False) -> VisualScene:
    """The item at rest, its frame at the origin, turned by a rotation (3, 3). All links are drawn as one body.

    plain: without its print and colours.
    """
    scene, R = VisualScene(), np.eye(3) if turned is None else turned
    painted = lambda mesh: replace(mesh, texture=None, uv=None, color=np.full(3, GREY, np.float32)) if plain else mesh
    if spec.skin is not None:
        scene.add(ITEM, None, painted(spec.skin.mesh), Pose.from_rotation(np.zeros(3), R))
        return scene
    for body in spec.bodies:
        origins: list[Array] = []
        for link in body.links:
            joint = link.joint
            origins.append(body.origin if joint is None else origins[joint.parent] + joint.origin)
            scene.add(ITEM, None, painted(link.visual), Pose.from_rotation(R @ origins[-1], R))
    return scene


def photo(scene: VisualScene, renderer: Renderer, T_item_camera: Pose, width: float, pixels: int) -> Rendered:
    """A square picture `width` metres wide at the item's middle, through a camera as `facing` gives it."""
    return renderer.render(_camera(float(width), pixels), T_item_camera, scene)


@lru_cache(maxsize=4096)
def _camera(width: float, pixels: int) -> CameraModel:
    focal = FAR * pixels / width
    k = np.array([[focal, 0, pixels / 2 - 0.5], [0, focal, pixels / 2 - 0.5], [0, 0, 1]])
    return CameraModel("photo", pixels, pixels, k, Pose.identity())


def facing(look: Array, up: Array) -> Pose:
    """A camera far away that looks along `look` (3,) to the origin; `up` (3,) is up in its image."""
    forward = np.asarray(look, np.float64) / np.linalg.norm(look)
    right = np.cross(forward, up)
    right /= np.linalg.norm(right)
    return Pose.from_rotation(-FAR * forward, np.column_stack([right, np.cross(forward, right), forward]))
