"""Ctrl-C ends a real process within seconds and with one line, whatever it is doing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

SIM = ("sim", "--suite", "boxes", "--orders", "2", "--jobs", "1")
LIMIT = 5.0  # seconds from the signal to the end


def interrupted(folder: Path, arguments: tuple[str, ...], seconds: float, asked: signal.Signals) -> tuple[str, float]:
    """What a process says that is interrupted after some seconds, with nothing compiled, and how long its end takes."""
    environment = os.environ | {"HANDPICK_COMPILED": str(folder)}
    process = subprocess.Popen(
        [sys.executable, "-m", "handpick", *arguments],
        cwd=Path(__file__).parents[2],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    time.sleep(seconds)
    began = time.monotonic()
    os.kill(process.pid, asked)
    out, said = process.communicate(timeout=60)
    assert process.returncode == 130 and out == ""
    with pytest.raises(ProcessLookupError):  # no worker is left behind
        for _ in range(20):
            os.killpg(process.pid, 0)
            time.sleep(0.1)
    return said, time.monotonic() - began


@pytest.mark.parametrize("seconds", [0.6, 1.5, 4.0, 8.0, 14.0])  # while imports, then workers, come up and compile
def test_a_run_ends_with_one_line(seconds: float, tmp_path: Path) -> None:
    arguments = (*SIM, "--out", str(tmp_path / "out"))
    said, took = interrupted(tmp_path / "compiled", arguments, seconds, signal.SIGINT)
    assert said == "handpick: interrupted\n"
    assert took < LIMIT


def test_so_does_compiling_and_keeps_what_it_has(tmp_path: Path) -> None:
    said, took = interrupted(tmp_path / "compiled", ("compile",), 12.0, signal.SIGTERM)
    assert said.splitlines()[-1].startswith("handpick: interrupted; ")
    assert took < LIMIT
    assert list((tmp_path / "compiled").rglob("*.nbc")) and not (tmp_path / "compiled" / "complete").exists()
