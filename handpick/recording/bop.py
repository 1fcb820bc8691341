"""A scene of the BOP benchmarks as a recording: one image after the other of one camera that is moved around.

https://github.com/thodan/bop_toolkit/blob/master/docs/bop_datasets_format.md tells the form.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from handpick.recording.confined import inside, read_bytes, read_json
from handpick.recording.errors import LookFolderError
from handpick.recording.folder_recording import LookRecording
from handpick.recording.image_bytes import MOST_BYTES, decode_color, decode_depth
from handpick.recording.squared import numbers, squared
from perception.depth_image import MILLIMETRE, DepthImage
from perception.errors import FrameError, GeometryError
from perception.pose import Pose

FILE = "scene_camera.json"
DEPTHS, COLORS = (".png", ".tif", ".tiff"), (".png", ".jpg", ".jpeg", ".tif", ".tiff")


def open_bop(path: Path) -> LookRecording:
    """A scene folder with scene_camera.json, depth/ and, where there is colour, rgb/ or gray/. Stamps count images, a
    second apart. A look has the world's frame as base where cam_R_w2c and cam_t_w2c tell it.

    Raises:
        RecordingError: there is none, or an entry is wrong.
    """
    file = path if path.name == FILE else path / FILE
    data = read_json(file)
    try:
        numbered = sorted((int(key), entry) for key, entry in data.items())
    except (TypeError, ValueError) as error:
        raise LookFolderError(f"{file}: expected the numbers of images as keys, got {error}") from error
    if not numbered:
        raise LookFolderError(f"{file}: expected one image at least, got none")
    return LookRecording(path, [(float(number), partial(_look, file, number, entry)) for number, entry in numbered])


def is_bop(path: Path) -> bool:
    """Whether a path looks like a BOP scene."""
    return path.name == FILE or (path / FILE).is_file()


def _look(file: Path, number: int, entry: Any) -> tuple[DepthImage, ...]:
    where = f"{file}: image {number}"
    if not isinstance(entry, dict):
        raise LookFolderError(f"{where}: expected an object, got {entry!r:.50}")
    depth_file = _image(file.parent, ("depth",), number, DEPTHS)
    if depth_file is None:
        raise LookFolderError(f"{where}: expected depth/{number:06d}.png, there is none")
    color_file = _image(file.parent, ("rgb", "gray"), number, COLORS)
    depth = decode_depth(read_bytes(depth_file, MOST_BYTES), f"{where}: {depth_file.name}")
    color = decode_color(read_bytes(color_file, MOST_BYTES), f"{where}: {color_file.name}") if color_file else None
    try:
        k = numbers(entry.get("cam_K"), ((3, 3), (9,)), "cam_K")
        scale = float(numbers(entry.get("depth_scale", 1.0), ((),), "depth_scale"))
        return (DepthImage(depth, k, T_base_camera=_pose(entry), color=color, unit=scale * MILLIMETRE, stamp=number),)
    except (FrameError, GeometryError) as error:
        raise LookFolderError(f"{where}: {error}") from error


def _pose(entry: dict[str, Any]) -> Pose | None:
    """T_world_camera, metres, where it is told."""
    if entry.get("cam_R_w2c") is None or entry.get("cam_t_w2c") is None:
        return None
    R = squared(numbers(entry["cam_R_w2c"], ((3, 3), (9,)), "cam_R_w2c"), "cam_R_w2c")
    t = numbers(entry["cam_t_w2c"], ((3,),), "cam_t_w2c") * MILLIMETRE
    return Pose.from_rotation(t, R).inverse()


def _image(folder: Path, kinds: tuple[str, ...], number: int, endings: tuple[str, ...]) -> Path | None:
    for kind in kinds:
        for ending in endings:
            name = f"{kind}/{number:06d}{ending}"
            if (folder / name).exists():
                return inside(folder, name, str(folder))
    return None
