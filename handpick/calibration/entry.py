"""The calibration as an entry of a cell's cameras.json, and its place there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from handpick.calibration.calibrate import Calibration
from handpick.calibration.errors import CalibrationError
from handpick.recording.folder import replace_file


def write_entry(found: Calibration, path: Path) -> Path:
    """Write a calibration, whole or not at all. In a cell's cameras.json that is there already, only the pose of the
    camera of this name is replaced.

    Raises:
        CalibrationError: the file is none of a cell, has no such camera, or cannot be written.
    """
    try:
        data = _with_pose(found, path) if path.exists() else [entry(found)]
        path.parent.mkdir(parents=True, exist_ok=True)
        return replace_file(path, (json.dumps(data, indent=2) + "\n").encode())
    except OSError as error:
        raise CalibrationError(f"{path}: cannot be written: {error.strerror}; name another file") from error


def entry(found: Calibration) -> dict[str, Any]:
    """One camera: metres, quaternion xyzw, pixels; how well it fits stands beside."""
    total, session = found.total, found.session
    return {
        "name": session.camera,
        "width": found.size[0],
        "height": found.size[1],
        "K": session.K.ravel().tolist(),
        "D": session.D.tolist(),
        found.frame: _pose(found),
        "residual": {
            "looks": len(found.looks),
            "pixels": round(total.pixels, 4),
            "millimetres": round(total.millimetres, 4),
            "degrees": round(total.degrees, 4),
        },
    }


def _pose(found: Calibration) -> dict[str, list[float]]:
    X = found.fit.X
    return {"position": X.position.tolist(), "quaternion": X.quaternion.tolist()}


def _with_pose(found: Calibration, path: Path) -> list[dict[str, Any]]:
    """What a cell's cameras.json says, with this camera's pose."""
    try:
        cameras = json.loads(path.read_text())
        names = [camera["name"] for camera in cameras]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise CalibrationError(
            f"{path}: expected the cameras.json of a cell, a list of cameras with names, got {error!r:.100}; name a "
            "new file, or that of a cell"
        ) from error
    if names.count(found.session.camera) != 1:
        raise CalibrationError(f"{path}: expected one camera {found.session.camera!r}, got {names}; name a new file")
    pose = {found.frame: _pose(found)}
    return [{**camera, **pose} if camera["name"] == found.session.camera else camera for camera in cameras]
