"""PyBullet's software renderer: slower, but needs neither a display nor OpenGL."""

from __future__ import annotations

import tempfile
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from perception.camera import CameraModel
from perception.pose import Pose
from sim.bullet import pb
from sim.render.base import Rendered, RenderError
from sim.render.projection import FAR, NEAR, projection_matrix
from sim.render.scene import BACKGROUND, Shown, VisualScene

_OPTICAL_TO_GL = np.diag([1.0, -1.0, -1.0, 1.0])
_PIXEL_CENTRE = (0.0, 1.0)  # TinyRenderer samples pixels at their lower left corners


class TinyRenderer:
    """Draws the scene's meshes in a PyBullet world of its own that knows no physics."""

    def __init__(self, because: str = "") -> None:
        self._client: int = pb.connect(pb.DIRECT)
        if self._client < 0:
            raise RenderError("PyBullet gave no client for TinyRenderer; close other renderers and worlds")
        self.name = "tinyrenderer" + (f" ({because})" if because else "")
        self._drawn: tuple[VisualScene, int] | None = None
        self._mirrors: dict[int, tuple[int, int]] = {}  # handle: PyBullet body, times it was reshaped

    def close(self) -> None:
        """Give the PyBullet client back. Twice does no harm."""
        if self._client >= 0:
            pb.disconnect(physicsClientId=self._client)
            self._client = -1

    def render(self, camera: CameraModel, T_base_camera: Pose, scene: VisualScene) -> Rendered:
        self._mirror(scene)
        view = _OPTICAL_TO_GL @ T_base_camera.inverse().matrix
        projection = np.diag([1.0, -1.0, 1.0, 1.0]) @ projection_matrix(camera, _PIXEL_CENTRE) @ _OPTICAL_TO_GL
        _, _, rgba, buffer, mask = pb.getCameraImage(
            camera.width,
            camera.height,
            view.T.reshape(-1).tolist(),
            projection.T.reshape(-1).tolist(),
            lightDirection=[-0.25, 0.15, 1.0],
            lightAmbientCoeff=0.45,
            lightDiffuseCoeff=0.5,
            shadow=0,
            renderer=pb.ER_TINY_RENDERER,
            physicsClientId=self._client,
        )
        shape = (camera.height, camera.width)
        mirror = np.asarray(mask, np.int32).reshape(shape)
        depth = FAR * NEAR / (FAR - (FAR - NEAR) * np.asarray(buffer, np.float64).reshape(shape))
        depth[mirror < 0] = np.nan
        color = np.ascontiguousarray(np.asarray(rgba, np.uint8).reshape(*shape, 4)[..., :3])
        ids, gloss, transparency = self._surfaces(scene)[:, mirror]
        return Rendered(
            depth.astype(np.float32),
            ids,
            color,
            (255 * incidence(depth, camera)).round().astype(np.uint8),
            gloss.astype(np.uint8),
            transparency.astype(np.uint8),
        )

    def _mirror(self, scene: VisualScene) -> None:
        """Make the own world show what the scene holds."""
        if self._drawn != (scene, scene.version):
            pb.resetSimulation(physicsClientId=self._client)
            self._mirrors = {}
            self._drawn = (scene, scene.version)
        for handle, one in scene.shown.items():
            body, reshaped = self._mirrors.get(handle, (-1, -1))
            if reshaped != one.reshaped:
                if body >= 0:
                    pb.removeBody(body, physicsClientId=self._client)
                body = _create(self._client, one)
                self._mirrors[handle] = (body, one.reshaped)
            quaternion = Rotation.from_matrix(one.T_base_link[:3, :3]).as_quat()
            pb.resetBasePositionAndOrientation(
                body, one.T_base_link[:3, 3].tolist(), quaternion.tolist(), physicsClientId=self._client
            )

    def _surfaces(self, scene: VisualScene) -> NDArray[np.int32]:
        """Body, gloss and transparency by mirror body; the last column, which -1 points to, is the background."""
        count = 1 + max((body for body, _ in self._mirrors.values()), default=0)
        table = np.zeros((3, count + 1), np.int32)
        table[0, -1] = BACKGROUND
        for handle, (body, _) in self._mirrors.items():
            one = scene.shown[handle]
            table[:, body] = one.body, round(255 * one.mesh.gloss), round(255 * one.mesh.transparency)
        return table


def _create(client: int, one: Shown) -> int:
    """A body without collision shape. Triangles go in both windings, since TinyRenderer drops back faces."""
    mesh = one.mesh
    uv = np.zeros((len(mesh.vertices), 2)) if mesh.uv is None else mesh.uv * (1, -1) + (0, 1)
    shape = pb.createVisualShape(
        pb.GEOM_MESH,
        vertices=one.vertices.tolist(),
        indices=np.concatenate([mesh.triangles, mesh.triangles[:, ::-1]]).ravel().tolist(),
        uvs=uv.tolist(),
        normals=_normals(one.vertices, mesh.triangles).tolist(),
        rgbaColor=(*mesh.color.tolist(), 1.0),
        physicsClientId=client,
    )
    body = pb.createMultiBody(0, -1, shape, physicsClientId=client)
    if shape < 0 or body < 0:
        raise RenderError(f"TinyRenderer refused a mesh of {len(mesh.vertices)} vertices; use kind='egl'")
    if mesh.texture is not None:
        with tempfile.TemporaryDirectory() as folder:  # PyBullet reads textures from files only
            path = str(Path(folder) / "texture.png")
            cv2.imwrite(path, mesh.texture[..., ::-1])
            texture = pb.loadTexture(path, physicsClientId=client)
        pb.changeVisualShape(body, -1, textureUniqueId=texture, physicsClientId=client)
    return int(body)


def _normals(vertices: NDArray[np.float32], triangles: NDArray[np.int32]) -> NDArray[np.float64]:
    """Area-weighted vertex normals, shape (V, 3)."""
    a, b, c = vertices.astype(np.float64)[triangles].transpose(1, 0, 2)
    faces = np.cross(b - a, c - a)
    corners = triangles.ravel()
    weights = np.repeat(faces, 3, axis=0)
    sums = np.column_stack([np.bincount(corners, weights[:, axis], len(vertices)) for axis in range(3)])
    return sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-12)


def incidence(depth: NDArray[np.float64], camera: CameraModel) -> NDArray[np.float64]:
    """Cosine between surface normal and line of sight, from depth alone; 0 where nothing is seen.

    On a plane n . p = d with p = z * ray, inverse depth 1 / z = (n / d) . ray is linear in the pixel, so its
    slopes give n / d. The flatter of the slopes to both sides is taken, which does not reach across an edge.
    """
    inverse = np.nan_to_num(1 / depth)
    slope_x = camera.k[0, 0] * _flatter(np.diff(inverse, axis=1, prepend=np.nan, append=np.nan), 1)
    slope_y = camera.k[1, 1] * _flatter(np.diff(inverse, axis=0, prepend=np.nan, append=np.nan), 0)
    rays = camera.rays()
    along = inverse - slope_x * rays[..., 0] - slope_y * rays[..., 1]
    norm = np.sqrt(slope_x**2 + slope_y**2 + along**2) * np.linalg.norm(rays, axis=-1)
    return np.clip(np.divide(inverse, norm, out=np.zeros_like(inverse), where=norm > 0), 0.0, 1.0)


def _flatter(steps: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    """Of the steps to the neighbours before and behind, the smaller one (the only one at the border)."""
    before, behind = (np.delete(steps, i, axis) for i in (-1, 0))
    before, behind = np.where(np.isnan(before), behind, before), np.where(np.isnan(behind), before, behind)
    return np.where(np.abs(before) < np.abs(behind), before, behind)
