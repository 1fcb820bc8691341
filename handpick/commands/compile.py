"""`handpick compile`: compile once what every later start then loads."""

from __future__ import annotations

import argparse
import signal
import time
from pathlib import Path

from handpick.compiling.store import fingerprint, use_store
from handpick.interrupts import handled, leave
from perception.errors import HandpickError


class CompileError(HandpickError):
    """What is to be compiled does not run."""


def run(options: argparse.Namespace) -> int:
    """Compile, unless that has been done for this code on this kind of processor."""
    folder = use_store()
    mark = folder / "complete" / fingerprint()
    if not mark.exists():
        compile_into(folder)
        mark.parent.mkdir(exist_ok=True)
        mark.touch()
    print(f"compiled code is in {folder}")
    return 0


def compile_into(folder: Path) -> None:
    """Rehearse a run. Raises CompileError where that fails."""
    from handpick.compiling.progress import Compiling  # late: takes seconds to import
    from sim.rehearsal import rehearsal, rehearse
    from sim.workers.pool import run_pool
    from sim.workers.ticker import terminal

    began, show, names = time.monotonic(), terminal(), set()

    def on_news(index: int, news: Compiling) -> None:
        names.add(news.name)
        show(str(news))

    with handled(signal.default_int_handler):
        done, interrupted = run_pool(rehearse, [rehearsal()], 1, on_news)
    if interrupted:
        leave(kept=f"{len(names)} functions are in {folder}")
    if errors := [task.error for task in done if task.error]:
        raise CompileError(f"expected a small run to come to its end, got:\n{errors[0]}")
    print(f"\ncompiled {len(names)} functions in {time.monotonic() - began:.0f} s")
