"""Folders of looks as recordings: cameras.json with one look or with frames, or a folder of such folders."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from handpick.recording.confined import read_json
from handpick.recording.errors import LookFolderError
from handpick.recording.folder import FILE, description_of, images_of, stamp_of
from handpick.recording.moment import Json, Moment
from perception.depth_image import DepthImage

MOST_LOOKS = 1_000_000

Images = Callable[[], tuple[DepthImage, ...]]


class LookRecording:
    """Looks whose images are read when their turn comes; their stamps, seconds, are known before."""

    cell: Json | None = None

    def __init__(self, path: Path, looks: Sequence[tuple[float, Images]]) -> None:
        self.path, self.notes = path, Counter[str]()
        self.looks = sorted(looks, key=lambda look: look[0])

    @property
    def span(self) -> tuple[float, float]:
        return self.looks[0][0], self.looks[-1][0]

    def moments(self, start: float | None = None, until: float | None = None) -> Iterator[Moment]:
        for stamp, images in self.looks:
            if (start is None or stamp >= start) and (until is None or stamp < until):
                yield Moment(stamp, images())

    def close(self) -> None:
        """Nothing is open between looks."""


def open_folder(path: Path) -> LookRecording:
    """A cameras.json or the folder that holds it, else a folder of folders that hold one each, in order of their names.

    Raises:
        RecordingError: there is none, or it is not what docs/replay.md tells.
    """
    if path.is_dir() and not (path / FILE).is_file():
        return _folders(path)
    file = description_of(path)
    data = read_json(file)
    frames = data.get("frames", [data])
    if not isinstance(frames, list) or not 1 <= len(frames) <= MOST_LOOKS:
        raise LookFolderError(f"{file}: expected `frames` as a list of 1 to {MOST_LOOKS} looks")
    return LookRecording(path, [_look(frame, file, i) for i, frame in enumerate(frames)])


def is_folder(path: Path) -> bool:
    """Whether a path looks like a folder of looks."""
    return path.name == FILE or (path / FILE).is_file() or bool(_inside(path))


def _folders(path: Path) -> LookRecording:
    files = _inside(path)
    if not 1 <= len(files) <= MOST_LOOKS:
        raise LookFolderError(f"{path}: expected a {FILE} in it or in its folders, there is none")
    stamps = [_own_stamp(read_json(file), file) for file in files]
    known = [stamp for stamp in stamps if stamp is not None]
    timed = len(known) == len(files) == len(set(known))
    times = known if timed else [float(i) for i in range(len(files))]
    return LookRecording(path, [(stamp, partial(_read, file)) for stamp, file in zip(times, files)])


def _own_stamp(data: Json, file: Path) -> float | None:
    """The stamp that a look tells, of itself or of its first camera."""
    cameras = data.get("cameras")
    first = cameras[0] if isinstance(cameras, list) and cameras and isinstance(cameras[0], dict) else {}
    entry = data if "stamp" in data else first
    return stamp_of(entry, file) if entry.get("stamp") is not None else None


def _read(file: Path) -> tuple[DepthImage, ...]:
    data = read_json(file)
    return images_of(data.get("cameras"), file, stamp_of(data, file))


def _look(frame: Any, file: Path, index: int) -> tuple[float, Images]:
    if not isinstance(frame, dict) or "cameras" not in frame:
        raise LookFolderError(f"{file}: expected look {index} as an object with `cameras`")
    told = _own_stamp(frame, file)
    stamp = float(index) if told is None else told
    return stamp, partial(images_of, frame["cameras"], file, stamp)


def _inside(path: Path) -> list[Path]:
    """Descriptions in the folders of a folder; links are not followed."""
    if not path.is_dir():
        return []
    folders = sorted(entry for entry in path.iterdir() if entry.is_dir() and not entry.is_symlink())
    return [folder / FILE for folder in folders if (folder / FILE).is_file()]
