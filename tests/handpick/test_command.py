"""The command line: bad input is named and refused at the door."""

from __future__ import annotations

import os
import subprocess
import sys
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
        (["--require", "beauty>=1"], "placed, placed_undamaged, damaged"),
        (["--require", "placed=1"], "expected FIGURE>=NUMBER"),
        (["--require", "placed>=90"], "a share of 0 to 1 for placed, got '90'"),
        (["--require", "units_per_hour>nan"], "a number of 0 or more for units_per_hour"),
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


HEAVY = ("numpy", "numba", "pybullet", "scipy", "matplotlib", "cv2")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--help"], 0, "compare"),
        (["sim", "--help"], 0, "target_nudged"),
        (["compare", "--help"], 0, "Example: handpick compare"),
        (["--version"], 0, "handpick 0."),
        (["sim", "--suite", "sausages"], 2, "unknown suite 'sausages'"),
        (["compare", "--suite", "boxes,sausages"], 2, "unknown suite 'sausages'"),
        (["sim", "--disturb", "earthquake"], 2, "unknown disturbance 'earthquake'"),
        (["sim", "--require", "placed>=all"], 2, "a share of 0 to 1"),
        (["fly"], 2, "invalid choice: 'fly'"),
    ],
)
def test_help_and_mistakes_are_answered_before_anything_heavy_is_imported(
    arguments: list[str], code: int, said: str
) -> None:
    script = (
        "import atexit, sys; from handpick.command import main; "
        f"atexit.register(lambda: print([m for m in {HEAVY} if m in sys.modules])); sys.exit(main(sys.argv[1:]))"
    )
    done = subprocess.run([sys.executable, "-c", script, *arguments], capture_output=True, text=True, timeout=60)
    assert done.returncode == code
    assert said in done.stdout + done.stderr
    assert done.stdout.endswith("[]\n")


def test_the_package_runs_as_a_module() -> None:
    done = subprocess.run([sys.executable, "-m", "handpick", "--version"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and done.stdout.startswith("handpick ")


def test_pybullet_is_loaded_without_its_banner() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import sim.world, os; os.write(2, b'heard')"],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0 and done.stdout == "" and done.stderr == "heard"


def test_a_reader_that_has_read_enough_is_no_error() -> None:
    script = "import sys; from handpick.command import main; sys.exit(main(['plan', 'examples/table', '--show', '50']))"
    command = f'"{sys.executable}" -c "{script}" | head -c 1; echo "${{PIPESTATUS[0]}}"'
    done = subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, timeout=120, cwd=Path(__file__).parents[2]
    )
    assert done.stdout.endswith("0\n") and "Traceback" not in done.stderr
