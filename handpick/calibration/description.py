"""A folder of looks at a board: poses.json, and beside it the images it names. docs/calibrate.md tells the form."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from handpick.calibration.errors import DescriptionError
from handpick.recording.confined import inside, read_json
from handpick.recording.squared import numbers, squared_pose
from perception.errors import GeometryError
from perception.pose import Array, Pose

FILE = "poses.json"
MOST_LOOKS = 1000
LENS = (0, 4, 5, 8, 12, 14)  # how many coefficients OpenCV knows a lens by
FEWEST_SQUARES, MOST_SQUARES = 3, 50


class Mount(str, Enum):
    """What the camera is fixed to; the board is fixed to the other."""

    HAND = "hand"
    BASE = "base"


@dataclass(frozen=True)
class Look:
    """One image, and where the arm's flange was when it was taken."""

    image: Path
    T_base_flange: Pose


@dataclass(frozen=True, eq=False)
class Session:
    """What poses.json says.

    Attributes:
        K: intrinsic matrix, shape (3, 3), pixels. D: coefficients of the lens as OpenCV orders them, shape (n,).
        board: its frame has the origin in a corner, x along the first number of squares, z into the board.
    """

    camera: str
    K: Array
    D: Array
    board: cv2.aruco.CharucoBoard
    mount: Mount
    looks: tuple[Look, ...]


def read_session(folder: Path) -> Session:
    """Read FOLDER/poses.json.

    Raises:
        DescriptionError: an entry is missing or wrong; names it.
        RecordingError: a file cannot be read, or leads out of the folder.
    """
    file = folder / FILE
    data = read_json(file)
    try:
        camera, mount = data["camera"], Mount(data["mount"])
        K = numbers(camera["K"], ((3, 3), (9,)), "camera: K")
        D = np.asarray(camera.get("D", []), np.float64)
        if D.ndim != 1 or len(D) not in LENS or not np.isfinite(D).all():
            raise DescriptionError(f"{file}: camera: expected D as {LENS} numbers, got {camera.get('D')!r:.100}")
        if not (K[0, 0] > 0 and K[1, 1] > 0 and (K[2] == (0, 0, 1)).all()):
            raise DescriptionError(f"{file}: camera: expected K = [fx, 0, cx, 0, fy, cy, 0, 0, 1], got {K.tolist()}")
        if not isinstance(data["looks"], list) or len(data["looks"]) > MOST_LOOKS:
            raise DescriptionError(f"{file}: expected `looks` as a list of up to {MOST_LOOKS}")
        looks = tuple(_look(folder, i, look) for i, look in enumerate(data["looks"]))
        return Session(str(camera["name"]), K, D, _board(data["board"]), mount, looks)
    except (GeometryError, KeyError, TypeError, ValueError, OverflowError, AttributeError) as error:
        raise DescriptionError(f"{file}: expected the entries of docs/calibrate.md, got {error!s:.300}") from error


def _look(folder: Path, index: int, look: dict[str, Any]) -> Look:
    where = f"look {index}"
    image = inside(folder, look["image"], f"{folder / FILE}: {where}: image")
    return Look(image, squared_pose(look["T_base_flange"], f"{where}: T_base_flange"))


def _board(data: dict[str, Any]) -> cv2.aruco.CharucoBoard:
    """Raises DescriptionError: no such board can be printed."""
    across, down = (int(n) for n in data["squares"])
    square, marker, name = float(data["square"]), float(data["marker"]), str(data["dictionary"])
    if not name.startswith("DICT_") or not hasattr(cv2.aruco, name):
        raise DescriptionError(f"board: expected a dictionary of OpenCV, as DICT_5X5_100, got {name!r}")
    dictionary = cv2.aruco.getPredefinedDictionary(getattr(cv2.aruco, name))
    markers = across * down // 2
    if not (min(across, down) >= FEWEST_SQUARES and max(across, down) <= MOST_SQUARES):
        raise DescriptionError(
            f"board: expected {FEWEST_SQUARES} to {MOST_SQUARES} squares a side, got {across}x{down}"
        )
    if markers > len(dictionary.bytesList):
        raise DescriptionError(
            f"board: expected up to {len(dictionary.bytesList)} markers, as {name} has, got {across}x{down} squares "
            f"with {markers}"
        )
    if not 0 < marker < square < 1:
        raise DescriptionError(f"board: expected 0 < marker < square < 1 m, got marker {marker:g}, square {square:g}")
    board = cv2.aruco.CharucoBoard((across, down), square, marker, dictionary)
    board.setLegacyPattern(bool(data.get("legacy", False)))
    return board
