"""Where compiled code is kept, so that no process compiles what another one has compiled."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from perception.errors import HandpickError

VARIABLE = "HANDPICK_COMPILED"  # names the folder; processes inherit it
ROOT = Path(__file__).parents[2]
ROOMS = ("perception", "grasping", "motion", "handpick", "sim")
LOCATORS = "handpick.compiling.locator.Locator", "InTreeCacheLocator", "UserWideCacheLocator"


class StoreError(HandpickError):
    """Compiled code cannot be kept anywhere."""


def use_store(places: Sequence[Path] | None = None) -> Path:
    """Let this process and all that it starts keep compiled code in one folder, and return it.

    Whatever begins a tree of processes (command line, tests, benchmarks) calls this before it imports a room, since
    Numba asks where to keep a function's code when it meets its decorator. The folder is the first of `places` that
    can be written; what only the environment's own folder holds, made by `handpick compile`, is copied there. A
    folder that HANDPICK_COMPILED names is taken as it is.

    Raises:
        StoreError: none can be written.
    """
    if VARIABLE not in os.environ:
        os.environ[VARIABLE] = str(store(default_places() if places is None else places))
    os.environ["NUMBA_CACHE_LOCATOR_CLASSES"] = ",".join(LOCATORS)
    if numba := sys.modules.get("numba"):
        numba.core.config.reload_config()
    return Path(os.environ[VARIABLE])


def default_places() -> tuple[Path, ...]:
    """The environment's own folder, the user's, and a temporary one."""
    user = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    own = Path(tempfile.gettempdir()) / f"handpick-{os.getuid()}"
    places = [place for place in (Path(sys.prefix) / "share", Path(user), own) if place.is_absolute()]
    return tuple(place / "handpick" / "compiled" for place in places)


def store(places: Sequence[Path]) -> Path:
    """The first place that can be written, with all that the first of all holds."""
    installed = places[0]
    for place in places:
        if not writable(place):
            continue
        if place != installed and installed.is_dir():
            shutil.copytree(installed, place, copy_function=copy_missing, dirs_exist_ok=True)
        return place
    raise StoreError(
        f"expected a folder for compiled code that can be written, got {', '.join(map(str, places))}; "
        f"name one with the environment variable {VARIABLE}"
    )


def writable(folder: Path) -> bool:
    """Whether files can be kept there, by nobody else: compiled code of others would be run as one's own."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryFile(dir=folder):
            return folder.stat().st_uid == os.getuid()
    except OSError:
        return False


def copy_missing(source: str, target: str) -> None:
    """Copy a file that is not there yet, whole or not at all."""
    if not os.path.exists(target):
        draft = f"{target}.{os.getpid()}.part"
        shutil.copyfile(source, draft)
        os.replace(draft, target)


def fingerprint() -> str:
    """A hash of all that decides what compiling gives: the rooms' code, the compiler, the processor."""
    from llvmlite.binding import get_host_cpu_features, get_host_cpu_name

    parts = [version("numba"), version("llvmlite"), sys.version, get_host_cpu_name(), get_host_cpu_features().flatten()]
    digest = hashlib.sha256("\n".join(parts).encode())
    for path in sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py")):
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]
