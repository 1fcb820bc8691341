"""The cell's cameras: calibrated models outside, true poses and noise inside."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from perception.camera import CameraFrame, CameraModel
from perception.errors import HandpickError
from perception.pose import Pose
from sim.cameras.noise import DepthNoise, noisy_color, noisy_depth
from sim.render.base import Rendered, Renderer
from sim.render.scene import VisualScene


class CameraError(HandpickError):
    """A camera that the rig does not have."""


@dataclass(frozen=True)
class CalibrationError:
    """Standard deviations of the truth around the calibration.

    position: metres, per axis. angle: radians, per axis. focal: relative. centre: principal point, pixels.
    """

    position: float = 1.0e-3
    angle: float = float(np.deg2rad(0.1))
    focal: float = 1.0e-3
    centre: float = 0.3

    def draw(self, camera: CameraModel, rng: np.random.Generator) -> CameraModel:
        """The camera as it truly stands and truly projects."""
        turn = Pose.from_euler(rng.normal(0, self.position, 3), rng.normal(0, self.angle, 3))
        k = camera.k.copy()
        k[:2, :2] *= 1 + rng.normal(0, self.focal)
        k[:2, 2] += rng.normal(0, self.centre, 2)
        return replace(camera, k=k, T_base_camera=camera.T_base_camera @ turn)


class CameraRig:
    """Takes the pictures of a scene. Whoever gets the frames learns the calibrated cameras, never the true ones.

    Each camera has its own stream of random numbers, so one camera's failure does not change another's noise.

    Args:
        cameras: as calibrated.
        renderer, scene: what is drawn, with the poses that the scene holds at the time.
        rng: draws the calibration errors and the noise.
    """

    def __init__(
        self,
        cameras: tuple[CameraModel, ...],
        renderer: Renderer,
        scene: VisualScene,
        rng: np.random.Generator,
        noise: DepthNoise | None = None,
        calibration: CalibrationError | None = None,
    ) -> None:
        self._cameras = {camera.name: camera for camera in cameras}
        self.renderer = renderer
        self._scene = scene
        self._noise = noise if noise is not None else DepthNoise()
        error = calibration if calibration is not None else CalibrationError()
        self._rngs = dict(zip(self._cameras, rng.spawn(len(cameras))))
        self._true = {name: error.draw(camera, self._rngs[name]) for name, camera in self._cameras.items()}
        self._failed: set[str] = set()
        self._blind: set[str] = set()

    def capture(self, stamp: float) -> tuple[CameraFrame, ...]:
        """One frame of every camera that is alive, in the order of the cameras."""
        return tuple(self._frame(name, stamp) for name in self._cameras if name not in self._failed)

    def photograph(self, name: str, stamp: float) -> CameraFrame:
        """One frame of one camera. Raises CameraError: no such camera."""
        return self._frame(self._known(name), stamp)

    def ideal(self, name: str) -> Rendered:
        """What the true camera would see without noise. For scores and pictures, never for the planner.

        Raises:
            CameraError: no such camera.
        """
        camera = self.true_camera(name)
        return self.renderer.render(camera, camera.T_base_camera, self._scene)

    def true_camera(self, name: str) -> CameraModel:
        """The camera with its true intrinsics and pose. For scores, never for the planner.

        Raises:
            CameraError: no such camera.
        """
        return self._true[self._known(name)]

    def fail(self, name: str) -> None:
        """The camera dies: no frame of it from now on. Raises CameraError: no such camera."""
        self._failed.add(self._known(name))

    def revive(self, name: str) -> None:
        """The camera gives frames again. Raises CameraError: no such camera."""
        self._failed.discard(self._known(name))

    def blind(self, name: str) -> None:
        """The camera measures no depth any more; its colour goes on. Raises CameraError: no such camera."""
        self._blind.add(self._known(name))

    def _frame(self, name: str, stamp: float) -> CameraFrame:
        image, rng = self.ideal(name), self._rngs[name]
        depth = noisy_depth(image, self._true[name], self._noise, rng)
        if name in self._blind:
            depth = np.full_like(depth, np.nan)
        return CameraFrame(self._cameras[name], stamp, depth, noisy_color(image, self._noise, rng))

    def _known(self, name: str) -> str:
        if name not in self._cameras:
            raise CameraError(f"expected a camera out of {sorted(self._cameras)}, got {name!r}")
        return name
