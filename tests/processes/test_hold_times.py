"""From a fault until the arm holds: measured among real processes, with the limits of a real robot.

The robot follows exactly and costs next to nothing, so that what is measured is the nodes. Others use the machine, too,
and can only make it later: of up to three tries the soonest counts. `pytest -s` prints what was measured.
"""

from __future__ import annotations

import json
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("rclpy")

from ros_nodes.processes import node_command
from tests.support.ros_graph import Graph, graph

HOLDS = 0.2  # seconds from a fault until the arm begins to brake
BRAKES = 0.15  # seconds that braking may take
TRIES, STARTS = 3, 20
CRUISE = 0.36  # rad/s, of 0.375 in mid-motion
PARAMETERS = """
/**:
  ros__parameters:
    use_sim_time: {simulated}
/**/perception:
  ros__parameters: {{stale_frames: {stale}}}
/**/arm:
  ros__parameters: {{dry_run: false, speed: 1.0, controller: topic}}
/**/tool:
  ros__parameters: {{dry_run: false, stale_tool: 1.0}}
/**/supervisor:
  ros__parameters: {{out: {out}}}
"""  # other limits of time are the nodes' own
NODES = ("perception", "arm", "tool", "supervisor")


@dataclass
class Rig:
    """A robot that does nothing but swing, at the nodes' own limits of time."""

    graph: Graph

    def start(self, name: str) -> None:
        if name == "planner":
            self.graph.processes.start("planner", planner(self.graph))
        else:
            self.graph.start(name)

    def ready(self) -> None:
        """All is well, reset where need be, and started. On a machine that others use a watchdog may bite meanwhile."""
        graph = self.graph
        graph.fault("well")

        def running() -> bool:
            for name in (*NODES, "planner"):
                if graph.processes.running[name].poll() is not None:
                    graph.said.pop(name, None)
                    self.start(name)
                    graph.until(lambda name=name: graph.state(name))
            if graph.state("supervisor") == "stopped" or graph.state("arm") == "stopped":
                graph.call("supervisor/reset")
                time.sleep(0.2)
            elif graph.state("supervisor") == "ready":
                graph.call("supervisor/start")
                time.sleep(0.2)
            return graph.state("supervisor") == "running" and graph.state("arm") == "ready"

        graph.until(running)

    def past(self) -> np.ndarray:
        """Monotonic seconds and the first joint's speed of the last while, (N, 2)."""
        past = np.array(self.graph.truth()["past"])
        past[:, 1] = np.abs(past[:, 1])
        return past

    def cruise(self) -> float:
        """Swing, until the arm is in mid-motion; its speed then, 0 where it does not come so far."""
        self.graph.call("planner/swing")
        end = time.monotonic() + 5.0
        while time.monotonic() < end:
            if (speed := self.past()[-1, 1]) > CRUISE:
                return float(speed)
        return 0.0

    def held(self, inject: Callable[[Graph], None]) -> tuple[float, float]:
        """Seconds from a fault until the arm brakes, and until it rests."""
        began, past = 0.0, np.zeros((1, 2))
        for _ in range(STARTS):  # where somebody else's load stops it before
            self.ready()
            speed = self.cruise()
            began = time.monotonic()
            if speed > 0:
                inject(self.graph)
                time.sleep(1.2)
                past = self.past()
                if past[past[:, 0] <= began][-1, 1] > 0.9 * speed:
                    break
        after = past[past[:, 0] > began]
        brake = after[after[:, 1] < 0.9 * CRUISE][:1, 0]
        rest = after[after[:, 1] < 1e-4][:1, 0]
        assert len(brake) and len(rest), f"the arm goes on, or was stopped before: {self.graph.said}"
        return float(brake[0] - began), float(rest[0] - began)


def planner(graph: Graph) -> list[str]:
    told = ["-p", f"cell:={graph.cell}", "--params-file", str(graph.cell / "parameters.yaml")]
    return [sys.executable, "-m", "tests.support.swinging_planner", "--ros-args", *told]


def rig_of(folder: Path, simulated: bool) -> Iterator[Rig]:
    with graph(folder) as made:
        cameras = made.cell / "cameras.json"
        cameras.write_text(json.dumps(json.loads(cameras.read_text())[:2]))
        stale = 1.0 if simulated else 0.12  # seconds: a simulated clock stutters
        told = PARAMETERS.format(simulated=str(simulated).lower(), stale=stale, out=folder / "report")
        (made.cell / "parameters.yaml").write_text(told)
        robot = [sys.executable, "-m", "tests.support.steady_robot", *(["--simulated"] if simulated else [])]
        made.processes.start("robot", robot)
        made.start(*NODES)
        made.processes.start("planner", planner(made))
        yield Rig(made)


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    yield from rig_of(tmp_path_factory.mktemp("holds"), simulated=False)


def signalled(name: str, number: signal.Signals) -> Callable[[Graph], None]:
    def send(graph: Graph) -> None:
        graph.processes.running[name].send_signal(number)

    return send


def fault(text: str) -> Callable[[Graph], None]:
    return lambda graph: graph.fault(text)


KILLED = {
    f"{name} {number.name}": signalled(name, number)
    for number in (signal.SIGKILL, signal.SIGINT)
    for name in ("perception", "supervisor", "planner", "tool", "arm")
}
FAULTS = {
    "a camera is silent": fault("camera middle"),
    "images are malformed": fault("malformed images"),
    "joint states freeze": fault("freeze joints"),
    "joint states are no numbers": fault("nan joints"),
    "joint states in degrees": fault("degrees"),
    "the controller rejects": fault("reject"),
    "a person stops it": lambda graph: graph.call("supervisor/stop") and None,
    **KILLED,
}


def expect_held(rig: Rig, name: str, inject: Callable[[Graph], None]) -> None:
    """The arm brakes and rests in time, stays there without a reset, and its node says why, if it still can."""
    tried = []
    for _ in range(TRIES):
        tried.append(rig.held(inject))
        if tried[-1][0] <= HOLDS and tried[-1][1] <= tried[-1][0] + BRAKES:
            break
    told = ", ".join(f"{1e3 * brake:.0f} and {1e3 * rest:.0f}" for brake, rest in tried)
    print(f"  {name}: brakes and rests after {told} ms; {rig.graph.why('arm')}")
    brake, rest = tried[-1]  # the first one in time, if there was one
    assert brake <= HOLDS and rest <= brake + BRAKES, told
    assert rig.past()[-1, 1] < 1e-4
    if "arm" not in name:
        rig.graph.until(lambda: rig.graph.state("arm") == "stopped", 10)
        assert rig.graph.why("arm")
        rig.graph.call("planner/swing") if "planner" not in name else None
        time.sleep(0.3)
        assert rig.past()[-1, 1] < 1e-4  # not without a reset


def test_the_arm_holds_within_200_ms_of_a_jump_of_the_clock(tmp_path: Path) -> None:
    for rig in rig_of(tmp_path, simulated=True):
        expect_held(rig, "the clock jumps", fault("jump"))
        assert "jump" in rig.graph.why("arm")


@pytest.mark.parametrize("name", FAULTS)
def test_the_arm_holds_within_200_ms_of_a_fault(name: str, rig: Rig) -> None:
    expect_held(rig, name, FAULTS[name])


def test_the_arm_holds_for_a_second_arm_node(rig: Rig) -> None:
    """When each process hears of another is DDS's: from when this one does, the time is told, and not tested."""
    tried = []
    for _ in range(STARTS):
        rig.ready()
        second = rig.graph.processes.start("second arm", node_command("arm", rig.graph.cell))
        rig.graph.until(lambda: rig.graph.node.count_publishers("arm/status") > 1, 30)
        tried.append(stopped_by_another(rig))
        second.kill()
        second.wait()
        rig.graph.until(lambda: rig.graph.node.count_publishers("arm/status") < 2, 30)
        if tried[-1] is not None:
            break
    print(f"  two arm nodes: stopped after {', '.join(f'{1e3 * each:.0f}' for each in tried if each is not None)} ms")
    assert tried[-1] is not None, f"it never says why: {rig.graph.said}"


def stopped_by_another(rig: Rig) -> float | None:
    """Seconds until the arm's node says that it is not alone; None where somebody else's load had stopped it before."""
    began = time.monotonic()
    if rig.graph.came(lambda: "arm nodes run at once" in rig.graph.why("arm"), 10):
        return time.monotonic() - began
    assert rig.graph.state("arm") == "stopped"
    return None
