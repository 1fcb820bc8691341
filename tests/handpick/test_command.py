"""The command line: bad input is named and refused at the door."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from handpick.command import main


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--suite", "sausages"], "boxes, books, bags, mixed, unseen"),
        (["--tools", "magnet"], "suction"),
        (["--eyes", "shut"], "invalid choice"),
        (["--disturb", "earthquake"], "none, all, or some of target_nudged"),
        (["--disturb", ""], "unknown disturbance"),
        (["--orders", "0"], "1 or more"),
        (["--orders", "many"], "whole number"),
        (["--seed", "-1"], "0 or more"),
        (["--jobs", "0"], "1 or more"),
    ],
)
def test_bad_options_are_refused(
    arguments: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        code = main(["sim", "--orders", "1", "--out", str(tmp_path / "out"), *arguments])
    except SystemExit as refusal:
        code = int(str(refusal.code))
    assert code == 2
    assert said in capsys.readouterr().err


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    assert main(["sim", "--out", str(tmp_path / "file" / "out")]) == 2
    assert "--out" in capsys.readouterr().err


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a read-only place")
def test_a_read_only_folder_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sim", "--out", f"/proc/{os.getpid()}/out"]) == 2
    assert "cannot write" in capsys.readouterr().err
