"""The simulated robot and the five nodes as processes on a ROS domain, with a node that watches them."""

from __future__ import annotations

import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any

import rclpy
from std_msgs.msg import String
from std_srvs.srv import Trigger

from handpick.outcome import PickOutcome
from ros_nodes.new_cell import write_cell
from ros_nodes.node import CellNode, use_profile
from ros_nodes.picks.pick_words import pick_of
from ros_nodes.processes import Processes, node_command
from ros_nodes.topics import EVENTS, PICKS

NODES = ("perception", "arm", "tool", "planner", "supervisor")
LOOPBACK = Path(__file__).parents[2] / "ros_nodes" / "data" / "loopback.xml"


def on_domain(number: str) -> None:
    """This process and all that it starts speak to each other alone."""
    os.environ.update({"ROS_DOMAIN_ID": number, "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST"})
    use_profile(LOOPBACK)


class LiveCell:
    """A context: all processes end with it.

    Args:
        robot: arguments of `handpick robot`. changes: of parameters, by node: NAME:=VALUE.
    """

    def __init__(self, folder: Path, arm: str, robot: Sequence[str], **changes: Sequence[str]) -> None:
        self.folder, self.changes = folder, changes
        write_cell(folder / "cell", arm, simulated=True)
        self.processes = Processes(folder)
        self.processes.start("robot", [sys.executable, "-m", "handpick", "robot", "--arm", arm, *robot])
        for node in NODES:
            self.processes.start(node, node_command(node, folder / "cell", changes.get(node, ())))
        rclpy.init(args=["--ros-args", "-p", f"cell:={folder / 'cell'}"])
        self.watcher = CellNode("watcher")
        self.states, self.why = dict.fromkeys(NODES, ""), dict.fromkeys(NODES, "")
        self.heard: defaultdict[str, list[float]] = defaultdict(list)
        for name in NODES:
            self.watcher.hear(name, partial(self._hear, name))
        self.picks: list[PickOutcome] = []
        take = lambda message: self.picks.append(pick_of(message.data))
        self.watcher.create_subscription(String, PICKS, take, EVENTS)
        self._clients: dict[str, Any] = {}

    def __enter__(self) -> LiveCell:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self.processes.end()
        rclpy.try_shutdown()

    @property
    def state(self) -> str:
        return self.states["supervisor"]

    def until(self, holds: Callable[[], object], limit: float) -> bool:
        """Hear what the nodes say until something holds, or for so many seconds; whether it holds."""
        end = time.monotonic() + limit
        while not (held := bool(holds())) and time.monotonic() < end:
            rclpy.spin_once(self.watcher, timeout_sec=0.02)
        return held

    def call(self, service: str, limit: float = 20.0) -> tuple[bool, str]:
        """Call a Trigger service: success and message; False where no answer comes."""
        client = self._clients.setdefault(service, self.watcher.create_client(Trigger, service))
        if not self.until(client.service_is_ready, limit):
            return False, "it is not there"
        done = client.call_async(Trigger.Request())
        if not self.until(done.done, limit):
            return False, "no answer"
        return bool(done.result().success), str(done.result().message)

    def truth(self) -> dict[str, Any]:
        """What the robot really does; empty where it does not answer."""
        there, told = self.call("truth")
        return dict(json.loads(told)) if there else {}

    def _hear(self, name: str, level: str, state: str, why: str) -> None:
        self.states[name], self.why[name] = state, why
        self.heard[name].append(time.monotonic())
