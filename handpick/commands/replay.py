"""`handpick replay`: think a recording out anew, and report where it is decided otherwise."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable

from handpick.interrupts import finished_first, handled, leave


def run(options: argparse.Namespace) -> int:
    from handpick.recording.open_recording import open_recording  # late: these take seconds to import
    from handpick.replay.replay import replay, thinker_of
    from handpick.replay.report import ReplayReport
    from handpick.report.claim import claimed

    interrupted = False
    with open_recording(options.path) as recording, claimed(options.out):
        report = ReplayReport(options.out, options.path.resolve().name, recording.cell is not None)
        try:
            with handled(signal.default_int_handler):  # what is done is kept
                thinker = thinker_of(recording, options.arm)
                for rethought in replay(recording, thinker, options.start, options.until, paced(options)):
                    report.add(rethought)
                    print(line(rethought.data), flush=True)
        except KeyboardInterrupt:
            interrupted = True
        finally:
            with finished_first():
                page = report.write(recording.notes)
        summary = report.summary(recording.notes)
    if interrupted:
        leave(kept=f"{summary['count']} looks are in {page}")
    if summary["compared"]:
        print(f"\n  {summary['otherwise']} of {summary['compared']} decisions are made otherwise now")
    print(f"\n  {page}")
    return int(bool(summary["errors"]))


def paced(options: argparse.Namespace) -> Callable[[float], None]:
    """What is waited for before each look."""
    from handpick.replay.replay import real_time

    in_time = real_time(options.speed) if options.speed else lambda elapsed: None

    def wait(elapsed: float) -> None:
        in_time(elapsed)
        if options.step:
            print(f"{elapsed:.2f} s: Enter for this look ", end="", flush=True)
            sys.stdin.readline()

    return wait


def line(look: dict[str, object]) -> str:
    """A look in a line."""
    if "error" in look:
        return f"look {look['look']}: {look['error']}"
    grasps, chosen = look["grasps"], look["chosen"]
    assert isinstance(grasps, list)
    what = f"{grasps[chosen]['tool']} on item {grasps[chosen]['item']}" if isinstance(chosen, int) else look["cause"]
    differs = look.get("differs")
    otherwise = f"; {'; '.join(differs)}" if isinstance(differs, list) and differs else ""
    return f"look {look['look']}: {look['offered']} grasps, {what}, {look['result']}{otherwise}"
