"""What there is to see: meshes on the links of bodies, and where they are now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.transform import Rotation

from perception.errors import GeometryError
from perception.pose import Array, Pose
from sim.bullet import pb
from sim.render.visual import VisualMesh

BACKGROUND = -1  # id of pixels that show nothing
SCENERY = -2  # body number of what stands still


@dataclass(eq=False)
class Shown:
    """A mesh in the scene.

    Attributes:
        body: what `Rendered.ids` says where it is seen: a PyBullet body id, or SCENERY.
        link: PyBullet link that carries it (-1: the base); None: it stays where it was put.
        vertices: now, in the link's frame, shape (V, 3); `reshaped` counts how often they changed.
        T_base_link: shape (4, 4).
        skin: gives the vertices of a mesh that deforms.
    """

    body: int
    link: int | None
    mesh: VisualMesh
    vertices: NDArray[np.float32]
    T_base_link: Array
    reshaped: int = 0
    skin: Callable[[], ArrayLike] | None = None


class VisualScene:
    """The meshes that cameras can see. `add` returns a handle by which a mesh can be changed.

    Attributes:
        version: grows with every mesh added or removed, not with poses and shapes.
        shown: the meshes by handle.
    """

    def __init__(self) -> None:
        self.version = 0
        self.shown: dict[int, Shown] = {}
        self._next = 0
        self._T_inertial_base: dict[int, Array] = {}

    def add(self, body: int, link: int | None, mesh: VisualMesh, T_base_link: Pose | None = None) -> int:
        """Show `mesh` on a link of a PyBullet body, or (link None) fixed at `T_base_link`; returns its handle."""
        pose = np.eye(4) if T_base_link is None else T_base_link.matrix
        handle, self._next = self._next, self._next + 1
        self.shown[handle] = Shown(body, link, mesh, mesh.vertices, pose)
        self.version += 1
        return handle

    def add_skin(self, body: int, mesh: VisualMesh, vertices: Callable[[], ArrayLike]) -> int:
        """Show a mesh whose vertices in the base frame, shape (V, 3), are asked for now and at each `follow`."""
        handle = self.add(body, None, mesh)
        self.shown[handle].skin = vertices
        self.reshape(handle, vertices())
        return handle

    def put(self, handle: int, T_base_link: Array) -> None:
        """Show a mesh that no link carries at another pose, shape (4, 4)."""
        self.shown[handle].T_base_link = T_base_link

    def remove_body(self, body: int) -> None:
        """Forget every mesh of a body, if it has any."""
        self.shown = {handle: one for handle, one in self.shown.items() if one.body != body}
        self._T_inertial_base.pop(body, None)
        self.version += 1

    def reshape(self, handle: int, vertices: ArrayLike) -> None:
        """Move a mesh's vertices, shape (V, 3), in its link's frame: film that deforms.

        Raises:
            GeometryError: the number of vertices changed.
        """
        one, moved = self.shown[handle], np.array(vertices, np.float32)
        if moved.shape != one.vertices.shape:
            raise GeometryError(f"reshape: expected vertices of shape {one.vertices.shape}, got {moved.shape}")
        one.vertices = moved
        one.reshaped += 1

    def follow(self, client: int) -> None:
        """Take the poses of all links from PyBullet, and the shapes of skins. Link frames are the URDF's."""
        now: dict[tuple[int, int], Array] = {}
        for handle, one in self.shown.items():
            if one.skin is not None:
                self.reshape(handle, one.skin())
            if one.link is None:
                continue
            owner = (one.body, one.link)
            if owner not in now:
                now[owner] = self._link_pose(client, *owner)
            one.T_base_link = now[owner]

    def poses(self) -> Array:
        """T_base_link of all meshes, in the order of `shown`, shape (N, 4, 4)."""
        return np.array([one.T_base_link for one in self.shown.values()]).reshape(-1, 4, 4)

    def _link_pose(self, client: int, body: int, link: int) -> Array:
        if link >= 0:
            state = pb.getLinkState(body, link, computeForwardKinematics=1, physicsClientId=client)
            return _matrix(state[4], state[5])
        if body not in self._T_inertial_base:
            info = pb.getDynamicsInfo(body, -1, physicsClientId=client)
            T_base_inertial = _matrix(info[3], info[4])
            self._T_inertial_base[body] = np.asarray(np.linalg.inv(T_base_inertial), np.float64)
        T_world_inertial = _matrix(*pb.getBasePositionAndOrientation(body, physicsClientId=client))
        return T_world_inertial @ self._T_inertial_base[body]


def _matrix(position: ArrayLike, quaternion: ArrayLike) -> Array:
    matrix = np.eye(4)
    matrix[:3, :3] = Rotation.from_quat(quaternion).as_matrix()
    matrix[:3, 3] = position
    return matrix
