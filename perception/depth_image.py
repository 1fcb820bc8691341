"""A depth image as a file, a bag or a driver has it, and the rectified frame that perceiving wants."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from perception.arrays import readonly
from perception.camera import CameraFrame, CameraModel
from perception.errors import FrameError, GeometryError
from perception.pose import Array, Pose

MILLIMETRE = 0.001  # metres that one unit of an integer depth image means, as in REP 118
DISTORTIONS = (0, 4, 5, 8, 12, 14)  # how many coefficients OpenCV's model of a lens has
NEAREST, FARTHEST = 0.05, 10.0  # metres of depth that counts as measured
GREY = 128  # of a frame without colour


@dataclass(frozen=True, eq=False)
class DepthImage:
    """One depth image of one camera, with colour or without. The arrays that are passed in are copied.

    Attributes:
        depth: along the optical axis, shape (height, width): integers in units of `unit` metres, or floats in metres
            (or in units of `unit`, where that is given). 0, NaN and infinity: nothing was measured.
        k: intrinsic matrix, shape (3, 3), pixels, as in ROS CameraInfo.
        distortion: of the lens, 0, 4, 5, 8, 12 or 14 coefficients in OpenCV's order (ROS: plumb_bob and
            rational_polynomial).
        T_base_camera: pose of the optical frame; None where nobody knows it.
        color: RGB, uint8, shape (any height, any width, 3), of the same view as the depth; None: there is none.
        unit: metres per unit of `depth`; None: 0.001 for integers, 1 for floats.
        name: of the camera. stamp: seconds.

    Raises:
        FrameError: an image of a type or shape that is none. GeometryError: intrinsics that no camera has.
    """

    depth: NDArray[np.generic]
    k: Array
    distortion: Array = ()  # type: ignore[assignment]
    T_base_camera: Pose | None = None
    color: NDArray[np.uint8] | None = None
    unit: float | None = None
    name: str = "camera"
    stamp: float = 0.0

    def __post_init__(self) -> None:
        depth = np.array(self.depth, order="C")
        if depth.ndim != 2 or not (np.issubdtype(depth.dtype, np.integer) or np.issubdtype(depth.dtype, np.floating)):
            raise FrameError(
                f"camera {self.name}: expected a depth image of one channel, integers or floats, got {depth.dtype} "
                f"{depth.shape}"
            )
        if self.unit is not None and not 1e-6 <= self.unit <= 1.0:
            raise FrameError(f"camera {self.name}: expected 0.000001 to 1 metres per unit of depth, got {self.unit}")
        depth.setflags(write=False)
        object.__setattr__(self, "depth", depth)
        object.__setattr__(self, "k", readonly(self.k, np.float64, (3, 3), f"camera {self.name}: k"))
        lens = readonly(self.distortion, np.float64, (None,), f"camera {self.name}: distortion")
        if len(lens) not in DISTORTIONS or not np.isfinite(lens).all():
            raise GeometryError(
                f"camera {self.name}: expected {DISTORTIONS} finite coefficients of distortion, got {lens.tolist()}"
            )
        object.__setattr__(self, "distortion", lens)
        if self.color is not None:
            color = np.array(self.color, order="C")
            if color.dtype != np.uint8 or color.ndim != 3 or color.shape[2] != 3:
                raise FrameError(
                    f"camera {self.name}: expected colour as uint8 (height, width, 3), got {color.dtype} {color.shape}"
                )
            color.setflags(write=False)
            object.__setattr__(self, "color", color)

    @property
    def metres(self) -> NDArray[np.float32]:
        """Depth in metres, NaN where nothing was measured, shape (height, width)."""
        integers = np.issubdtype(self.depth.dtype, np.integer)
        unit = self.unit if self.unit is not None else MILLIMETRE if integers else 1.0
        depth = self.depth.astype(np.float32) * np.float32(unit)
        depth[~((depth > 0) & np.isfinite(depth))] = np.nan
        return depth

    def frame(self, T_base_camera: Pose | None = None) -> CameraFrame:
        """The rectified frame, grey where there is no colour.

        T_base_camera: where the camera stands, in place of the image's own pose.

        Raises:
            FrameError: no depth was measured, or it is in another unit. GeometryError: no pose is known.
        """
        pose = T_base_camera or self.T_base_camera
        if pose is None:
            raise GeometryError(f"camera {self.name}: expected T_base_camera, got none; give the camera's pose")
        height, width = self.depth.shape
        camera = CameraModel(self.name, width, height, self.k, pose, (NEAREST, FARTHEST))
        return CameraFrame(camera, self.stamp, self._measured(), self._color())

    def _measured(self) -> NDArray[np.float32]:
        """Rectified depth in metres."""
        depth = self.metres
        known = depth[np.isfinite(depth)]
        if not len(known):
            raise FrameError(
                f"camera {self.name}: expected depth in its image, got none: all pixels are 0 or not finite; check "
                "that the depth stream runs, and that the file is the depth and not the mask"
            )
        middle = float(np.median(known))
        if not NEAREST <= middle <= FARTHEST:
            factor = 0.001 if middle > FARTHEST else 1000.0
            hint = f"; in another unit? Give unit={(self.unit or 1.0) * factor:g}" if known.size else ""
            raise FrameError(
                f"camera {self.name}: expected depth of {NEAREST} to {FARTHEST} m in the middle of all pixels, got "
                f"{middle:g} m{hint}"
            )
        if not self._bent:
            return depth
        return np.asarray(cv2.remap(depth, *self._maps(), cv2.INTER_NEAREST, borderValue=np.nan), np.float32)

    def _color(self) -> NDArray[np.uint8]:
        height, width = self.depth.shape
        if self.color is None:
            return np.full((height, width, 3), GREY, np.uint8)
        color = self.color
        if color.shape[:2] != (height, width):
            color = np.asarray(cv2.resize(color, (width, height), interpolation=cv2.INTER_AREA))
        return np.asarray(cv2.remap(color, *self._maps(), cv2.INTER_LINEAR)) if self._bent else color

    @property
    def _bent(self) -> bool:
        return bool(self.distortion.any())

    def _maps(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """From pixels of the rectified image to those of this one, which has the same intrinsics."""
        height, width = self.depth.shape
        x, y = cv2.initUndistortRectifyMap(self.k, self.distortion, None, self.k, (width, height), cv2.CV_32FC1)
        return np.asarray(x, np.float32), np.asarray(y, np.float32)

    def at(self, T_base_camera: Pose) -> DepthImage:
        """The same image of a camera that stands elsewhere."""
        return replace(self, T_base_camera=T_base_camera)
