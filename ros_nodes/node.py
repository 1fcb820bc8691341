"""What all nodes share: the cell's folder, a clock, a status that is their heartbeat, and a loop that survives."""

from __future__ import annotations

import contextlib
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from threading import Event
from types import FrameType
from typing import Any

import rclpy
from diagnostic_msgs.msg import DiagnosticStatus, KeyValue
from rclpy.clock import Clock, ClockType
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions

from handpick.interrupts import handled
from perception.errors import HandpickError
from ros_nodes.cell_clock import CellClock
from ros_nodes.cell_folder import CellFolder, load_cell
from ros_nodes.errors import NodeError
from ros_nodes.neighbours import Neighbours, own_address
from ros_nodes.topics import CONTROL, STATUS

HEARTBEAT = 0.05  # seconds
ENDED = "ended"  # state of a node that was told to end
PROCESS = "process"  # in a status: where the node runs, and as which process
LEVELS = {"ok": DiagnosticStatus.OK, "warn": DiagnosticStatus.WARN, "error": DiagnosticStatus.ERROR}
PROFILE = Path(__file__).parent / "data" / "shared_memory.xml"
PROFILES = ("FASTDDS_DEFAULT_PROFILES_FILE", "FASTRTPS_DEFAULT_PROFILES_FILE")  # since Kilted, and before
RENAMED = 9  # release of rclpy, which is Kilted's

Over = Callable[[], bool]


class CellNode(Node):
    """A node of one cell. Timers run by the steady clock, which nobody sets and no simulation slows.

    Parameters: cell: the folder that describes it.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._name = name
        self.own_folder = str(self.parameter("cell", ""))
        self.steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.cell_clock = CellClock(self.ros_time, bool(self.get_parameter("use_sim_time").value))
        self._status = self.create_publisher(DiagnosticStatus, f"{name}/{STATUS}", CONTROL)
        self.neighbours, self._others = Neighbours(), 0
        self.every(HEARTBEAT, self.tell)
        self.every(HEARTBEAT, self._expect_alone)

    def folder(self) -> CellFolder:
        """The cell's folder. Raises NodeError, CellFolderError."""
        if not self.own_folder:
            raise NodeError(f"{self._name}: expected the parameter `cell`, a folder made by `handpick cell new DIR`")
        return load_cell(self.own_folder)

    def parameter(self, name: str, default: Any) -> Any:
        """A parameter's value, declared with its default."""
        return self.declare_parameter(name, default).value

    def choice(self, name: str, choices: tuple[str, ...]) -> str:
        """A parameter that is one of some words, the first by default. Raises NodeError."""
        value = str(self.parameter(name, choices[0]))
        if value not in choices:
            raise NodeError(f"{self._name}: expected {name} to be one of {', '.join(choices)}, got {value!r}")
        return value

    def ros_time(self) -> float:
        return float(self.get_clock().now().nanoseconds) * 1e-9

    def every(self, period: float, action: Callable[[], None]) -> None:
        """Run an action every `period` seconds of the steady clock."""
        self.create_timer(period, action, clock=self.steady)

    def tell(self) -> None:
        """Publish the status now."""
        self._say(*self.status())

    def leave(self) -> None:
        """Say that this node ends. Those who count on it need not wait until its word fails to come."""
        self._say("error", ENDED, f"the {self._name} node was ended", {})

    def _say(self, level: str, state: str, why: str, values: dict[str, str]) -> None:
        message = DiagnosticStatus(level=LEVELS[level], name=self._name, message=why)
        told = {"state": state, PROCESS: own_address(), **values}
        message.values = [KeyValue(key=key, value=value) for key, value in told.items()]
        self._status.publish(message)

    def status(self) -> tuple[str, str, str, dict[str, str]]:
        """Level (ok, warn, error), state, why, and figures by name."""
        return "ok", "running", "", {}

    def hear(self, name: str, heard: Callable[[str, str, str], None]) -> None:
        """Call `heard(level, state, why)` with every status of another node."""
        words = {value: key for key, value in LEVELS.items()}

        def take(message: DiagnosticStatus) -> None:
            told = {pair.key: pair.value for pair in message.values}
            self.neighbours.heard(name, told.get(PROCESS, ""))
            heard(words.get(message.level, "error"), told.get("state", ""), message.message)

        self.create_subscription(DiagnosticStatus, f"{name}/{STATUS}", take, CONTROL)

    def not_alone(self, others: int) -> None:
        """Another node of this name runs in this namespace."""
        if not self._others:
            self.get_logger().error(f"{others} more nodes publish {self._name}/{STATUS}: stop them")

    def failed(self, error: Exception) -> None:
        """A callback raised: the node goes on."""
        self.get_logger().error("".join(traceback.format_exception(error))[-2000:])

    def _expect_alone(self) -> None:
        others = self.count_publishers(f"{self._name}/{STATUS}") - 1
        if others > 0:
            self.not_alone(others)
        self._others = others


def use_profile(profile: Path = PROFILE) -> None:
    """Images travel through shared memory that is large enough for them, unless the integrator says otherwise."""
    if not any(name in os.environ for name in PROFILES):
        os.environ[PROFILES[0] if release() >= RENAMED else PROFILES[1]] = str(profile)


def release() -> int:
    """The first number of rclpy's version: 3 is Humble, 7 Jazzy, 9 Kilted."""
    for name in ("ros-rclpy", "rclpy"):  # as the wheels of tests call it, and as ROS does
        with contextlib.suppress(PackageNotFoundError):
            return int(version(name).partition(".")[0])
    return RENAMED


def spin(node: CellNode, over: Over) -> None:
    """Serve a node until it is over or the context ends; callbacks that raise do not end it."""
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    while rclpy.ok() and not over():
        try:
            executor.spin_once(timeout_sec=0.1)
        except ExternalShutdownException:
            break
        except Exception as error:
            if not rclpy.ok():
                break
            node.failed(error)
    executor.shutdown(timeout_sec=0)


def run(
    make: Callable[[], CellNode],
    serve: Callable[[Any, Over], None] = spin,
    arguments: Sequence[str] | None = None,
    at_once: bool = False,
) -> int:
    """The main of a node. Exit codes: 0 done, or told to end; 2 it cannot do its work.

    The context outlives an interrupt, so that the node can say that it ends: signals are not ROS's here. An exception
    raised inside of rclpy would leave a node that is deaf and does not end: an interrupt only says that it is over.

    Args:
        serve: serves until it is over. arguments: of ROS; None: those of this process.
        at_once: raise KeyboardInterrupt, too, in a main thread that does not serve, but works for long.
    """
    use_profile()
    rclpy.init(args=None if arguments is None else list(arguments), signal_handler_options=SignalHandlerOptions.NO)
    node: CellNode | None = None
    over = Event()

    def end(signum: int, frame: FrameType | None) -> None:
        over.set()
        if at_once:
            raise KeyboardInterrupt

    try:
        with handled(end):
            node = make()
            serve(node, over.is_set)
        return 0
    except HandpickError as error:
        print(f"{make.__name__}: {error}", file=sys.stderr)
        return 2
    except (KeyboardInterrupt, ExternalShutdownException):
        return 0
    finally:
        with handled(lambda signum, frame: None):
            if node is not None and rclpy.ok():
                node.leave()
            rclpy.try_shutdown()


def main_of(
    make: Callable[[], CellNode], serve: Callable[[Any, Over], None] = spin, at_once: bool = False
) -> Callable[[], int]:
    """A node's entry point; arguments as of `run`."""
    return partial(run, make, serve, at_once=at_once)
