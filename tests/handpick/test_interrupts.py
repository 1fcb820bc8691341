"""Ctrl-C ends a real process within seconds and with one line, whatever it is doing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from handpick.interrupts import handled, leave

SIM = ("sim", "--suite", "boxes", "--orders", "2", "--jobs", "1")
LIMIT = 5.0  # seconds from the signal to the end


def start(folder: Path, arguments: tuple[str, ...]) -> subprocess.Popen[str]:
    """A process with nothing compiled, and a group of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "handpick", *arguments],
        cwd=Path(__file__).parents[2],
        env=os.environ | {"HANDPICK_COMPILED": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def nothing_is_left(group: int) -> bool:
    """Whether all processes of a group end within ten seconds."""
    for _ in range(100):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    return False


def interrupted(
    folder: Path, arguments: tuple[str, ...], seconds: float | None, asked: signal.Signals, all_hear: bool = True
) -> tuple[str, float]:
    """What a process says that is interrupted after some seconds or at its first progress, and how long its end takes.

    all_hear: the signal goes to all processes, as a terminal sends it, else to the first of them.
    """
    process = start(folder, arguments)
    assert process.stderr
    if seconds is None:
        process.stderr.readline()  # the first of its progress
    else:
        time.sleep(seconds)
    began = time.monotonic()
    os.killpg(process.pid, asked) if all_hear else os.kill(process.pid, asked)
    out, said = process.communicate(timeout=60)
    took = time.monotonic() - began
    assert process.returncode == 130 and out == ""
    assert nothing_is_left(process.pid)
    return said, took


@pytest.mark.parametrize("all_hear", [True, False])
@pytest.mark.parametrize("seconds", [0.6, 1.0, 2.0, 5.0, 10.0])  # while imports, then workers, come up and compile
def test_a_run_ends_with_one_line(seconds: float, all_hear: bool, tmp_path: Path) -> None:
    arguments = (*SIM, "--out", str(tmp_path / "out"))
    said, took = interrupted(tmp_path / "compiled", arguments, seconds, signal.SIGINT, all_hear)
    assert said == "handpick: interrupted\n"
    assert took < LIMIT


def test_so_does_compiling(tmp_path: Path) -> None:
    said, took = interrupted(tmp_path / "compiled", ("compile",), None, signal.SIGTERM)
    assert said.splitlines()[-1].startswith("handpick: interrupted; ")
    assert took < LIMIT
    assert not (tmp_path / "compiled" / "complete").exists()


def test_workers_end_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    process = start(tmp_path / "compiled", (*SIM, "--out", str(tmp_path / "out")))
    time.sleep(6.0)
    process.kill()
    process.communicate(timeout=60)
    assert nothing_is_left(process.pid)


def test_in_another_thread_handlers_stay_as_they_are() -> None:
    before, seen = signal.getsignal(signal.SIGINT), []

    def look() -> None:
        with handled(leave):
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert seen == [before]


def test_an_interrupt_waits_for_what_is_finished_first() -> None:
    script = (
        "import os, signal; from handpick.interrupts import finished_first, handled, leave\n"
        "with handled(leave):\n"
        "    with finished_first():\n"
        "        os.kill(os.getpid(), signal.SIGINT); print('written', flush=True)\n"
        "    print('went on')"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (130, "written\n", "handpick: interrupted\n")
