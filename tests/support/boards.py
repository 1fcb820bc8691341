"""Looks at a ChArUco board as a known camera sees them, with an arm whose poses are not quite true."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from scipy.spatial.transform import Rotation

from perception.pose import Array, Pose

SQUARES, SQUARE, MARKER, DICTIONARY = (8, 6), 0.03, 0.022, "DICT_5X5_100"
SIZE, K = (960, 720), np.array([[900.0, 0, 475], [0, 905, 362], [0, 0, 1]])
DRAWN = 60  # pixels of a square in the board's own picture
FINER = 2  # times as fine as the camera are images drawn before they are averaged
T_FLANGE_CAMERA = Pose.from_euler((0.06, -0.035, 0.05), np.radians((8, -5, 92)))
T_BASE_CAMERA = Pose.from_euler((0.75, -0.1, 0.9), np.radians((-172, 6, 35)))


def write_looks(folder: Path, mount: str, views: list[Pose], board: dict[str, Any] | None = None) -> Pose:
    """A folder for `handpick calibrate` with the board at each of the poses `T_camera_board`; the arm's poses are told
    with an error of 0.15 mm and 0.02 degrees. Returns the camera's true pose."""
    rng = np.random.default_rng(0)
    truth = T_FLANGE_CAMERA if mount == "hand" else T_BASE_CAMERA
    at = (0.55, 0.05, 0.02) if mount == "hand" else (0.04, -0.05, 0.05)
    fixed = Pose.from_euler(at, np.radians((180, 3, 20)))  # the board at the base, or at the flange
    looks = []
    for index, T_camera_board in enumerate(views):
        at_camera = fixed @ T_camera_board.inverse() @ truth.inverse()
        T_base_flange = at_camera if mount == "hand" else at_camera.inverse()
        told = T_base_flange @ Pose.from_rotation(
            rng.normal(0, 0.15e-3 / np.sqrt(3), 3),
            Rotation.from_rotvec(np.radians(rng.normal(0, 0.02 / np.sqrt(3), 3))).as_matrix(),
        )
        name = f"look-{index:02d}.png"
        cv2.imwrite(str(folder / name), picture(T_camera_board, rng))
        looks.append({"image": name, "T_base_flange": told.matrix.tolist()})
    told_board = {"squares": SQUARES, "square": SQUARE, "marker": MARKER, "dictionary": DICTIONARY, **(board or {})}
    camera = {"name": "wrist", "K": K.ravel().tolist(), "D": []}
    data = {"camera": camera, "board": told_board, "mount": mount, "looks": looks}
    (folder / "poses.json").write_text(json.dumps(data))
    return truth


def views(count: int, seed: int = 0, tilt: float = 30.0, axes: tuple[int, ...] = (0, 1, 2)) -> list[Pose]:
    """Poses `T_camera_board` in which the whole board is seen, turned by up to `tilt` degrees about some axes."""
    rng = np.random.default_rng(seed)
    middle = np.array([SQUARES[0] * SQUARE / 2, SQUARES[1] * SQUARE / 2, 0])
    found = []
    for _ in range(count):
        angles = np.zeros(3)
        angles[list(axes)] = np.radians(rng.uniform(-tilt, tilt, len(axes)))
        turned = Rotation.from_euler("xyz", angles).as_matrix()
        centre = (rng.uniform(-0.06, 0.06), rng.uniform(-0.05, 0.05), rng.uniform(0.4, 0.5))
        found.append(Pose.from_rotation(centre - turned @ middle, turned))
    return found


def picture(T_camera_board: Pose, rng: np.random.Generator) -> Array:
    """A grey image with 2 grey levels of noise."""
    dictionary = cv2.aruco.getPredefinedDictionary(getattr(cv2.aruco, DICTIONARY))
    board = cv2.aruco.CharucoBoard(SQUARES, SQUARE, MARKER, dictionary)
    margin = DRAWN
    drawn = board.generateImage((SQUARES[0] * DRAWN + 2 * margin, SQUARES[1] * DRAWN + 2 * margin), marginSize=margin)
    # Pixel centres are at whole numbers: the middle of the image's first pixel is half a pixel into the board's edge.
    metres = SQUARE / DRAWN
    board_drawn = np.array([[metres, 0, (0.5 - margin) * metres], [0, metres, (0.5 - margin) * metres], [0, 0, 1]])
    finer = np.array([[FINER, 0, (FINER - 1) / 2], [0, FINER, (FINER - 1) / 2], [0, 0, 1]])
    plane = np.column_stack([T_camera_board.rotation[:, :2], T_camera_board.position])
    size = (SIZE[0] * FINER, SIZE[1] * FINER)
    fine = cv2.warpPerspective(drawn, finer @ K @ plane @ board_drawn, size, flags=cv2.INTER_LINEAR, borderValue=90)
    grey = cv2.resize(fine, SIZE, interpolation=cv2.INTER_AREA).astype(float)
    return np.clip(grey + rng.normal(0, 2, grey.shape), 0, 255).astype(np.uint8)
