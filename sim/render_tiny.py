"""PyBullet's software renderer: slower, but needs neither a display nor OpenGL."""

from __future__ import annotations

import numpy as np
import pybullet
from numpy.typing import NDArray

from perception.camera import CameraModel
from perception.pose import Pose
from sim.projection import FAR, NEAR, projection_matrix
from sim.render import Rendered
from sim.render_scene import BACKGROUND, VisualScene

_OPTICAL_TO_GL = np.diag([1.0, -1.0, -1.0, 1.0])
_PIXEL_CENTRE = (0.0, 1.0)  # TinyRenderer samples the lower left corners of pixels (measured: 0.002 mm of depth agree)
_LINK_SHIFT = 24  # the segmentation mask holds body + (link + 1) << 24


class TinyRenderer:
    """Draws the visual shapes of a client's bodies as they stand in PyBullet now.

    Depth, ids and colour are PyBullet's; the scene only adds gloss and transparency, so scenery and meshes that
    PyBullet does not know stay invisible, and film does not deform.
    """

    def __init__(self, client: int, because: str = "") -> None:
        self._client = client
        self.name = "tinyrenderer" + (f" ({because})" if because else "")

    def close(self) -> None:
        """Nothing is held."""

    def render(self, camera: CameraModel, T_base_camera: Pose, scene: VisualScene) -> Rendered:
        view = _OPTICAL_TO_GL @ T_base_camera.inverse().matrix
        projection = np.diag([1.0, -1.0, 1.0, 1.0]) @ projection_matrix(camera, _PIXEL_CENTRE) @ _OPTICAL_TO_GL
        _, _, rgba, buffer, mask = pybullet.getCameraImage(
            camera.width,
            camera.height,
            view.T.reshape(-1).tolist(),
            projection.T.reshape(-1).tolist(),
            lightDirection=[-0.25, 0.15, 1.0],
            shadow=0,
            renderer=pybullet.ER_TINY_RENDERER,
            flags=pybullet.ER_SEGMENTATION_MASK_OBJECT_AND_LINKINDEX,
            physicsClientId=self._client,
        )
        shape = (camera.height, camera.width)
        owner = np.asarray(mask, np.int32).reshape(shape)
        ids = np.where(owner < 0, BACKGROUND, owner & ((1 << _LINK_SHIFT) - 1)).astype(np.int32)
        depth = FAR * NEAR / (FAR - (FAR - NEAR) * np.asarray(buffer, np.float64).reshape(shape))
        depth[ids == BACKGROUND] = np.nan
        color = np.ascontiguousarray(np.asarray(rgba, np.uint8).reshape(*shape, 4)[..., :3])
        gloss, transparency = _surfaces(owner, scene)
        incidence = (255 * _incidence(depth, camera)).round().astype(np.uint8)
        return Rendered(depth.astype(np.float32), ids, color, incidence, gloss, transparency)


def _surfaces(owner: NDArray[np.int32], scene: VisualScene) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Gloss and transparency of each pixel: the greatest among the meshes of the link that it shows."""
    seen, inverse = np.unique(owner, return_inverse=True)
    table = np.zeros((2, len(seen)))
    column = {int(code): i for i, code in enumerate(seen)}
    for handle in scene.handles:
        body, link = scene.owner(handle)
        i = column.get(body + ((link + 1) << _LINK_SHIFT))
        if i is not None:
            mesh = scene.mesh(handle)
            table[:, i] = np.maximum(table[:, i], (mesh.gloss, mesh.transparency))
    gloss, transparency = (255 * table).round().astype(np.uint8)[:, inverse.reshape(owner.shape)]
    return gloss, transparency


def _incidence(depth: NDArray[np.float64], camera: CameraModel) -> NDArray[np.float64]:
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
    return np.minimum(np.divide(inverse, norm, out=np.zeros_like(inverse), where=norm > 0), 1.0)


def _flatter(steps: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    """Of the steps to the neighbours before and behind, the smaller one (the only one at the border)."""
    before, behind = (np.delete(steps, i, axis) for i in (-1, 0))
    before, behind = np.where(np.isnan(before), behind, before), np.where(np.isnan(behind), before, behind)
    return np.where(np.abs(before) < np.abs(behind), before, behind)
