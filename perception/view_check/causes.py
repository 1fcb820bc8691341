"""What is commonly wrong with a camera's pose or image, each as the view that it would then truly be."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from perception.camera import CameraModel
from perception.fusion.volume import Float32
from perception.pose import Pose
from perception.view_check.sampled import Sampled

BODY_OPTICAL = Pose.from_rotation((0, 0, 0), np.array([(0, 0, 1), (-1, 0, 0), (0, -1, 0)]))  # REP-103
GRAPHICS_OPTICAL = Pose.from_rotation((0, 0, 0), np.diag((1, -1, -1)))  # OpenGL: y up, z backward


def suspects(camera: CameraModel, depth: Float32, cameras: Sequence[CameraModel]) -> Iterator[tuple[str, Sampled]]:
    """In words what may be wrong with `camera`, and its depth image, metres (height, width), seen as if it were so."""
    pose = camera.T_base_camera
    for other in cameras:
        if other.name != camera.name:
            yield (
                f"it hangs where camera {other.name} should; are the two swapped?",
                Sampled.of(camera, other.T_base_camera, depth),
            )
    poses = (
        ("its pose is inverted: give T_base_camera, not T_camera_base", pose.inverse()),
        ("its pose is that of its body, x forward: give that of its optical frame, z forward", pose @ BODY_OPTICAL),
        ("its pose has y up and z backward: give z forward, x right, y down", pose @ GRAPHICS_OPTICAL),
    )
    for words, other_pose in poses:
        yield words, Sampled.of(camera, other_pose, depth)
    images: tuple[tuple[str, Callable[[Float32], Float32]], ...] = (
        ("its image is upside down: turn it by half a turn", lambda image: image[::-1, ::-1]),
        ("its image is mirrored, top to bottom", lambda image: image[::-1]),
        ("its image is mirrored, left to right", lambda image: image[:, ::-1]),
        (
            "its depth is measured along the ray: give z along the optical axis",
            lambda image: _along_z(camera, image),
        ),
    )
    for words, corrected in images:
        yield words, Sampled.of(camera, pose, corrected(depth))


def _along_z(camera: CameraModel, distance: Float32) -> Float32:
    return np.asarray(distance / np.linalg.norm(camera.rays(), axis=-1), np.float32)
