"""A simulated bin is picked over real DDS by what the launch file starts, through a stop, and recorded."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("rclpy")

from grasping.tools import Tool
from handpick.command import main
from handpick.recording.bag import Bag
from handpick.recording.open_recording import open_recording
from ros_nodes.picks.pick_words import pick_of
from tests.support.launch_runner import launched
from tests.support.ros_graph import Graph, graph, interrupt

LAUNCH = Path(__file__).parents[2] / "launch" / "sim.launch.py"
NODES = {"perception", "arm", "tool", "planner", "supervisor"}
ORDERS = 2
LONG = 300.0  # seconds, where others use the machine too


def launch(graph: Graph, **arguments: str) -> None:
    """Start what the launch file says, with few images: machines of CI render by software."""
    file = graph.cell / "parameters.yaml"
    file.write_text(file.read_text().replace("orders: 40", f"orders: {ORDERS}").replace("out/robot", str(graph.logs)))
    started = launched(LAUNCH, cell=str(graph.cell), camera_rate="2", **arguments)
    assert set(started.processes) == set(started.critical) == NODES | {"robot"}
    for name, command in started.processes.items():
        graph.processes.start(name, command)


def test_a_bin_is_picked_through_a_stop_and_a_reset(tmp_path: Path) -> None:
    with graph(tmp_path) as cell:
        launch(cell)
        cell.processes.start("recorder", recorder(cell))
        cell.until(lambda: cell.state("supervisor") == "ready", LONG)
        expect_checked(cell)
        assert cell.call("supervisor/start") == (True, "")
        cell.until(lambda: cell.state("arm") == "moving")

        assert cell.call("supervisor/stop")[0]
        cell.until(lambda: cell.state("arm") == "stopped" and cell.state("supervisor") == "stopped")
        assert "stopped by a person" in cell.why("arm") and cell.rests_within(0.8)
        before = cell.truth()["joints"]
        time.sleep(1.0)
        refused, why = cell.call("supervisor/start")
        assert (
            not refused and "stopped by a person" in why and cell.truth()["joints"] == pytest.approx(before, abs=1e-3)
        )
        assert cell.call("supervisor/reset")[0]
        cell.until(lambda: cell.state("supervisor") == "ready")
        assert cell.call("supervisor/start")[0]

        cell.until(lambda: cell.state("supervisor") == "running")
        cell.until(lambda: cell.state("supervisor") != "running", LONG)
        assert cell.state("supervisor") == "ready", cell.why("supervisor")
        truth = cell.truth()
        placed = [pick for pick in map(pick_of, cell.picks) if pick.result.value == "placed"]
        assert len(placed) >= ORDERS - 1 and truth["destination"] >= len(placed) and truth["outside"] == 0
        time.sleep(1.0)
        report = json.loads((tmp_path / "report.json").read_text())
        assert report["placed"] >= len(placed) - 1 and len(report["stops"]) == 1
        assert interrupt(cell, "recorder") == 0
    expect_recorded(tmp_path / "record" / "ros-000", len(placed))


def test_four_cups_without_fingers_pick_over_valves_and_gauges(tmp_path: Path) -> None:
    with graph(tmp_path, tools="suction") as cell:
        launch(cell, tools="suction")
        cell.until(lambda: cell.state("supervisor") == "ready", LONG)
        assert cell.call("supervisor/start") == (True, "")
        cell.until(lambda: cell.state("supervisor") == "running")
        cell.until(lambda: cell.state("supervisor") != "running", LONG)
        assert cell.state("supervisor") == "ready", cell.why("supervisor")
        placed = [pick for pick in map(pick_of, cell.picks) if pick.result.value == "placed"]
        assert placed and all(pick.tool is Tool.SUCTION for pick in placed)
        assert cell.truth()["destination"] >= len(placed)


def expect_checked(graph: Graph) -> None:
    """`handpick check` finds nothing wrong, and its page tells so."""
    command = [sys.executable, "-m", "handpick", "check", str(graph.cell), "--simulated", "--out", str(graph.logs)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LONG)
    assert done.returncode == 0, done.stdout + done.stderr
    page = (graph.logs / "check.html").read_text()
    assert "Nothing is wrong" in page and "<b>5 of 5</b>" in page and "<b>7 of 7</b>" in page


def recorder(graph: Graph) -> list[str]:
    command = [sys.executable, "-m", "handpick", "record", "--ros", str(graph.cell), "--simulated"]
    return [*command, "--out", str(graph.logs / "record")]


def expect_recorded(bag: Path, placed: int) -> None:
    """Every look is there with its images, what was decided and what came of it, and is decided the same again."""
    with open_recording(bag) as recording:
        moments = list(recording.moments())
    assert all(len(moment.images) == 5 and moment.state is not None for moment in moments)
    decided = [moment.decision for moment in moments if moment.decision is not None]
    assert len(decided) == len(moments) >= placed
    assert sum(m.outcome is not None and m.outcome["result"] == "placed" for m in moments) == placed
    told = Bag(bag).topics
    assert told["/planner/markers"] == "visualization_msgs/msg/MarkerArray" and "/arm/status" in told
    assert main(["replay", str(bag), "--out", str(bag.parent / "replay")]) == 0
    report = json.loads((bag.parent / "replay" / "report.json").read_text())
    assert (report["compared"], report["otherwise"]) == (len(moments), 0)
