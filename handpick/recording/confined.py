"""Files of a folder that nobody vouches for: nothing outside it is read, and nothing larger than expected."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from handpick.recording.errors import LookFolderError

MOST_JSON = 1 << 26  # 64 MB


def inside(folder: Path, name: object, where: str) -> Path:
    """The path of a file that a description names.

    Raises:
        LookFolderError: the name leads out of the folder, through a link too, or there is no such file.
    """
    if not isinstance(name, str) or not name or "\0" in name or len(name) > 1000:
        raise LookFolderError(f"{where}: expected the name of a file, got {name!r:.100}")
    root = folder.resolve()
    try:
        path = (root / name).resolve()
        found = path.is_file()
    except (OSError, RuntimeError) as error:
        raise LookFolderError(f"{where}: expected a file in {folder}, got {name!r:.100}: {error}") from error
    if Path(name).is_absolute() or not path.is_relative_to(root):
        raise LookFolderError(f"{where}: expected a file in {folder}, got {name!r}, which leads out of it")
    if not found:
        raise LookFolderError(f"{where}: expected a file {name!r} in {folder}, there is none")
    return path


def read_bytes(path: Path, most: int) -> bytes:
    """The content of a file of up to `most` bytes.

    Raises:
        LookFolderError: it is larger, no plain file, or cannot be read.
    """
    if path.exists() and not path.is_file():
        raise LookFolderError(f"{path}: expected a plain file")
    try:
        with path.open("rb") as file:
            data = file.read(most + 1)
    except OSError as error:
        raise LookFolderError(f"{path}: cannot be read: {error.strerror}") from error
    if len(data) > most:
        raise LookFolderError(f"{path}: expected up to {most} bytes, got more")
    return data


def read_json(path: Path, most: int = MOST_JSON) -> dict[str, Any]:
    """A JSON object from a file of up to `most` bytes.

    Raises:
        LookFolderError: it is none.
    """
    data = read_bytes(path, most)
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise LookFolderError(f"{path}: expected JSON, got {error} ({len(data)} bytes)") from error
    if not isinstance(found, dict):
        raise LookFolderError(f"{path}: expected a JSON object, got {type(found).__name__}")
    return found
