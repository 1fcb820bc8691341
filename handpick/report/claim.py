"""One run to an output folder: a second one is refused while the first is at work."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from handpick.report.files import OutputError, check_folder

LOCK = ".lock"


class FolderInUseError(OutputError):
    """Another run writes to the output folder."""


@contextmanager
def claimed(folder: Path) -> Iterator[None]:
    """Have an output folder to oneself. The system ends the claim with the process, however that ends.

    Raises:
        FolderInUseError: another run has it.
        OutputError: the folder cannot be made, written or locked.
    """
    check_folder(folder)
    try:
        lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise unlockable(folder, error) from error
    try:
        lock_file(lock, folder)
        try:
            yield
        finally:
            (folder / LOCK).unlink(missing_ok=True)
    finally:
        os.close(lock)


def lock_file(lock: int, folder: Path) -> None:
    """Lock a folder's file, or raise FolderInUseError or OutputError."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        taken = os.fstat(lock).st_nlink == 0  # removed by a run that was just leaving; a third may have come since
    except BlockingIOError:
        taken = True
    except OSError as error:
        raise unlockable(folder, error) from error
    if taken:
        raise FolderInUseError(f"another run writes to {folder}; wait for its end, or name another folder with --out")


def unlockable(folder: Path, error: OSError) -> OutputError:
    return OutputError(f"cannot lock {folder / LOCK}: {error.strerror}; name another folder with --out")
