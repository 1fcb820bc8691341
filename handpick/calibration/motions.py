"""Looks as motions. Between any two looks, what carries the camera moved by A and the board, as the camera sees it, by
B; the camera's unknown pose X on what carries it satisfies A X = X B.

One form serves both mounts: with G = T_base_flange for a camera in the hand, and G = T_flange_base for one at the base,
G X T_camera_board is the same pose of the board in every look.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy.spatial.transform import Rotation

from handpick.calibration.description import Mount
from handpick.calibration.errors import TooLittleRotationError
from perception.pose import Array, Pose

LEAST_TURN = 6.0  # degrees, rms between any two looks, about the axis of most rotation
LEAST_OTHER_TURN = 3.0  # degrees, the same about the axis next to it


@dataclass(frozen=True, eq=False)
class Motions:
    """Motions between all pairs of looks: rotations (m, 3, 3), shifts (m, 3) in metres."""

    R_A: Array
    t_A: Array
    R_B: Array
    t_B: Array


def carrier(mount: Mount, T_base_flange: Pose) -> Pose:
    """G: from the frame in which the camera is fixed into the one in which the board is."""
    return T_base_flange if mount is Mount.HAND else T_base_flange.inverse()


def motions(carriers: Sequence[Pose], T_camera_boards: Sequence[Pose]) -> Motions:
    pairs = list(combinations(range(len(carriers)), 2))
    A = np.array([(carriers[j].inverse() @ carriers[i]).matrix for i, j in pairs])
    B = np.array([(T_camera_boards[j] @ T_camera_boards[i].inverse()).matrix for i, j in pairs])
    return Motions(A[:, :3, :3], A[:, :3, 3], B[:, :3, :3], B[:, :3, 3])


def expect_rotation(moved: Motions) -> None:
    """Refuse motions that leave the camera's pose open.

    Raises:
        TooLittleRotationError: says about what the arm must turn more.
    """
    turns = np.degrees(Rotation.from_matrix(moved.R_A).as_rotvec())
    squares, axes = np.linalg.eigh(turns.T @ turns / len(turns))
    _, other, most = np.sqrt(np.maximum(squares, 0.0))
    if most < LEAST_TURN:
        raise TooLittleRotationError(
            f"expected looks that turn against each other by {LEAST_TURN:g} degrees or more (rms), got {most:.1f}; add "
            "looks in which the flange is tilted by 20 degrees or more, to all sides"
        )
    if other < LEAST_OTHER_TURN:
        x, y, z = axes[:, 2]
        raise TooLittleRotationError(
            f"expected looks that turn about two axes or more, got {most:.1f} degrees (rms) about ({x:.2f}, {y:.2f}, "
            f"{z:.2f}) and {other:.1f} about any other; add looks in which the flange is tilted by 20 degrees or more "
            "about axes across that one"
        )
