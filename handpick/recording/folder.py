"""A look as a plain folder: cameras.json, and beside it the images that it names. docs/replay.md tells the form."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from handpick.recording.confined import inside, read_bytes, read_json
from handpick.recording.errors import LookFolderError, RecordingError
from handpick.recording.image_bytes import MOST_BYTES, decode_color, decode_depth, encode_npy, encode_png
from handpick.recording.squared import numbers, squared_pose
from perception.depth_image import DepthImage
from perception.errors import FrameError, GeometryError, HandpickError

FILE = "cameras.json"
MOST_CAMERAS = 64


def read_look(path: Path | str) -> tuple[DepthImage, ...]:
    """The images of a folder with a cameras.json of one look, or of that file.

    Raises:
        RecordingError: the folder, its description or an image cannot be read, or leads out of the folder; names it.
    """
    file = description_of(Path(path))
    data = read_json(file)
    if "cameras" not in data:
        more = "; it has `frames`: replay them, or name one" if "frames" in data else ""
        raise LookFolderError(f"{file}: expected an entry `cameras`{more}")
    return images_of(data["cameras"], file, stamp_of(data, file))


def write_look(path: Path | str, images: Sequence[DepthImage]) -> Path:
    """Write a folder that `read_look` reads to the same images to the bit: depth as PNG where it is uint16, else as
    NPY; colour as PNG. Returns cameras.json, which is written last.

    Raises:
        RecordingError: the folder cannot be written.
    """
    folder = Path(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        data = json.dumps({"cameras": [_written(folder, i, image) for i, image in enumerate(images)]}, indent=1)
        return replace_file(folder / FILE, data.encode())
    except OSError as error:
        raise RecordingError(f"{folder}: cannot be written: {error.strerror}; name another folder") from error


def description_of(path: Path) -> Path:
    """The cameras.json of a folder, or itself.

    Raises:
        LookFolderError: there is none.
    """
    file = path / FILE if path.is_dir() else path
    if not file.is_file():
        raise LookFolderError(f"{path}: expected a folder with a {FILE}, there is none; docs/replay.md tells its form")
    return file


def images_of(cameras: object, file: Path, stamp: float = 0.0) -> tuple[DepthImage, ...]:
    """The images that a list of cameras names. `file`: where it stands; images are looked for beside it.

    Raises:
        RecordingError: as in `read_look`.
    """
    if not isinstance(cameras, list) or not 1 <= len(cameras) <= MOST_CAMERAS:
        raise LookFolderError(f"{file}: expected `cameras` as a list of 1 to {MOST_CAMERAS}, got {cameras!r:.80}")
    names = [camera.get("name") if isinstance(camera, dict) else None for camera in cameras]
    if not all(isinstance(name, str) and 0 < len(name) <= 200 for name in names) or len(set(names)) < len(names):
        raise LookFolderError(f"{file}: expected every camera with a `name` of its own, got {names!r:.200}")
    return tuple(_image(camera, file, stamp) for camera in cameras)


def stamp_of(data: dict[str, Any], file: Path) -> float:
    """The time of a look, seconds, 0 where none is told. Raises LookFolderError."""
    try:
        return float(numbers(data.get("stamp", 0.0), ((),), f"{file}: stamp"))
    except GeometryError as error:
        raise LookFolderError(str(error)) from error


def replace_file(path: Path, data: bytes) -> Path:
    """Write a file beside its place, then rename it there. Raises OSError."""
    draft = path.with_name(f".{path.name}.part")
    try:
        draft.write_bytes(data)
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)
    return path


def _image(camera: dict[str, Any], file: Path, stamp: float) -> DepthImage:
    name = str(camera["name"])
    where = f"{file}: camera {name}"
    depth_file = inside(file.parent, camera.get("depth"), f"{where}: depth")
    depth = decode_depth(read_bytes(depth_file, MOST_BYTES), f"{where}: {depth_file.name}")
    size = camera.get("width", depth.shape[1]), camera.get("height", depth.shape[0])
    if size != depth.shape[::-1]:
        raise LookFolderError(
            f"{where}: expected depth of {size[0]!r:.20}x{size[1]!r:.20}, as `width` and `height` say, "
            f"got {depth.shape[1]}x{depth.shape[0]} in {depth_file.name}"
        )
    color = None
    if camera.get("color") is not None:
        color_file = inside(file.parent, camera["color"], f"{where}: color")
        color = decode_color(read_bytes(color_file, MOST_BYTES), f"{where}: {color_file.name}")
    pose, lens, unit = camera.get("T_base_camera"), camera.get("D"), camera.get("depth_unit")
    try:
        return DepthImage(
            depth,
            numbers(camera.get("K"), ((3, 3), (9,)), f"camera {name}: K"),
            np.empty(0) if lens is None else lens,
            None if pose is None else squared_pose(pose, f"camera {name}: T_base_camera"),
            color,
            None if unit is None else float(numbers(unit, ((),), f"camera {name}: depth_unit")),
            name,
            stamp if camera.get("stamp") is None else float(numbers(camera["stamp"], ((),), f"camera {name}: stamp")),
        )
    except (FrameError, GeometryError) as error:
        raise LookFolderError(f"{file}: {error}") from error
    except HandpickError:
        raise
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise LookFolderError(f"{where}: expected numbers, got {error}") from error


def _written(folder: Path, index: int, image: DepthImage) -> dict[str, Any]:
    """Write one camera's images; what cameras.json says of them."""
    stem = f"{index}-{re.sub(r'[^A-Za-z0-9-]', '_', image.name)[:40]}"
    whole = image.depth.dtype == np.uint16
    depth = f"{stem}-depth.{'png' if whole else 'npy'}"
    replace_file(folder / depth, encode_png(image.depth) if whole else encode_npy(image.depth))
    color = None
    if image.color is not None:
        color = replace_file(folder / f"{stem}-color.png", encode_png(image.color)).name
    pose = image.T_base_camera
    return {
        "name": image.name,
        "width": image.depth.shape[1],
        "height": image.depth.shape[0],
        "K": image.k.ravel().tolist(),
        "D": image.distortion.tolist(),
        "T_base_camera": None if pose is None else pose.matrix.tolist(),
        "depth": depth,
        "color": color,
        "depth_unit": image.unit,
        "stamp": image.stamp,
    }
