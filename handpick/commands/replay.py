"""`handpick replay`: think a recording out anew, and report where it is decided otherwise."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from handpick.interrupts import finished_first, handled, leave
from handpick.machine import pinned
from ros_nodes.errors import NoRosError

if TYPE_CHECKING:
    from handpick.picking.decide import Thought
    from handpick.recording.moment import Moment
    from motion.robot.arm import Arm
    from ros_nodes.recording.replayer import Replayer


def run(options: argparse.Namespace) -> int:
    if "numpy" not in sys.modules:  # else it is too late: libraries look once, when they are loaded
        os.environ.update(pinned())  # so that the same recording gives the same report
    from handpick.recording.open_recording import open_recording  # late: these take seconds to import
    from handpick.replay.replay import replay, thinker_of
    from handpick.replay.report import ReplayReport
    from handpick.report.claim import claimed

    interrupted, audience = False, topics(options) if options.ros else Unheard()
    with open_recording(options.path) as recording, claimed(options.out), audience:
        report = ReplayReport(options.out, options.path.resolve().name, recording.cell is not None)
        try:
            with handled(signal.default_int_handler):  # what is done is kept
                thinker = thinker_of(recording, options.arm, audience.thought)
                times = options.start, options.until
                for rethought in replay(recording, thinker, *times, paced(options), audience.seen):
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


class Unheard(AbstractContextManager[None]):
    """Who hears of a replay that is told nowhere."""

    def __exit__(self, *error: object) -> None: ...

    def seen(self, moment: Moment) -> None: ...

    def thought(self, thought: Thought, arm: Arm | None) -> None: ...


def topics(options: argparse.Namespace) -> Replayer:
    """Topics of ROS, which are told what a replay sees and decides. Raises NoRosError."""
    try:
        from ros_nodes.recording.replayer import Replayer
    except ImportError as error:
        raise NoRosError(error) from error
    return Replayer(options.ros_args)


def paced(options: argparse.Namespace) -> Callable[[float], None]:
    """What is waited for before each look."""
    from handpick.replay.replay import real_time

    speed = options.speed or (1.0 if options.ros else 0.0)  # topics are for people to look at
    in_time = real_time(speed) if speed else lambda elapsed: None

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
