"""PyBullet shapes of collision shapes and meshes."""

from __future__ import annotations

import tempfile
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from sim.bullet import pb
from sim.items.spec import Collision
from sim.render.visual import VisualMesh

HULL_MARGIN = 0.001  # m: Bullet grows hulls by this much, so they are made smaller by it


def create_collision(client: int, shape: Collision) -> int:
    """PyBullet collision shape id."""
    place = {"collisionFramePosition": shape.center.tolist(), "physicsClientId": client}
    if shape.kind == "box":
        return int(pb.createCollisionShape(pb.GEOM_BOX, halfExtents=(shape.size / 2).tolist(), **place))
    if shape.kind == "sphere":
        return int(pb.createCollisionShape(pb.GEOM_SPHERE, radius=shape.size[0] / 2, **place))
    if shape.kind == "cylinder":
        return int(pb.createCollisionShape(pb.GEOM_CYLINDER, radius=shape.size[0] / 2, height=shape.size[2], **place))
    assert shape.points is not None
    middle = (shape.points.min(axis=0) + shape.points.max(axis=0)) / 2
    shrunk = middle + (shape.points - middle) * (1 - 2 * HULL_MARGIN / np.ptp(shape.points, axis=0))
    return int(pb.createCollisionShape(pb.GEOM_MESH, vertices=shrunk.tolist(), **place))


def create_visual(client: int, mesh: VisualMesh) -> int:
    """PyBullet visual shape id of a mesh, without its texture."""
    uv = mesh.uv if mesh.uv is not None else np.zeros((len(mesh.vertices), 2), np.float32)
    return int(
        pb.createVisualShape(
            pb.GEOM_MESH,
            vertices=mesh.vertices.tolist(),
            indices=mesh.triangles.ravel().tolist(),
            uvs=uv.tolist(),
            normals=_vertex_normals(mesh).tolist(),
            rgbaColor=(*mesh.color.tolist(), 1.0),
            specularColor=(mesh.gloss,) * 3,
            physicsClientId=client,
        )
    )


def set_texture(client: int, body: int, link: int, texture: NDArray[np.uint8]) -> None:
    """Print a texture, RGB (H, W, 3), onto a link for TinyRenderer. PyBullet reads textures from files only."""
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "texture.png")
        cv2.imwrite(path, texture[..., ::-1])
        texture_id = pb.loadTexture(path, physicsClientId=client)
    pb.changeVisualShape(body, link, textureUniqueId=texture_id, physicsClientId=client)


def _vertex_normals(mesh: VisualMesh) -> NDArray[np.float32]:
    corners = mesh.vertices[mesh.triangles]
    faces = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals = np.zeros_like(mesh.vertices)
    for i in range(3):
        np.add.at(normals, mesh.triangles[:, i], faces)
    return np.asarray(normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12), dtype=np.float32)
