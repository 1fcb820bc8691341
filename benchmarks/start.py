"""How soon an answer comes: seconds of the wall clock and of the processor, each also as a ratio to a reference.

The reference, importing NumPy and PyBullet, is measured in the same run. On a machine that does other things too, the
processor's seconds tell more than the wall clock's.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from handpick.compiling.store import use_store

REFERENCE = "-c", "import numpy, pybullet"
HANDPICK = "-m", "handpick"
ANSWERS = {
    "handpick --help": (*HANDPICK, "--help"),
    "handpick sim --help": (*HANDPICK, "sim", "--help"),
    "a wrong suite": (*HANDPICK, "sim", "--suite", "sausages"),
    "importing what a worker runs": ("-c", "import sim.run"),
}

Seconds = tuple[float, float]  # of the wall clock, of the processor


def timed(action: Callable[[], float | None]) -> Seconds:
    """What an action takes with the processes that it starts; the wall clock's, where it does not tell them itself."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    told = action()
    after, took = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic() - began
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return (took if told is None else told), used


def run(*arguments: str) -> None:
    """Run Python to its end."""
    subprocess.run([sys.executable, *arguments], capture_output=True, check=False)


def first_pick(suite: str, compiled: Path | None = None) -> float:
    """Seconds from the start of a run of one order to the end of its first pick; the run itself goes on to its end.

    compiled: the folder of compiled code, if not the one of this process.

    Raises:
        SystemExit: the run failed.
    """
    environment = os.environ | ({"HANDPICK_COMPILED": str(compiled)} if compiled else {})
    with tempfile.TemporaryDirectory() as folder:
        arguments = ("sim", "--suite", suite, "--orders", "1", "--jobs", "1", "--out", folder)
        began = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, *HANDPICK, *arguments],
            env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert process.stderr
        line = process.stderr.readline()
        took = time.monotonic() - began
        rest = process.stderr.read()
        if process.wait():
            raise SystemExit(f"the run failed: {line}{rest}")
    return took


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--suite", default="boxes")
    parser.add_argument("--repeats", type=int, default=3, help="of which the fastest counts (default: %(default)s)")
    parser.add_argument("--fresh", action="store_true", help="also start with nothing compiled (minutes)")
    options = parser.parse_args()

    def fastest(action: Callable[[], float | None]) -> Seconds:
        wall, used = zip(*(timed(action) for _ in range(options.repeats)))
        return min(wall), min(used)

    def show(name: str, seconds: Seconds) -> None:
        (wall, used), (wall_of, used_of) = seconds, reference
        print(f"{name:36}{wall:8.2f} s{wall / wall_of:7.1f} x{used:10.2f} s{used / used_of:7.1f} x", flush=True)

    reference = fastest(lambda: run(*REFERENCE))
    print(f"{'':36}{'wall clock':>20}{'processor':>21}")
    show("reference: import numpy, pybullet", reference)
    for name, arguments in ANSWERS.items():
        show(name, fastest(lambda: run(*arguments)))  # noqa: B023
    show(f"first pick of {options.suite} (processor: run)", fastest(lambda: first_pick(options.suite)))
    if options.fresh:
        with tempfile.TemporaryDirectory() as empty:
            show("the same with nothing compiled", timed(lambda: first_pick(options.suite, Path(empty))))
    kept = list(use_store().rglob("*.nbc"))
    print(f"{len(kept)} compiled functions and signatures are kept, {sum(f.stat().st_size for f in kept) / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
