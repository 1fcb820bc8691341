"""A simulated bin is picked over real DDS by what the launch file starts; a person stops it on the way."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

pytest.importorskip("rclpy")

from ros_nodes.picks.pick_words import pick_of
from tests.support.launch_runner import launched
from tests.support.ros_graph import Graph, graph

LAUNCH = Path(__file__).parents[2] / "launch" / "sim.launch.py"
NODES = {"perception", "arm", "tool", "planner", "supervisor"}
ORDERS = 2
LONG = 300.0  # seconds, where others use the machine too


def launch(graph: Graph) -> None:
    """Start what the launch file says, with few images: machines of CI render by software."""
    file = graph.cell / "parameters.yaml"
    file.write_text(file.read_text().replace("orders: 40", f"orders: {ORDERS}").replace("out/robot", str(graph.logs)))
    started = launched(LAUNCH, cell=str(graph.cell), camera_rate="2")
    assert set(started.processes) == set(started.critical) == NODES | {"robot"}
    for name, command in started.processes.items():
        graph.processes.start(name, command)


def test_a_bin_is_picked_through_a_stop_and_a_reset(tmp_path: Path) -> None:
    with graph(tmp_path) as cell:
        launch(cell)
        cell.until(lambda: cell.state("supervisor") == "ready", LONG)
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
