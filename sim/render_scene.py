"""What there is to see: meshes on the links of bodies, and where they are now."""

from __future__ import annotations

import numpy as np
import pybullet
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.transform import Rotation

from perception.errors import GeometryError
from perception.pose import Array, Pose
from sim.visual import VisualMesh

BACKGROUND = -1  # id of pixels that show no body


class VisualScene:
    """The meshes that cameras can see, each on a link of a body.

    A body's number is its PyBullet body id, and what renderers write into `Rendered.ids`; numbers below
    BACKGROUND are for scenery that PyBullet does not know, and stays where `add` put it. Link -1 is the base.

    Attributes:
        version: grows with every mesh added, removed or changed in shape (not with poses).
    """

    def __init__(self) -> None:
        self.version = 0
        self._meshes: dict[int, VisualMesh] = {}
        self._owners: dict[int, tuple[int, int]] = {}
        self._poses: dict[int, Array] = {}
        self._base_offset: dict[int, Array] = {}  # T_inertial_base of bodies, constant
        self._next = 0

    def add(self, body: int, link: int, mesh: VisualMesh, T_base_link: Pose | None = None) -> int:
        """Show `mesh` on a link; returns its handle."""
        handle = self._next
        self._next += 1
        self._meshes[handle] = mesh
        self._owners[handle] = (body, link)
        self._poses[handle] = np.eye(4) if T_base_link is None else T_base_link.matrix
        self.version += 1
        return handle

    def remove_body(self, body: int) -> None:
        """Forget every mesh of a body, if it has any."""
        for handle in [h for h, (owner, _) in self._owners.items() if owner == body]:
            del self._meshes[handle], self._owners[handle], self._poses[handle]
        self._base_offset.pop(body, None)
        self.version += 1

    def reshape(self, handle: int, vertices: ArrayLike) -> None:
        """Move a mesh's vertices, shape (V, 3), in its link's frame: film that deforms.

        Raises:
            GeometryError: the number of vertices changed.
        """
        old = self._meshes[handle]
        moved = VisualMesh(
            np.asarray(vertices, np.float32),
            old.triangles,
            old.color,
            old.uv,
            old.texture,
            old.gloss,
            old.transparency,
        )
        if moved.vertices.shape != old.vertices.shape:
            raise GeometryError(f"reshape: expected {old.vertices.shape} vertices, got {moved.vertices.shape}")
        self._meshes[handle] = moved
        self.version += 1

    def place(self, handle: int, T_base_link: Pose) -> None:
        """Put a mesh somewhere by hand."""
        self._poses[handle] = T_base_link.matrix

    def follow(self, client: int) -> None:
        """Take the poses of all bodies' links from PyBullet. Link frames are the URDF's, not the inertial ones."""
        links = sorted({owner for owner in self._owners.values() if owner[0] > BACKGROUND})
        now = {owner: self._link_pose(client, *owner) for owner in links}
        for handle, owner in self._owners.items():
            if owner in now:
                self._poses[handle] = now[owner]

    def _link_pose(self, client: int, body: int, link: int) -> Array:
        if link >= 0:
            state = pybullet.getLinkState(body, link, computeForwardKinematics=1, physicsClientId=client)
            return _matrix(state[4], state[5])
        if body not in self._base_offset:
            info = pybullet.getDynamicsInfo(body, -1, physicsClientId=client)
            self._base_offset[body] = np.asarray(np.linalg.inv(_matrix(info[3], info[4])), np.float64)
        inertial = pybullet.getBasePositionAndOrientation(body, physicsClientId=client)
        return np.asarray(_matrix(*inertial) @ self._base_offset[body])

    @property
    def handles(self) -> tuple[int, ...]:
        return tuple(self._meshes)

    def mesh(self, handle: int) -> VisualMesh:
        return self._meshes[handle]

    def owner(self, handle: int) -> tuple[int, int]:
        """Body and link that carry a mesh."""
        return self._owners[handle]

    def poses(self) -> NDArray[np.float64]:
        """T_base_link of all handles in their order, shape (N, 4, 4)."""
        return np.stack(list(self._poses.values())) if self._poses else np.zeros((0, 4, 4))


def _matrix(position: ArrayLike, quaternion: ArrayLike) -> Array:
    matrix = np.eye(4)
    matrix[:3, :3] = Rotation.from_quat(quaternion).as_matrix()
    matrix[:3, 3] = position
    return matrix
