"""A cell that is little more than a clock, and motions to send to it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from grasping.tools import GripCommand
from handpick.cell import CellState
from handpick.layout import standard_layout
from motion.trajectory import Trajectory

STILL = np.zeros(7)


class Clock:
    """Time, and an arm that is where it was sent as soon as it is sent there.

    Attributes:
        readings: of the tool, as its sensors show them. commands: what else was asked of the cell. told: of the tool.
    """

    def __init__(self) -> None:
        self.layout = standard_layout()
        self.time, self.positions = 0.0, STILL
        self.readings = CellState(
            0.0, STILL, STILL, STILL, vacuum=0.0, cup_travel=1.0, finger_gap=0.0, finger_force=0.0
        )
        self.commands, self.told = list[str](), list[GripCommand]()

    def clock(self) -> float:
        return self.time

    def wait(self, seconds: float) -> None:
        self.time += seconds

    def state(self) -> CellState:
        return replace(self.readings, stamp=self.time, positions=self.positions)

    def move(self, trajectory: Trajectory) -> None:
        self.positions = trajectory.positions[-1]

    def grip(self, command: GripCommand) -> None:
        self.told.append(command)

    def capture(self) -> tuple[()]:
        return ()

    def stop(self) -> None:
        self.commands.append("stop")

    def recover(self) -> None:
        self.commands.append("recover")


def motion_to(start: float, end: float, seconds: float = 1.0) -> Trajectory:
    """All joints from one position to another, rad, at a speed that is not told."""
    positions = np.array([np.full(7, start), np.full(7, end)])
    return Trajectory(np.array([0.0, seconds]), positions, 0 * positions, 0 * positions)
