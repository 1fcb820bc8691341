"""A graph of real processes over real DDS, apart from all others on this machine, and a node of the test in it."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import rclpy
from rclpy.executors import SingleThreadedExecutor
from std_msgs.msg import String
from std_srvs.srv import Trigger

from ros_nodes.new_cell import write_cell
from ros_nodes.node import CellNode, use_profile
from ros_nodes.processes import Processes, node_command
from ros_nodes.topics import CONTROL, EVENTS, PICKS

PORTS = 47800  # one more for each domain: whoever holds it has the domain
DOMAINS = range(1, 102)
LOOPBACK = Path(__file__).parents[2] / "ros_nodes" / "data" / "loopback.xml"
PATIENCE = 120.0  # seconds: on a machine that others use, too


@contextmanager
def domain() -> Iterator[int]:
    """A ROS domain to oneself, on this machine alone."""
    before = dict(os.environ)
    for number in DOMAINS:
        claim = socket.socket()
        try:
            claim.bind(("127.0.0.1", PORTS + number))
        except OSError:
            claim.close()
            continue
        os.environ.update(
            {"ROS_DOMAIN_ID": str(number), "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST", "ROS_LOCALHOST_ONLY": "1"}
            | {"ROS_PYTHON_CHECK_FIELDS": "1", "PYTHONUNBUFFERED": "1"}
        )
        use_profile(LOOPBACK)
        try:
            yield number
        finally:
            claim.close()
            os.environ.clear()
            os.environ.update(before)
        return
    raise RuntimeError("no ROS domain is free")


class Graph:
    """Nodes of one simulated cell as processes, and what they say.

    Args:
        own: name of the node that the test itself plays; it must be spun, which a thread does.
        changes: of parameters, by node: NAME:=VALUE.
    """

    def __init__(self, folder: Path, own: str = "tester", tools: str = "both", **changes: Sequence[str]) -> None:
        self.cell, self.logs, self.changes = folder / "cell", folder, changes
        write_cell(self.cell, "panda", simulated=True, tools=tools)
        self.processes = Processes(folder)
        rclpy.init(args=["--ros-args", "-p", f"cell:={self.cell}", "-p", "use_sim_time:=true"])
        self.node = CellNode(own)
        self.said: dict[str, tuple[str, str]] = {}
        self.picks: list[str] = []
        self.mute = False
        self._clients: dict[str, Any] = {}
        for name in ("perception", "arm", "tool", "planner", "supervisor"):
            if name != own:
                self.node.hear(name, lambda level, state, why, name=name: self.said.update({name: (state, why)}))
        self.node.create_subscription(String, PICKS, lambda message: self.picks.append(message.data), EVENTS)
        self._fault = self.node.create_publisher(String, "fault", CONTROL)
        self._over = False
        self._thread = threading.Thread(target=self._spin, daemon=True)
        self._thread.start()

    def start(self, *names: str) -> None:
        for name in names:
            self.processes.start(name, node_command(name, self.cell, self.changes.get(name, ())))

    def start_robot(self, *arguments: str) -> None:
        self.processes.start("robot", [sys.executable, "-m", "handpick", "robot", *arguments])

    def state(self, name: str) -> str:
        return self.said.get(name, ("", ""))[0]

    def why(self, name: str) -> str:
        return self.said.get(name, ("", ""))[1]

    def until(self, holds: Callable[[], object], limit: float = PATIENCE) -> float:
        """Wait until something holds; seconds that it took. Fails with what all said."""
        began = time.monotonic()
        if not self.came(holds, limit):
            logs = {path.name: path.read_text()[-1500:] for path in self.logs.glob("*.log") if path.stat().st_size}
            raise AssertionError(f"not within {limit} s; {self.said}; {logs}")
        return time.monotonic() - began

    def came(self, holds: Callable[[], object], limit: float) -> bool:
        """Wait until something holds; whether it did in time."""
        end = time.monotonic() + limit
        while not holds():
            if time.monotonic() > end:
                return False
            time.sleep(0.01)
        return True

    def call(self, service: str, limit: float = 20.0, again: int = 0) -> tuple[bool, str]:
        """Call a Trigger service: success and message.

        Args:
            again: how often anew where no answer comes: DDS drops one that cannot be taken at once.
        """
        client = self._clients.get(service) or self.node.create_client(Trigger, service)
        self._clients[service] = client
        self.until(client.service_is_ready, limit)
        for _ in range(again + 1):
            done = client.call_async(Trigger.Request())
            if self.came(done.done, limit / (again + 1)):
                break
        self.until(done.done, 0.0)
        return done.result().success, done.result().message

    def fault(self, text: str) -> None:
        self.until(lambda: self._fault.get_subscription_count() > 0)
        self._fault.publish(String(data=text))

    def kill(self, name: str) -> None:
        self.processes.kill(name)
        self.said.pop(name, None)

    def truth(self) -> dict[str, Any]:
        """What the robot really does, whatever its topics say: its clock, joints (J,) and items."""
        return dict(json.loads(self.call("truth", again=3)[1]))

    def rests_within(self, seconds: float) -> bool:
        """Whether the arm really rests some simulated seconds from now."""
        began = self.truth()["clock"]
        self.until(lambda: self.truth()["clock"] >= began + seconds)
        first = self.truth()
        self.until(lambda: self.truth()["clock"] >= first["clock"] + 0.2)
        return max(abs(a - b) for a, b in zip(first["joints"], self.truth()["joints"])) < 2e-3

    def close(self) -> None:
        self._over = True
        self._thread.join(timeout=5)
        self.processes.end()
        rclpy.try_shutdown()

    def _spin(self) -> None:
        executor = SingleThreadedExecutor()
        executor.add_node(self.node)
        while rclpy.ok() and not self._over:
            if self.mute:
                time.sleep(0.01)
            else:
                executor.spin_once(timeout_sec=0.05)


@contextmanager
def own_nodes(folder: Path) -> Iterator[None]:
    """A simulated cell's folder, for nodes of the test's own process in a domain to themselves, by the wall's clock."""
    write_cell(folder, "panda", simulated=True)
    with domain():
        rclpy.init(args=["--ros-args", "-p", f"cell:={folder}"])
        try:
            yield
        finally:
            rclpy.try_shutdown()


@contextmanager
def graph(folder: Path, own: str = "tester", tools: str = "both", **changes: Sequence[str]) -> Iterator[Graph]:
    with domain():
        made = Graph(folder, own, tools, **changes)
        try:
            yield made
        finally:
            made.close()


def interrupt(graph: Graph, name: str) -> int:
    """SIGINT to one process; its exit code."""
    process = graph.processes.running[name]
    process.send_signal(signal.SIGINT)
    return process.wait(timeout=20)
