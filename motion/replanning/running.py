"""A running motion, and the motion that replaces it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np

from motion.planning.constraints import Setting
from motion.timing.jerk_limited import State
from motion.trajectory import Trajectory


class Branch(str, Enum):
    """How a motion was mended."""

    KEEP = "keep"
    RETIME = "retime"
    SPLICE = "splice"
    VIAS = "vias"
    BRAKE = "brake"


@dataclass(frozen=True, eq=False)
class Running:
    """A motion that the arm has followed since `began`, seconds on the cell's clock, and what it must respect."""

    trajectory: Trajectory
    began: float
    setting: Setting

    def row(self, time: float) -> int:
        """Of the first sample at or after a time of the cell's clock; the last one once the motion has ended."""
        row = int(np.searchsorted(self.trajectory.times, time - self.began - 1e-9))
        return min(row, len(self.trajectory.times) - 1)

    def between(self, first: int, last: int | None = None) -> Trajectory:
        """The samples from one row to another, that included, or to the end; two or more."""
        motion, end = self.trajectory, len(self.trajectory.times) if last is None else last + 1
        part = slice(first, end)
        if end - first < 2:  # at rest at the end
            still = np.repeat(motion.positions[-1:], 2, axis=0)
            return Trajectory(np.array((0.0, 1e-3)), still, 0 * still, 0 * still)
        times = motion.times[part] - motion.times[first]
        return Trajectory(times, motion.positions[part], motion.velocities[part], motion.accelerations[part])

    def state(self, row: int) -> State:
        motion = self.trajectory
        return State(motion.positions[row], motion.velocities[row], motion.accelerations[row])


@dataclass(frozen=True, eq=False)
class Mended:
    """The motion to follow from now on in place of a running one.

    Attributes:
        kind: how it was found.
        running: from the time of asking on: first as before, from `starts` on as mended. Its trajectory begins at the
            arm's state, so it can be sent at once, or late, without what has passed.
        starts: seconds on the cell's clock.
        arrives: whether it still ends where the motion was to end; otherwise the arm only comes to rest.
        holds: whether the grasp holds throughout, as far as is known.
    """

    kind: Branch
    running: Running
    starts: float
    arrives: bool
    holds: bool = True

    @property
    def trajectory(self) -> Trajectory:
        return self.running.trajectory
