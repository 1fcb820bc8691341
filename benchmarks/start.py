"""How soon an answer comes: seconds of the wall clock, and as a ratio to importing NumPy and PyBullet.

The reference is measured between the others, since a busy machine slows all of them down.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
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


def seconds(arguments: Sequence[str]) -> float:
    """Of a process, from start to end."""
    began = time.monotonic()
    subprocess.run([sys.executable, *arguments], capture_output=True, check=False)
    return time.monotonic() - began


def first_pick(suite: str, compiled: Path | None = None) -> float:
    """Seconds from the start of a run to the end of its first pick; with nothing compiled but what a folder holds."""
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
        process.stderr.read()
        if not line.startswith("placed") or process.wait():
            raise SystemExit(f"the run failed: {line}")
    return took


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--suite", default="boxes")
    parser.add_argument("--repeats", type=int, default=3, help="of which the fastest counts")
    parser.add_argument("--fresh", action="store_true", help="also start with nothing compiled (minutes)")
    options = parser.parse_args()
    fastest = lambda measure: min(measure() for _ in range(options.repeats))
    reference = fastest(lambda: seconds(REFERENCE))
    show = lambda name, took: print(f"{name:44}{took:8.2f} s{took / reference:8.1f} x")
    show("reference: import numpy, pybullet", reference)
    for name, arguments in ANSWERS.items():
        show(name, fastest(lambda: seconds(arguments)))  # noqa: B023
    show(f"first pick of {options.suite}", fastest(lambda: first_pick(options.suite)))
    if options.fresh:
        with tempfile.TemporaryDirectory() as empty:
            show("the same with nothing compiled", first_pick(options.suite, Path(empty)))
    kept = list(use_store().rglob("*.nbc"))
    print(f"{len(kept)} compiled functions and signatures are kept, {sum(f.stat().st_size for f in kept) / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
