"""A robot without physics behind real topics: it follows exactly, costs next to nothing, and remembers how it moved.

`python -m tests.support.steady_robot` serves it by the system's clock, with `--simulated` by its own.
"""

from __future__ import annotations

import argparse
import time
from collections import deque
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from grasping.tools import DualTool, GripCommand
from handpick.cell import CellLayout, CellState
from handpick.layout import standard_layout
from motion.robot.load import load_arm
from motion.trajectory import Trajectory
from perception.camera import CameraFrame, CameraModel

RATE = 30.0  # images of each camera a second
CAMERAS, SIZE = 2, (64, 48)
REMEMBERED = 600  # steps of the controller: 2.5 s
ARM = load_arm("panda")


def small(camera: CameraModel) -> CameraModel:
    return replace(camera, width=SIZE[0], height=SIZE[1], k=np.diag([0.1, 0.1, 1.0]) @ camera.k)


def steady_layout() -> CellLayout:
    layout = standard_layout()
    return replace(layout, cameras=tuple(map(small, layout.cameras[:CAMERAS])))


@dataclass
class SteadyRobot:
    """Its first joint's speed is remembered with the monotonic clock, which all processes share."""

    simulated: bool = False
    layout: CellLayout = field(default_factory=steady_layout)

    def __post_init__(self) -> None:
        self._began = time.monotonic() - 10.0
        still = np.repeat(np.array(ARM.home)[None], 2, axis=0)
        self._motion, self._moves = Trajectory(np.array((0.0, 1.0)), still, 0 * still, 0 * still), self.clock()
        self._past = deque[tuple[float, float]](maxlen=REMEMBERED)

    def clock(self) -> float:
        return time.monotonic() - self._began if self.simulated else time.time()

    def wait(self, seconds: float) -> None:
        time.sleep(seconds)
        self._past.append((time.monotonic(), float(self.state().velocities[0])))

    def photograph(self, name: str) -> CameraFrame:
        camera = next(camera for camera in self.layout.cameras if camera.name == name)
        shape = camera.height, camera.width
        return CameraFrame(camera, self.clock(), np.ones(shape, np.float32), np.zeros((*shape, 3), np.uint8))

    def state(self) -> CellState:
        now = self.clock()
        spent = now - self._moves
        q, v, _ = self._motion.sample(min(spent, self._motion.duration))
        v = v * (spent < self._motion.duration)
        return CellState(now, q, v, 0 * q, 0.0, 0.0, 0.04, 0.0)

    def move(self, trajectory: Trajectory) -> None:
        self._motion, self._moves = trajectory, self.clock()

    def grip(self, command: GripCommand) -> None: ...

    def recover(self, seconds: float) -> None: ...

    def truth(self) -> dict[str, Any]:
        return {"past": list(self._past)}


def main() -> None:
    from ros_nodes.robot.robot_node import serve

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--simulated", action="store_true")
    robot = SteadyRobot(parser.parse_args().simulated)
    serve([], robot, ARM.joint_names, DualTool(), RATE, 1.0, robot.truth)


if __name__ == "__main__":
    main()
