"""Output folders: one run at a time, files whole or not there, and nothing measured is lost."""

from __future__ import annotations

import errno
import json
import os
import re
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from handpick.report import files, write_report
from handpick.report.claim import FolderInUseError, claimed
from handpick.report.files import OutputError, check_folder
from tests.support.records import bin_record, run_record


def test_a_folder_that_is_a_file_is_refused_before_work(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("in the way")
    with pytest.raises(OutputError, match="--out"):
        check_folder(tmp_path / "out")


def test_a_full_disk_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder's disk is full (as a limit on file size); the temporary folder's is not."""
    real = files.write_all

    def write_all(texts: dict[str, str], folder: Path) -> None:
        if folder != tmp_path:
            return real(texts, folder)
        old = resource.getrlimit(resource.RLIMIT_FSIZE)
        handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, old[1]))
        try:
            real(texts, folder)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, old)
            signal.signal(signal.SIGXFSZ, handler)

    monkeypatch.setattr(files, "write_all", write_all)
    run = run_record(bin_record(0, "pp", 2))
    with pytest.raises(OutputError, match="the results are in") as caught:
        write_report(run, tmp_path)
    refuge = Path(re.findall(r"results are in (\S+):", str(caught.value))[0])
    assert json.loads((refuge / "report.json").read_text())["placed"] == 2
    assert list(tmp_path.iterdir()) == []


def test_where_one_file_cannot_be_written_none_is_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files.write_all({"a": "old", "b": "old"}, tmp_path)
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    real = Path.write_text

    def write_text(path: Path, text: str, **given: str) -> int:
        if path.name == ".b.part":
            raise full
        return real(path, text, **given)

    monkeypatch.setattr(Path, "write_text", write_text)
    with pytest.raises(OSError, match="No space"):
        files.write_all({"a": "new", "b": "new"}, tmp_path)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a": "old", "b": "old"}


def test_where_there_is_no_room_anywhere_it_is_said_what_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*given: object, **named: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OutputError, match=r"No space left.*temporary.*report\.json.*could not be kept"):
        write_report(run_record(), tmp_path)


def test_a_second_run_into_a_folder_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    with (
        claimed(folder),
        pytest.raises(FolderInUseError, match=f"another run writes to {folder}.*--out"),
        claimed(folder),
    ):
        pass
    assert list(folder.iterdir()) == []
    with claimed(folder):
        pass


def test_the_claim_of_a_killed_run_ends_with_it(tmp_path: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from handpick.report.claim import claimed\n"
        "with claimed(Path(sys.argv[1])): print('claimed', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout and other.stdout.readline() == "claimed\n"
        with pytest.raises(FolderInUseError), claimed(tmp_path):
            pass
        other.kill()
    with claimed(tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []
