"""Opens any recording: a bag, a BOP scene, or a plain folder of looks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from handpick.recording.bag import is_bag
from handpick.recording.bag_recording import BagRecording
from handpick.recording.bop import is_bop, open_bop
from handpick.recording.errors import RecordingError
from handpick.recording.folder_recording import is_folder, open_folder
from handpick.recording.moment import Recording

FORMS = "an .mcap or .db3 file, a folder of ros2 bag, a BOP scene with scene_camera.json, or a folder with cameras.json"


@contextmanager
def open_recording(path: Path | str) -> Iterator[Recording]:
    """A recording, of which only the index is read before moments are asked for.

    Raises:
        RecordingError: there is none, or it cannot be read; names file, topic and time.
    """
    recording = _opened(Path(path))
    try:
        yield recording
    finally:
        recording.close()


def _opened(path: Path) -> Recording:
    try:
        if not path.exists():
            raise RecordingError(f"{path}: expected a recording, there is none; give {FORMS}")
        if is_bop(path):
            return open_bop(path)
        if is_folder(path):
            return open_folder(path)
        if is_bag(path):
            return BagRecording(path)
    except OSError as error:
        raise RecordingError(f"{path}: cannot be read: {error.strerror}") from error
    raise RecordingError(f"{path}: expected {FORMS}; got none of these")
