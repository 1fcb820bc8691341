"""From the frames of fixed cameras to the scene: the front of this room."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from perception.camera import CameraFrame, CameraModel
from perception.capsules import Capsules
from perception.completion.complete import Completion, complete
from perception.errors import BlindError, FrameError
from perception.fusion.depth_memory import DepthMemory
from perception.fusion.height_map import height_map
from perception.fusion.robot_mask import mask_robot
from perception.fusion.self_calibration import SelfCalibration
from perception.fusion.volume import Fuser, View, VolumeGrid
from perception.scene import Scene
from perception.segmentation.find_items import by_geometry
from perception.segmentation.partition import Segmentation
from perception.segmentation.tote_surface import on_tote
from perception.tote import Tote
from perception.understand import understand
from perception.view_check.check_views import compare_views, expect_views
from perception.warm_up import made_up


class Perceiver:
    """Fuses the views of a cell's fixed cameras into a scene. It remembers: later looks are less noisy.

    Args:
        source: the tote whose items are perceived. destination: the tote whose heights are.
        cameras: as calibrated; what their poses truly are is estimated on the totes.
        voxel: edge length of the volume's voxels, metres.
        calibration_looks: number of first looks on which the cameras' poses are refined; 0 trusts the calibration.
        wary: whether the first frame of each camera must show the totes where they are known to stand.
        completion: tells the full shape of each item.
        segmentation: tells which part of what is seen is which item's.
    """

    def __init__(
        self,
        source: Tote,
        destination: Tote,
        cameras: tuple[CameraModel, ...],
        voxel: float = 0.004,
        calibration_looks: int = 3,
        wary: bool = True,
        completion: Completion = complete,
        segmentation: Segmentation = by_geometry,
    ) -> None:
        self._source, self._destination = source, destination
        self._cameras = {camera.name: camera for camera in cameras}
        self._grid = VolumeGrid.over(source, voxel)
        self._fuser = Fuser(self._grid)
        self._memory = DepthMemory()
        self._completion, self._segmentation = completion, segmentation
        self._calibration = SelfCalibration((source, destination), calibration_looks)
        self._unproven = set(self._cameras) if wary else set()

    def perceive(self, frames: Sequence[CameraFrame], robot: Capsules) -> Scene:
        """The scene that `frames` show, one frame per camera at most.

        robot: the arm's and tool's own capsules when the frames were taken; what lies near them is not looked at.

        Raises:
            BlindError: no frame shows the source. With fewer cameras than usual the scene names those it had.
            FrameError: a frame of a camera that this cell does not have, of another size, or two of one camera.
            ViewError: a camera that is looked through for the first time does not show the totes where they stand.
        """
        frames = self._usable(frames)
        self._prove(frames, robot)
        views = [self._view(frame, robot) for frame in frames]
        over_source = [view for view in views if self._fuser.sees(view)]
        if not over_source:
            raise BlindError(
                f"perceive: expected depth over the {self._source.name} tote from one camera at least, got none from "
                f"{[frame.camera.name for frame in frames]}; unseen is not empty: check the other cameras"
            )
        on_source = lambda surface: on_tote(surface, self._source)
        items, space = understand(
            self._fuser, over_source, self._source, on_source, None, self._completion, self._segmentation
        )
        return Scene(
            stamp=max(frame.stamp for frame in frames),
            source=self._source,
            items=items,
            occupancy=space,
            destination=height_map(self._destination, views),
            cameras=tuple(view.camera.name for view in views),
            T_base_cameras=tuple(view.T_base_camera for view in views),
        )

    def warm_up(self) -> Scene:
        """A made-up scene, looked at so that compiled code is loaded before the first real look; nothing is kept."""
        cameras = tuple(self._cameras.values())
        ends = np.stack([self._source.boxes()[0].T_base_box.position] * 2)[None]
        other = Perceiver(self._source, self._destination, cameras, self._grid.voxel, wary=False)
        frames, robot = [made_up(camera, self._source) for camera in cameras], Capsules(ends, np.array([0.02]))
        compare_views(frames[:1], cameras, (self._source, self._destination), robot)
        return other.perceive(frames, robot)

    def _usable(self, frames: Sequence[CameraFrame]) -> list[CameraFrame]:
        names = [frame.camera.name for frame in frames]
        strange = sorted(set(names) - set(self._cameras))
        if strange or len(set(names)) < len(names):
            raise FrameError(
                f"perceive: expected at most one frame of each camera of {sorted(self._cameras)}, got {names}"
            )
        for frame in frames:
            known = self._cameras[frame.camera.name]
            if frame.depth.shape != (known.height, known.width):
                raise FrameError(
                    f"perceive: expected {known.width}x{known.height} pixels of camera {known.name}, as in the layout, "
                    f"got {frame.depth.shape[1]}x{frame.depth.shape[0]}; set the driver to the calibrated size"
                )
        usable = [frame for frame in frames if np.isfinite(frame.depth).any()]
        if not usable:
            raise BlindError(
                f"perceive: expected a depth image from one of {sorted(self._cameras)} at least, got {len(frames)} "
                "frames, all without depth; check that the cameras run and are not covered"
            )
        return usable

    def _prove(self, frames: Sequence[CameraFrame], robot: Capsules) -> None:
        """Compare the cameras with the totes, each until one of its views has told."""
        new = [frame for frame in frames if frame.camera.name in self._unproven]
        if new:
            fits = expect_views(new, tuple(self._cameras.values()), (self._source, self._destination), robot)
            self._unproven -= {fit.camera for fit in fits if fit.judged}

    def _view(self, frame: CameraFrame, robot: Capsules) -> View:
        """A frame without the robot, with less noise, from where the camera truly stands."""
        camera = self._cameras[frame.camera.name]
        depth = mask_robot(frame.depth, camera, self._calibration.pose(camera), robot)
        pose = self._calibration.refine(camera, depth)
        return View(camera, pose, self._memory.update(camera.name, depth, frame.color), frame.color)
