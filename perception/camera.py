"""Calibrated RGB-D cameras and the frames they deliver."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perception.arrays import readonly
from perception.errors import FrameError, GeometryError
from perception.pose import Array, Pose
from perception.quantities import expect_between

FARTHEST = 65.535  # metres: where 16 bits of millimetres end
NO_METRES = 100.0  # beyond which depth is in another unit


@dataclass(frozen=True, eq=False)
class CameraModel:
    """A calibrated pinhole camera; images are rectified. Optical frame: z forward, x right, y down (REP-103).

    Attributes:
        name: unique name, also the frame's name.
        width, height: image size in pixels.
        k: intrinsic matrix as in ROS CameraInfo, shape (3, 3), pixels, without skew.
        T_base_camera: pose of the optical frame, as calibrated (the truth may differ by millimetres).
        depth_range: nearest and farthest depth that the camera can measure, metres.

    Raises:
        GeometryError: a figure that no camera of a cell has, or one in another unit.
    """

    name: str
    width: int
    height: int
    k: Array
    T_base_camera: Pose
    depth_range: tuple[float, float] = (0.2, 2.0)

    def __post_init__(self) -> None:
        whose = f"camera {self.name}"
        object.__setattr__(self, "k", readonly(self.k, np.float64, (3, 3), f"{whose}: k"))
        if not isinstance(self.T_base_camera, Pose):
            raise GeometryError(f"{whose}: expected T_base_camera as a Pose, got {type(self.T_base_camera).__name__}")
        if self.width < 16 or self.height < 16:
            raise GeometryError(f"{whose}: expected an image of 16x16 or more, got {self.width}x{self.height}")
        self._check_intrinsics(whose)
        for axis, value in zip("xyz", self.T_base_camera.position):
            expect_between(f"{whose}: {axis} of T_base_camera", float(value), -FARTHEST, FARTHEST, "m")
        near, far = self.depth_range
        expect_between(f"{whose}: farthest depth", far, 0.0, FARTHEST, "m")
        if not 0 < near < far:
            raise GeometryError(f"{whose}: expected a depth range of 0 < near < far, got {self.depth_range}")

    def _check_intrinsics(self, whose: str) -> None:
        k = self.k
        if not np.isfinite(k).all() or k[0, 0] <= 0 or k[1, 1] <= 0:
            raise GeometryError(f"{whose}: expected positive focal lengths, got k =\n{k}")
        if (k[[0, 1, 2, 2], [1, 0, 0, 1]] != 0).any() or k[2, 2] != 1:
            raise GeometryError(
                f"{whose}: expected k = [[fx, 0, cx], [0, fy, cy], [0, 0, 1]] of a rectified image, got\n{k}"
            )
        if not (0 <= k[0, 2] < self.width and 0 <= k[1, 2] < self.height):
            raise GeometryError(
                f"{whose}: expected a principal point in the image of {self.width}x{self.height}, got "
                f"({k[0, 2]:.1f}, {k[1, 2]:.1f}); is k that of another image size?"
            )

    def project(self, points_base: Array) -> tuple[Array, Array]:
        """Pixels (N, 2) (column, row) and depths (N,) of points of the base frame, shape (N, 3)."""
        points = self.T_base_camera.inverse().apply(points_base)
        depth = points[:, 2]
        with np.errstate(divide="ignore", invalid="ignore"):
            pixels = points[:, :2] / depth[:, None] * (self.k[0, 0], self.k[1, 1]) + self.k[:2, 2]
        return pixels, depth

    def rays(self, first: int = 0, step: int = 1) -> NDArray[np.float32]:
        """Ray of each pixel in the optical frame, scaled to z = 1, shape (height, width, 3).

        first, step: only of every so many pixels along both axes.
        """
        columns, rows = np.meshgrid(np.arange(first, self.width, step), np.arange(first, self.height, step))
        x = (columns - self.k[0, 2]) / self.k[0, 0]
        y = (rows - self.k[1, 2]) / self.k[1, 1]
        return np.stack([x, y, np.ones_like(x)], axis=-1).astype(np.float32)


@dataclass(frozen=True, eq=False)
class CameraFrame:
    """One RGB-D image of one camera, with pixels of its own: the arrays that are passed in are copied.

    Attributes:
        camera: the camera as calibrated.
        stamp: time of exposure, seconds on the cell's clock.
        depth: z along the optical axis, float32 metres, shape (height, width). What lies out of the camera's range,
            0 and infinity included, is missing: NaN.
        color: RGB, uint8, shape (height, width, 3).

    Raises:
        FrameError: an image does not have the camera's size or type, or depth is not in metres.
    """

    camera: CameraModel
    stamp: float
    depth: NDArray[np.float32]
    color: NDArray[np.uint8]

    def __post_init__(self) -> None:
        size = (self.camera.height, self.camera.width)
        for name, dtype, shape in (("depth", np.float32, size), ("color", np.uint8, (*size, 3))):
            image = np.array(getattr(self, name), order="C")
            if image.dtype != dtype or image.shape != shape:
                raise FrameError(
                    f"camera {self.camera.name}: expected {name} of {np.dtype(dtype)} {shape}, "
                    f"got {image.dtype} {image.shape}{_hint(name, image, shape)}"
                )
            if name == "depth":
                self._forget_out_of_range(image)
            image.setflags(write=False)
            object.__setattr__(self, name, image)
        if not np.isfinite(self.stamp):
            raise FrameError(f"camera {self.camera.name}: expected a finite time of exposure, got {self.stamp}")

    def _forget_out_of_range(self, depth: NDArray[np.float32]) -> None:
        """0, infinity and what lies out of range say that nothing was measured, not that nothing is there."""
        near, far = self.camera.depth_range
        inside = (depth >= near) & (depth <= far)
        if not inside.any():
            measured = depth[np.isfinite(depth) & (depth > 0)]
            middle = float(np.median(measured)) if len(measured) else 0.0
            if middle > NO_METRES:
                raise FrameError(
                    f"camera {self.camera.name}: expected depth in metres, {near:g} to {far:g}, got {middle:g} in the "
                    "middle of all; in millimetres? Then multiply by 0.001, as float32"
                )
        depth[~inside] = np.nan


def _hint(name: str, image: NDArray[np.generic], shape: tuple[int, ...]) -> str:
    if name == "depth" and np.issubdtype(image.dtype, np.integer):
        return "; integers are millimetres with most drivers: multiply by 0.001, as float32, NaN where 0"
    if image.shape[:2] == shape[1::-1]:
        return "; are rows and columns swapped?"
    if image.shape != shape:
        return "; the layout's camera and its k are of another image size than the driver's"
    return ""
