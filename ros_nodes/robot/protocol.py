"""A robot that is simulated, as the node that serves it needs it."""

from __future__ import annotations

from typing import Protocol

from grasping.tools import GripCommand
from handpick.cell import CellLayout, CellState
from motion.trajectory import Trajectory
from perception.camera import CameraFrame


class Robot(Protocol):
    """Arm, tool and cameras whose clock `wait` advances; as of `handpick.cell.Cell`."""

    @property
    def layout(self) -> CellLayout: ...

    def clock(self) -> float: ...

    def wait(self, seconds: float) -> None: ...

    def photograph(self, name: str) -> CameraFrame: ...

    def state(self) -> CellState: ...

    def move(self, trajectory: Trajectory) -> None: ...

    def grip(self, command: GripCommand) -> None: ...

    def recover(self, seconds: float) -> None: ...
