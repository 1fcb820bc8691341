"""A dense truncated signed distance volume over a tote, fused from fixed cameras in one pass over the voxels.

Every pixel is stored as the plane that it saw (its normal and offset in the camera frame), so a voxel's distance is
measured to that plane and not along the ray: fusing oblique views is then unbiased (compare Bylow et al., RSS 2013,
eq. 8). Which pixel sees a voxel is looked up, in a table that is made anew when a camera's calibration is refined.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numba import njit
from numpy.typing import NDArray

from perception.camera import CameraModel
from perception.fusion.pixel_planes import FAST, pixel_planes
from perception.parallel import each, shared
from perception.pose import Array, Pose
from perception.tote import Tote

Float32 = NDArray[np.float32]

BAND = 1.6  # truncations along the ray beyond which a voxel is plainly free or hidden
FREE = 0.7  # weight of seeing through a voxel, beside the cosine of incidence of seeing a surface


@dataclass(frozen=True, eq=False)
class View:
    """One camera's depth, colour and pose that go into the volume.

    Attributes:
        camera: intrinsics; T_base_camera: its pose, refined where it could be.
        depth: float32 metres, shape (height, width), NaN where nothing usable was measured.
        color: RGB, uint8, shape (height, width, 3).
    """

    camera: CameraModel
    T_base_camera: Pose
    depth: Float32
    color: NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Volume:
    """Fused distances. Voxel (i, j, k) is centred at T_base_grid.apply((i, j, k) * voxel).

    Attributes:
        distance: metres to the nearest surface, positive in front of it, within +-truncation, shape (X, Y, Z).
        weight: evidence for `distance`, 0 where no camera saw the voxel or its near surroundings, shape (X, Y, Z).
    """

    T_base_grid: Pose
    voxel: float
    truncation: float
    distance: Float32
    weight: Float32


@dataclass(frozen=True)
class VolumeGrid:
    """The voxel grid's pose, spacing and size.

    Attributes:
        T_base_grid: frame whose origin is the centre of voxel (0, 0, 0).
        shape: number of voxels along x, y, z. voxel: edge length, metres.
    """

    T_base_grid: Pose
    shape: tuple[int, int, int]
    voxel: float

    @staticmethod
    def over(tote: Tote, voxel: float, above: float = 0.08, around: float = 0.012) -> VolumeGrid:
        """Covers the tote's inside, `above` metres over its rim and `around` beyond its inner walls and floor."""
        low = np.array([*(-tote.inner[:2] / 2 - around), -around])
        high = np.array([*(tote.inner[:2] / 2 + around), tote.inner[2] + above])
        x, y, z = (int(n) for n in np.ceil((high - low) / voxel) + 1)
        return VolumeGrid(tote.T_base_tote @ Pose.from_rotation(low, np.eye(3)), (x, y, z), voxel)

    def corners(self) -> Array:
        """The eight corners in the base frame, shape (8, 3)."""
        unit = np.array(np.meshgrid([0, 1], [0, 1], [0, 1])).reshape(3, -1).T
        return self.T_base_grid.apply(unit * (np.array(self.shape) - 1) * self.voxel)


class Fuser:
    """Fuses views into one volume; keeps each fixed camera's voxel-to-pixel table and its memory between looks.

    A view's weight is 1 / depth^4, the inverse variance of stereo depth, times the squared cosine of incidence, and
    fades out behind its surface (Curless and Levoy, SIGGRAPH 1996, eqs. 3 and 4).

    Args:
        truncation: metres, by default three voxels.
        steps: whether a pixel beside a step of depth takes its slope from its own side of it. Else it slants into the
            step, which several views mend, and which odds of cups that were counted on such surfaces expect.
    """

    def __init__(self, grid: VolumeGrid, truncation: float | None = None, steps: bool = False) -> None:
        self.grid, self.steps = grid, steps
        self.truncation = 3 * grid.voxel if truncation is None else truncation
        self._tables: dict[str, _Table] = {}

    def fuse(self, views: Sequence[View]) -> Volume:
        """Weighted mean of all views' distances, one view of each camera at most."""
        distance = np.zeros(self.grid.shape, np.float32)
        weight = np.zeros(self.grid.shape, np.float32)
        tables = each(self._table, views)

        def add(first: int, last: int) -> None:
            """What all views say of some of the grid's layers."""
            for table in tables:
                free, truncation = np.float32(FREE / table.middle_depth**4), np.float32(self.truncation)
                planes = table.planes.reshape(-1, 5)
                _add_view(
                    table.depth, planes, table.pixel, table.steps, truncation, free, first, last, distance, weight
                )
            _normalise(distance[first:last], weight[first:last])

        shared(add, len(distance))
        return Volume(self.grid.T_base_grid, self.grid.voxel, self.truncation, distance, weight)

    def sees(self, view: View) -> bool:
        """Whether any usable pixel of a view looks into the grid."""
        left, right, top, bottom = _window(view, self.grid)
        return bool(np.isfinite(view.depth[top:bottom, left:right]).any())

    def _table(self, view: View) -> _Table:
        """The table of a view's camera, with what the view shows."""
        table = self._tables.get(view.camera.name)
        if table is None:
            table = _Table.empty(view.camera, self.grid)
        if not np.array_equal(table.pose, view.T_base_camera.matrix):
            table = self._tables[view.camera.name] = table.at(view, self.grid)
        np.copyto(table.depth[:-1].reshape(view.depth.shape), view.depth)
        pixel_planes(view.depth, *_intrinsics(view), self.steps, *table.window, table.planes)
        return table


@dataclass(frozen=True, eq=False)
class _Table:
    """What stays the same for a fixed camera, and room for its images."""

    pose: Array
    window: tuple[int, int, int, int]  # first, last + 1 column and row of the image part that sees the grid
    middle_depth: float
    steps: Float32  # origin and steps along x, y, z of the grid in the image, as (u z, v z, z)
    pixel: NDArray[np.int32]  # of each voxel; beyond the last where none sees it
    depth: Float32  # flat, a NaN at the end
    planes: Float32

    @staticmethod
    def empty(camera: CameraModel, grid: VolumeGrid) -> _Table:
        pixel = np.empty(grid.shape, np.int32)
        depth = np.full(camera.width * camera.height + 1, np.nan, np.float32)
        planes = np.zeros((camera.height, camera.width, 5), np.float32)
        return _Table(np.full((4, 4), np.nan), (0, 0, 0, 0), 0.0, np.zeros((4, 3), np.float32), pixel, depth, planes)

    def at(self, view: View, grid: VolumeGrid) -> _Table:
        """For the camera where it stands now, in the same room."""
        camera = view.camera
        T_camera_grid = view.T_base_camera.inverse() @ grid.T_base_grid
        rows = np.vstack([T_camera_grid.position, T_camera_grid.rotation.T * grid.voxel])
        steps = (rows @ camera.k.T).astype(np.float32)
        _look_up(steps, camera.width, camera.height, self.pixel)
        middle = float(view.T_base_camera.inverse().apply(grid.corners()).mean(axis=0)[2])
        pose = view.T_base_camera.matrix
        return replace(self, pose=pose, window=_window(view, grid), middle_depth=middle, steps=steps)


def _intrinsics(view: View) -> tuple[np.float32, np.float32, np.float32, np.float32]:
    k = view.camera.k
    return np.float32(k[0, 0]), np.float32(k[1, 1]), np.float32(k[0, 2]), np.float32(k[1, 2])


def _window(view: View, grid: VolumeGrid) -> tuple[int, int, int, int]:
    """First and last + 1 column and row of the image part into which the grid projects."""
    camera = view.camera
    points = view.T_base_camera.inverse().apply(grid.corners())
    if points[:, 2].min() < 0.05:
        return 0, camera.width, 0, camera.height
    pixels = points[:, :2] / points[:, 2:] * (camera.k[0, 0], camera.k[1, 1]) + camera.k[:2, 2]
    size = (camera.width, camera.height)
    low = np.clip(np.floor(pixels.min(axis=0)) - 1, 0, size).astype(int)
    high = np.clip(np.ceil(pixels.max(axis=0)) + 2, 0, size).astype(int)
    return int(low[0]), int(high[0]), int(low[1]), int(high[1])


@njit(cache=True, nogil=True, fastmath=FAST)
def _look_up(steps, width, height, out):  # type: ignore[no-untyped-def]
    """Index of the pixel that sees each voxel, width * height where none does."""
    half, zero, one = np.float32(0.5), np.float32(0), np.float32(1)
    right, bottom, columns, nowhere = np.float32(width), np.float32(height), np.int32(width), np.int32(width * height)
    nx, ny, nz = out.shape
    u, v, z = np.empty(nz, np.float32), np.empty(nz, np.float32), np.empty(nz, np.float32)
    for i in range(nx):
        for j in range(ny):
            fi, fj = np.float32(i), np.float32(j)
            u0 = steps[0, 0] + fi * steps[1, 0] + fj * steps[2, 0]
            v0 = steps[0, 1] + fi * steps[1, 1] + fj * steps[2, 1]
            z0 = steps[0, 2] + fi * steps[1, 2] + fj * steps[2, 2]
            du, dv, dz = steps[3, 0], steps[3, 1], steps[3, 2]
            row = out[i, j]
            for k in range(nz):  # two loops, which compilers make parallel
                fk = np.float32(np.int32(k))
                z[k] = z0 + fk * dz
                inverse = one / z[k]
                u[k] = (u0 + fk * du) * inverse + half
                v[k] = (v0 + fk * dv) * inverse + half
            for k in range(nz):
                seen = (z[k] > zero) & (u[k] >= zero) & (v[k] >= zero) & (u[k] < right) & (v[k] < bottom)
                row[k] = np.int32(v[k]) * columns + np.int32(u[k]) if seen else nowhere


@njit(cache=True, nogil=True, fastmath=FAST)
def _add_view(depths, planes, look_up, steps, truncation, free, first, last, distance, weight):  # type: ignore[no-untyped-def]
    """Add one view to the layers from `first` to `last` - 1.

    depths: flat, with a NaN at the end for voxels that no pixel sees.
    """
    _, ny, nz = distance.shape
    zero, one = np.float32(0), np.float32(1)
    band = np.float32(BAND) * truncation
    near = np.empty(nz, np.int32)
    gap = np.empty(nz, np.float32)
    for i in range(first, last):
        for j in range(ny):
            fi, fj = np.float32(i), np.float32(j)
            u0 = steps[0, 0] + fi * steps[1, 0] + fj * steps[2, 0]
            v0 = steps[0, 1] + fi * steps[1, 1] + fj * steps[2, 1]
            z0 = steps[0, 2] + fi * steps[1, 2] + fj * steps[2, 2]
            du, dv, dz = steps[3, 0], steps[3, 1], steps[3, 2]
            pixels, row_d, row_w = look_up[i, j], distance[i, j], weight[i, j]
            for k in range(nz):
                gap[k] = depths[pixels[k]] - (z0 + np.float32(np.int32(k)) * dz)
            for k in range(nz):
                w = free if gap[k] > band else zero
                row_w[k] += w
                row_d[k] += w * truncation
            count = 0
            for k in range(nz):
                near[count] = k
                count += (gap[k] <= band) & (gap[k] >= -band)
            for index in range(count):
                k = near[index]
                fk = np.float32(k)
                plane = planes[pixels[k]]
                d = plane[0] * (u0 + fk * du) + plane[1] * (v0 + fk * dv) + plane[2] * (z0 + fk * dz) + plane[3]
                w = plane[4] * max(zero, min(one, one + d / truncation))
                row_d[k] += w * min(d, truncation)
                row_w[k] += w


@njit(cache=True, nogil=True)
def _normalise(distance, weight):  # type: ignore[no-untyped-def]
    for i in range(distance.shape[0]):
        for j in range(distance.shape[1]):
            for k in range(distance.shape[2]):
                if weight[i, j, k] > 0:
                    distance[i, j, k] /= weight[i, j, k]
