"""Processes that end are known at once, those of other machines are left alone, and one started anew is a new one."""

from __future__ import annotations

import os
import subprocess
import sys
import time

from ros_nodes.neighbours import Neighbours, machine, own_address

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]


def test_a_process_that_is_killed_is_known_within_milliseconds_though_nobody_waits_for_it() -> None:
    neighbours, process = Neighbours(), subprocess.Popen(SLEEP)
    try:
        neighbours.heard("tool", f"{machine()} {process.pid}")
        neighbours.heard("arm", own_address())
        assert neighbours.ended() == []
        process.kill()
        end = time.monotonic() + 2.0
        while not neighbours.ended() and time.monotonic() < end:
            time.sleep(0.001)
        assert neighbours.ended() == ["tool"] == neighbours.ended()
    finally:
        process.kill()
        process.wait()
    other = subprocess.Popen(SLEEP)
    try:
        neighbours.heard("tool", f"{machine()} {other.pid}")
        assert neighbours.ended() == []
    finally:
        other.kill()
        other.wait()
    assert neighbours.ended() == ["tool"]
    neighbours.forget("tool")
    assert neighbours.ended() == []


def test_other_machines_and_nonsense_are_left_alone() -> None:
    neighbours = Neighbours()
    for address in ("", "elsewhere 1", f"{machine()} none", f"{machine()} 99999999", str(os.getpid())):
        neighbours.heard("arm", address)
        assert neighbours.ended() == []
