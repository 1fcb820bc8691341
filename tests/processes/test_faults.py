"""Faults among real processes: the arm holds, says why, and moves again after a reset alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pytest

pytest.importorskip("rclpy")

from handpick.cell import CellStopped
from handpick.check_cell import check_cell, minimum_jerk
from motion.trajectory import TrajectoryError
from ros_nodes.cell_folder import load_cell
from ros_nodes.ros_cell import RosCell
from tests.support.ros_graph import Graph, graph, interrupt

LIMIT = 1.0  # seconds that each watchdog waits here; machines of CI are slower than robots' computers
ARM = [f"stale_{name}:={LIMIT}" for name in ("joints", "perception", "supervisor", "planner")]


@dataclass
class Rig:
    """The graph with the test in the planner's place."""

    graph: Graph
    cell: RosCell
    goal: float = 0.0  # of the first joint's swing, rad

    def ready(self) -> None:
        """All is well, reset where need be, and started."""
        graph = self.graph
        graph.mute = False
        graph.fault("well")
        graph.until(lambda: graph.state("perception") == "seeing" and graph.state("tool") == "ready")

        def reset() -> bool:  # a person tries again while what stopped the arm is still there
            if graph.state("supervisor") == "stopped" or graph.state("arm") == "stopped":
                graph.call("supervisor/reset")
                time.sleep(0.3)
            return graph.state("arm") == "ready" and graph.state("supervisor") in ("ready", "running")

        graph.until(reset)
        if graph.state("supervisor") == "ready":
            graph.call("supervisor/start")
        graph.until(lambda: graph.state("supervisor") == "running" and not self.cell.stopped)

    def swing(self, seconds: float = 4.0) -> None:
        """Set the arm moving, to and fro around where it began."""
        start = self.cell.state().positions
        angle = float(-0.8 * np.sign(start[0] + 1e-3))
        self.goal = start[0] + angle
        self.cell.move(minimum_jerk(start, angle, seconds))
        self.graph.until(lambda: self.graph.state("arm") == "moving", 10)
        self.cell.wait(1.2)

    def expect_hold(self, said: str, within: float = 0.8) -> None:
        """The arm comes to rest in mid-motion within simulated seconds, says why, and refuses to move."""
        graph = self.graph
        graph.until(lambda: graph.state("arm") == "stopped", 20)
        assert said in graph.why("arm")
        assert graph.rests_within(within)
        assert abs(graph.truth()["joints"][0] - self.goal) > 0.05
        with pytest.raises(CellStopped):
            self.cell.move(minimum_jerk(self.cell.state().positions, 0.05, 1.0))
        graph.until(lambda: graph.state("supervisor") == "stopped", 10)


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    folder = tmp_path_factory.mktemp("faults")
    with graph(folder, "planner", arm=ARM, perception=["stale_frames:=8.0"], supervisor=["stale:=3.0"]) as made:
        made.node.status = lambda: ("ok", "picking", "", {})  # type: ignore[method-assign]
        made.start_robot("--camera-rate", "2", "--seed", "3")
        made.start("perception", "arm", "tool", "supervisor")
        made.until(lambda: made.state("perception") == "seeing")
        cell = RosCell(made.node, load_cell(made.cell), patience=20.0, coming_up=60.0)
        yield Rig(made, cell)


def test_the_cell_keeps_the_promises_of_the_protocol(rig: Rig) -> None:
    rig.ready()
    fits = check_cell(rig.cell, arm=rig.cell.folder.robot())
    assert len(fits) == 5


def test_a_motion_beyond_the_limits_is_refused_and_nothing_stops(rig: Rig) -> None:
    rig.ready()
    with pytest.raises(TrajectoryError, match="velocity"):
        rig.cell.move(minimum_jerk(rig.cell.state().positions, 0.5, 0.2))
    rig.cell.move(minimum_jerk(rig.cell.state().positions, 0.02, 0.5))


def test_joints_in_another_order_are_the_same_joints(rig: Rig) -> None:
    rig.ready()
    before = rig.cell.state().positions
    rig.graph.fault("other order")
    rig.cell.wait(0.3)
    assert np.abs(rig.cell.state().positions - before).max() < 1e-3
    rig.swing()
    rig.cell.wait(3.5)
    assert not rig.cell.stopped


SLOWLY = 30.0  # seconds of a motion that is still under way when the cameras are missed, after `stale_frames`
FAULTS: dict[str, tuple[Callable[[Rig], None], str]] = {
    "joint states freeze": (lambda rig: rig.graph.fault("freeze joints"), "no joint states for"),
    "joint states in degrees": (lambda rig: rig.graph.fault("degrees"), "degrees"),
    "joint states of no numbers": (lambda rig: rig.graph.fault("nan joints"), "finite"),
    "the controller rejects": (lambda rig: rig.graph.fault("reject"), "the arm does not follow"),
    "the clock jumps": (lambda rig: rig.graph.fault("jump"), "jump"),
    "a camera is lost": (lambda rig: rig.graph.fault("camera middle"), "no images of camera middle for"),
    "the planner is silent": (lambda rig: setattr(rig.graph, "mute", True), "no planner for"),
    "a person stops it": (lambda rig: rig.graph.call("arm/stop") and None, "stopped by a person"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_the_arm_holds_until_a_reset(fault: str, rig: Rig) -> None:
    inject, said = FAULTS[fault]
    rig.ready()
    rig.swing(SLOWLY if "camera" in fault else 4.0)
    inject(rig)
    if rig.graph.mute:
        time.sleep(LIMIT + 1.0)
        rig.graph.mute = False
    rig.expect_hold(said)
    rig.ready()
    rig.cell.move(minimum_jerk(rig.cell.state().positions, 0.02, 0.5))


@pytest.mark.parametrize("name", ["perception", "supervisor"])
def test_a_node_that_is_killed_stops_the_arm(name: str, rig: Rig) -> None:
    rig.ready()
    rig.swing()
    rig.graph.kill(name)
    rig.graph.until(lambda: rig.graph.state("arm") == "stopped", 20)
    assert f"the {name} node's process has ended" in rig.graph.why("arm") and rig.graph.rests_within(0.8)
    rig.graph.start(name)
    rig.graph.until(lambda: rig.graph.state(name) != "")
    rig.ready()


def test_an_arm_whose_node_is_killed_comes_to_rest_by_itself(rig: Rig) -> None:
    rig.ready()
    rig.swing()
    rig.graph.kill("arm")
    assert rig.graph.rests_within(1.2)  # what was sent ends in a brake
    assert abs(rig.graph.truth()["joints"][0] - rig.goal) > 0.05  # and not at the motion's end
    with pytest.raises(CellStopped, match="word of the arm"):
        rig.cell.wait(2.0)
    rig.graph.start("arm")
    rig.graph.until(lambda: rig.graph.state("arm") != "")
    rig.ready()


def test_two_arm_nodes_stop_each_other(rig: Rig) -> None:
    rig.ready()
    first = rig.graph.processes.running["arm"]
    rig.graph.start("arm")
    rig.graph.until(lambda: "2 arm nodes run at once" in rig.graph.why("arm"), 30)
    assert interrupt(rig.graph, "arm") in (0, 130)
    rig.graph.processes.running["arm"] = first
    rig.ready()
