"""The board in an image: its corners, and where it is from the camera."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from handpick.calibration.description import Session
from perception.pose import Array, Pose

FEWEST_CORNERS = 6
THINNEST = 0.5  # squares: corners within this of one line (rms) do not tell how the board lies


@dataclass(frozen=True, eq=False)
class Sight:
    """What one image shows of the board.

    Attributes:
        points: corners that were found, in the board's frame, shape (n, 3), metres.
        pixels: the same in the image, shape (n, 2), (column, row).
        T_camera_board: pose that fits these alone.
    """

    points: Array
    pixels: Array
    T_camera_board: Pose


def see(session: Session, grey: NDArray[np.uint8]) -> Sight | None:
    """The board in a grey image, shape (height, width); None where too little of it is seen."""
    detector = cv2.aruco.CharucoDetector(session.board)
    corners, ids, _, _ = detector.detectBoard(grey)
    if ids is None or len(ids) < FEWEST_CORNERS:
        return None
    points = np.asarray(session.board.getChessboardCorners(), np.float64)[ids.ravel()]
    pixels = np.asarray(corners, np.float64).reshape(-1, 2)
    spread = np.linalg.svd(points - points.mean(axis=0), compute_uv=False) / np.sqrt(len(points))
    if spread[1] < THINNEST * session.board.getSquareLength():
        return None
    found, turn, shift = cv2.solvePnP(points, pixels, session.K, session.D, flags=cv2.SOLVEPNP_IPPE)
    if not found or shift[2, 0] <= 0:
        return None
    turn, shift = cv2.solvePnPRefineLM(points, pixels, session.K, session.D, turn, shift)
    return Sight(points, pixels, Pose.from_rotation(shift.ravel(), cv2.Rodrigues(turn)[0]))


def missed_by(sight: Sight, T_camera_board: Pose, session: Session) -> Array:
    """By how many pixels the corners miss those of a board at a pose, shape (n, 2)."""
    turn = cv2.Rodrigues(T_camera_board.rotation)[0]
    seen, _ = cv2.projectPoints(sight.points, turn, T_camera_board.position, session.K, session.D)
    return np.asarray(seen.reshape(-1, 2) - sight.pixels)
