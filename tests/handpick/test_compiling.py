"""Compiled code: shared by copies of the code, made anew when anything changes that it depends on."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from handpick.compiling.store import StoreError, copy_missing, fingerprint, store

CALLER = """
from numba import njit
from perception.called import SIZE, twice
@njit(cache=True)
def call(x):
    return twice(x) + SIZE
"""
CALLED = """
from numba import njit
SIZE = {size}
@njit(cache=True)
def twice(x):
    return {factor} * x
"""
SCRIPT = """
from handpick.compiling.store import use_store
use_store()
from perception.caller import call
print(call(1), len(call.stats.cache_hits), len(call.stats.cache_misses))
"""


def called(folder: Path, compiled: Path, size: int = 10, factor: int = 2) -> list[int]:
    """What a small room of its own gives: its result, and how often its code was loaded and compiled."""
    room = folder / "perception"
    room.mkdir(parents=True, exist_ok=True)
    (room / "caller.py").write_text(CALLER)
    (room / "called.py").write_text(CALLED.format(size=size, factor=factor))
    package = f"import perception; perception.__path__.insert(0, {str(room)!r})"
    environment = os.environ | {"HANDPICK_COMPILED": str(compiled), "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(
        [sys.executable, "-B", "-c", package + SCRIPT], env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return [int(number) for number in done.stdout.split()]


def test_compiled_code_is_loaded_by_another_process_and_a_copy_of_the_code(tmp_path: Path) -> None:
    assert called(tmp_path / "a", tmp_path / "compiled") == [12, 0, 1]
    assert called(tmp_path / "a", tmp_path / "compiled") == [12, 1, 0]
    assert called(tmp_path / "b", tmp_path / "compiled") == [12, 1, 0]


def test_what_changes_in_another_file_is_compiled_anew(tmp_path: Path) -> None:
    assert called(tmp_path, tmp_path / "compiled") == [12, 0, 1]
    assert called(tmp_path, tmp_path / "compiled", factor=3) == [13, 0, 1]
    assert called(tmp_path, tmp_path / "compiled", size=20) == [22, 0, 1]
    assert called(tmp_path, tmp_path / "compiled") == [12, 1, 0]


def unwritable(folder: Path) -> Path:
    """A place beneath a file, where nothing can be made, not even by root."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.touch()
    return folder / "compiled"


def test_the_first_place_that_can_be_written_is_taken(tmp_path: Path) -> None:
    assert store((unwritable(tmp_path / "file"), tmp_path / "user", tmp_path / "last")) == tmp_path / "user"


def test_what_a_read_only_environment_holds_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed, user = tmp_path / "installed", tmp_path / "user"
    (installed / "perception.pose").mkdir(parents=True)
    (installed / "perception.pose" / "code.nbc").write_text("compiled")
    monkeypatch.setattr("handpick.compiling.store.writable", lambda folder: folder != installed and not user.mkdir())
    assert store((installed, user)) == user
    assert (user / "perception.pose" / "code.nbc").read_text() == "compiled"


def test_a_file_that_is_there_is_not_copied_over(tmp_path: Path) -> None:
    (tmp_path / "old").write_text("old")
    (tmp_path / "new").write_text("new")
    copy_missing(str(tmp_path / "old"), str(tmp_path / "new"))
    assert (tmp_path / "new").read_text() == "new"


def test_without_any_place_it_is_said_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="HANDPICK_COMPILED"):
        store((unwritable(tmp_path / "file"),))


def test_nothing_is_compiled_twice(tmp_path: Path) -> None:
    (tmp_path / "complete").mkdir()
    (tmp_path / "complete" / fingerprint()).touch()
    script = "import sys; from handpick.command import main; main(['compile']); print('numba' in sys.modules)"
    environment = os.environ | {"HANDPICK_COMPILED": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines() == [f"compiled code is in {tmp_path}", "False"], done.stderr


def test_the_fingerprint_tells_other_code_from_this(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sim").mkdir()
    monkeypatch.setattr("handpick.compiling.store.ROOT", tmp_path)
    (tmp_path / "sim" / "world.py").write_text("G = 9.81\n")
    before = fingerprint()
    assert fingerprint() == before
    (tmp_path / "sim" / "world.py").write_text("G = 1.62\n")
    assert fingerprint() != before
