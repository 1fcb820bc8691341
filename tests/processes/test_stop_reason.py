"""The arm's node says why it was stopped, also where the supervisor saw it first and asked for the stop."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("rclpy")

from std_srvs.srv import Trigger

from ros_nodes.arm_node import ArmNode
from ros_nodes.control.arm_control import ArmState
from ros_nodes.neighbours import machine
from tests.support.ros_graph import own_nodes


@pytest.fixture
def arm(tmp_path: Path) -> Iterator[ArmNode]:
    with own_nodes(tmp_path / "cell"):
        yield ArmNode()


def stop(arm: ArmNode) -> str:
    assert arm._serve(arm._asked_to_stop, Trigger.Response()).success
    return arm.control.why


def test_a_person_stops_it(arm: ArmNode) -> None:
    arm._hear_status("supervisor", "ok", "running", "")
    assert stop(arm) == "stopped by a person"


def test_the_supervisor_stops_it_for_what_only_that_has_seen(arm: ArmNode) -> None:
    arm._hear_status("supervisor", "error", "stopped", "tool: no pressure")
    assert stop(arm) == "tool: no pressure"


def test_the_supervisor_stops_it_for_a_process_that_has_ended(arm: ArmNode) -> None:
    arm.control.state = ArmState.READY
    perception = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    arm.neighbours.heard("perception", f"{machine()} {perception.pid}")
    perception.kill()
    os.waitid(os.P_PID, perception.pid, os.WEXITED | os.WNOWAIT)
    assert "the perception node's process has ended" in stop(arm)
    perception.wait()
