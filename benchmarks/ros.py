"""The nodes over real DDS: images lost and their age, and orders of a simulated bin against the direct path.

Processes apart, on a ROS domain of this benchmark's own. Needs ROS 2 (for tests: `pip install -c constraints.txt -e
'.[ros-ci]'`).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from grasping.tools import DualTool, GripCommand
from handpick.cell import CellLayout, CellState
from handpick.layout import standard_layout
from motion.trajectory import Trajectory
from perception.camera import CameraFrame

DOMAIN = "102"  # of this benchmark; tests use those below


@dataclass
class Still:
    """A robot that stands still before four cameras, whose images cost nothing to make. Its clock is the system's."""

    layout: CellLayout

    def clock(self) -> float:
        return time.time()

    def wait(self, seconds: float) -> None:
        time.sleep(seconds)

    def photograph(self, name: str) -> CameraFrame:
        return replace(self.frames[name], stamp=self.clock())

    def __post_init__(self) -> None:
        rng = np.random.default_rng(0)
        self.frames = {
            camera.name: CameraFrame(
                camera,
                0.0,
                rng.uniform(0.5, 1.5, (camera.height, camera.width)).astype(np.float32),
                rng.integers(0, 255, (camera.height, camera.width, 3), np.uint8),
            )
            for camera in self.layout.cameras
        }

    def state(self) -> CellState:
        still = np.zeros(7)
        return CellState(self.clock(), still, still, still, 0.0, 0.0, 0.04, 0.0)

    def move(self, trajectory: Trajectory) -> None: ...

    def grip(self, command: GripCommand) -> None: ...

    def recover(self, seconds: float) -> None: ...


def four_cameras() -> CellLayout:
    layout = standard_layout()
    return replace(layout, cameras=layout.cameras[:4])


def publish(rate: float) -> None:
    """In a process of its own: four cameras at `rate` images a second each."""
    from ros_nodes.robot.robot_node import serve

    names = [f"joint{i}" for i in range(7)]
    serve([], Still(four_cameras()), names, DualTool(), rate)


def images(rate: float, seconds: float) -> None:
    """Frames that the perception node gets of those that are sent, and how old they are when they come."""
    import rclpy

    from ros_nodes.new_cell import write_cell
    from ros_nodes.node import spin, use_profile
    from ros_nodes.perception_node import PerceptionNode

    with tempfile.TemporaryDirectory() as folder:
        write_cell(Path(folder) / "cell", "panda", simulated=True)
        cameras = Path(folder) / "cell" / "cameras.json"
        cameras.write_text(json.dumps(json.loads(cameras.read_text())[:4]))
        sender = subprocess.Popen([sys.executable, "-m", "benchmarks.ros", "--publish", str(rate)])
        use_profile()
        rclpy.init(args=["--ros-args", "-p", f"cell:={folder}/cell"])
        try:
            node = PerceptionNode()
            came = time.monotonic() + 20.0
            spin(node, lambda: all(feed.info for feed in node.feeds) or time.monotonic() > came)
            settled = time.monotonic() + 2.0
            spin(node, lambda: time.monotonic() > settled)
            for feed in node.feeds:
                feed.ages.clear()
            began, end = node.cell_clock.now(), time.monotonic() + seconds
            spin(node, lambda: time.monotonic() > end)
            spent = node.cell_clock.now() - began
            ages = 1e3 * np.concatenate([feed.ages for feed in node.feeds])
            sent = rate * spent * len(node.feeds)
            print(f"four cameras of 640x480 depth and colour at {rate:g} Hz for {spent:.1f} s, processes apart")
            print(f"  frames lost      {max(0.0, 1 - len(ages) / sent):8.1%} of {sent:.0f}")
            print(f"  age p50 / p95    {np.percentile(ages, 50):8.1f} / {np.percentile(ages, 95):.1f} ms")
        finally:
            sender.terminate()
            sender.wait()
            rclpy.try_shutdown()


def direct(arm: str, orders: int, seed: int) -> tuple[int, float]:
    """Orders placed and simulated seconds on the direct path."""
    from handpick.record import Fate
    from sim.plan import SimPlan
    from sim.run import simulate

    run = simulate(SimPlan("boxes", orders, seed=seed, arm=arm), 1, lambda line: None)
    placed = sum(item.fate is Fate.PLACED for item in run.items)
    return placed, sum(bin_.seconds_to_last for bin_ in run.bins)


def over_ros(arm: str, orders: int, seed: int, rate: float, patience: float) -> tuple[int, float]:
    """The same over nodes: items truly placed, and the seconds that the report tells."""
    from benchmarks.support.live_cell import LiveCell

    robot = ["--seed", str(seed), "--camera-rate", str(rate)]
    with tempfile.TemporaryDirectory() as name:
        report = Path(name) / "report"
        changes = {"planner": [f"orders:={orders}"], "supervisor": [f"out:={report}"]}
        with LiveCell(Path(name), arm, robot, **changes) as cell:
            end = time.monotonic() + patience
            until = lambda *states: cell.until(lambda: cell.state in states, end - time.monotonic())
            until("ready")
            cell.call("supervisor/start")
            until("running")
            cell.heard.clear()
            until("ready", "stopped")
            gaps = 1e3 * np.diff(cell.heard["planner"])
            print(f"  planner's word   {np.percentile(gaps, 99):7.0f} ms apart at p99, {gaps.max():.0f} at most")
            if cell.state != "ready":
                print(f"  ended early: {cell.state} {cell.why['supervisor']}")
            placed = cell.truth()["destination"]
            if cell.state == "running":
                cell.call("supervisor/stop")
            return int(placed), float(json.loads((report / "report.json").read_text())["seconds"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=10.0, help="images of each camera a second")
    parser.add_argument("--seconds", type=float, default=20.0, help="for which images are measured")
    parser.add_argument("--orders", type=int, default=10, help="of a simulated bin; 0: images alone")
    parser.add_argument("--arm", default="panda")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--patience", type=float, default=900.0, help="seconds after which a run is given up")
    parser.add_argument("--publish", type=float, help=argparse.SUPPRESS)
    options = parser.parse_args()
    from benchmarks.support.live_cell import on_domain

    on_domain(DOMAIN)
    if options.publish:
        return publish(options.publish)
    if options.seconds > 0:
        images(options.rate, options.seconds)
    if options.orders:
        placed, seconds = direct(options.arm, options.orders, options.seed)
        print(f"{options.arm}, {options.orders} orders of boxes, seed {options.seed}")
        print(f"  direct           {placed:4} placed in {seconds:7.1f} simulated seconds")
        placed, spent = over_ros(options.arm, options.orders, options.seed, options.rate, options.patience)
        print(f"  over ROS         {placed:4} placed in {spent:7.1f} simulated seconds, {spent / seconds:.2f} times")


if __name__ == "__main__":
    main()
