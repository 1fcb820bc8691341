"""Calibrated RGB-D cameras and the frames they deliver."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perception.arrays import readonly
from perception.errors import FrameError, GeometryError
from perception.pose import Array, Pose


@dataclass(frozen=True, eq=False)
class CameraModel:
    """A calibrated pinhole camera; images are rectified. Optical frame: z forward, x right, y down (REP-103).

    Attributes:
        name: unique name, also the frame's name.
        width, height: image size in pixels.
        k: intrinsic matrix as in ROS CameraInfo, shape (3, 3), pixels.
        T_base_camera: pose of the optical frame, as calibrated (the truth may differ by millimetres).
        depth_range: nearest and farthest depth that the camera can measure, metres.
    """

    name: str
    width: int
    height: int
    k: Array
    T_base_camera: Pose
    depth_range: tuple[float, float] = (0.2, 2.0)

    def __post_init__(self) -> None:
        k = readonly(self.k, np.float64, (3, 3), f"camera {self.name}: k")
        object.__setattr__(self, "k", k)
        if self.width < 16 or self.height < 16:
            raise GeometryError(
                f"camera {self.name}: expected an image of 16x16 or more, got {self.width}x{self.height}"
            )
        if not np.isfinite(k).all() or k[0, 0] <= 0 or k[1, 1] <= 0:
            raise GeometryError(f"camera {self.name}: expected positive focal lengths, got k =\n{k}")
        near, far = self.depth_range
        if not 0 < near < far:
            raise GeometryError(f"camera {self.name}: expected 0 < near < far, got {self.depth_range}")

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
    """One RGB-D image of one camera.

    Attributes:
        camera: the camera as calibrated.
        stamp: time of exposure, seconds on the cell's clock.
        depth: z along the optical axis, float32 metres, shape (height, width), NaN where missing.
        color: RGB, uint8, shape (height, width, 3).

    Raises:
        FrameError: an image does not have the camera's size or type.
    """

    camera: CameraModel
    stamp: float
    depth: NDArray[np.float32]
    color: NDArray[np.uint8]

    def __post_init__(self) -> None:
        size = (self.camera.height, self.camera.width)
        for name, image, dtype, shape in (
            ("depth", self.depth, np.float32, size),
            ("color", self.color, np.uint8, (*size, 3)),
        ):
            if image.dtype != dtype or image.shape != shape:
                raise FrameError(
                    f"camera {self.camera.name}: expected {name} of {np.dtype(dtype)} {shape}, "
                    f"got {image.dtype} {image.shape}"
                )
            image.setflags(write=False)
