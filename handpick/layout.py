"""The standard cell: two 600 x 400 mm totes beside each other before the arm, four cameras and one."""

from __future__ import annotations

import numpy as np

from handpick.cell import CellLayout
from perception.camera import CameraModel
from perception.pose import Array, Pose
from perception.tote import Box, Tote

BASE_HEIGHT = 0.20  # of the arm's mounting plane over the table: it stands on a pedestal


def standard_layout(
    radius: float = 0.52, angle: float = np.deg2rad(43.0), base_height: float = BASE_HEIGHT
) -> CellLayout:
    """Totes at `radius` metres from the arm's axis, `angle` radians right (source) and left of straight ahead.

    Each tote lies with its long side across the radius, the closest two 600 x 400 mm totes can come to each
    other while the arm reaches every corner; `base_height` metres below the arm's mounting plane, as the arm's own
    description has it.
    """
    inner = np.array([0.56, 0.36, 0.20])
    source, destination = (
        Tote(name, _standing_at(radius, sign * angle, -base_height), inner, wall=0.012)
        for name, sign in (("source", -1.0), ("destination", 1.0))
    )
    # Every point of the source's floor is seen by two cameras at least, past walls of 0.2 m, and no camera hangs
    # where the arm works: further than 0.5 m from its axis, and more than 0.85 m above its base or out of its reach.
    over_source = [
        ("middle", (-0.55, 0.17, 0.75)),
        ("front", (-0.14, 0.36, 0.75)),
        ("above", (0.27, 0.0, 1.0)),
        ("outer", (0.45, -0.20, 0.75)),
    ]
    cameras = [_camera(name, source, np.array(position)) for name, position in over_source]
    cameras.append(_camera("destination", destination, np.array((0.0, 0.12, 1.0))))
    table = Box(Pose.from_rotation((0.35, 0, -base_height - 0.025), np.eye(3)), np.array([1.3, 1.8, 0.05]))
    return CellLayout(source, destination, tuple(cameras), (table,))


def _standing_at(radius: float, angle: float, table: float) -> Pose:
    """A tote's frame on the table: x across the radius, y outward."""
    outward = np.array([np.cos(angle), np.sin(angle), 0])
    across = np.array([outward[1], -outward[0], 0])
    rotation = np.column_stack([across, outward, (0, 0, 1)])
    return Pose.from_rotation(radius * outward + (0, 0, table + 0.012), rotation)


def _camera(name: str, tote: Tote, position: Array, size: tuple[int, int] = (640, 480)) -> CameraModel:
    """A camera at `position` in the tote's frame that looks at the middle of what the tote holds."""
    forward = np.array([0, 0, 0.06]) - position
    forward /= np.linalg.norm(forward)
    right = np.cross(forward, (0, 0, 1.0))
    right /= np.linalg.norm(right)
    T_tote_camera = Pose.from_rotation(position, np.column_stack([right, np.cross(forward, right), forward]))
    focal = 0.86 * size[0]
    k = np.array([[focal, 0, size[0] / 2 - 0.5], [0, focal, size[1] / 2 - 0.5], [0, 0, 1]])
    return CameraModel(name, *size, k, tote.T_base_tote @ T_tote_camera)
