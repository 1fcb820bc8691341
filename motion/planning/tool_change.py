"""A planning scene in which the tool changes on the way: fingers open or close, the cup comes out or goes in."""

from __future__ import annotations

import numpy as np

from motion.errors import InCollision
from motion.planning.planning_scene import COARSE, EXACT, Leg, Stage, collision, within
from motion.timing.time_optimal import STEP
from motion.trajectory import Trajectory
from perception.pose import Array

SLOWEST = 3.0  # times its duration that a motion may take for the tool to change on the way


class Change(Stage):
    """A stage that begins with the tool as in `before` and ends with the tool as in `after`.

    In between the robot must be free either way for as long as the change takes: else it goes slower.

    Args:
        before, after: stages that move the same frame. seconds: that the change takes.
    """

    def __init__(self, before: Stage, after: Stage, seconds: float) -> None:
        vars(self).update(vars(after))
        self.before, self.seconds = before, seconds

    def legs(self, start: Array, end: Array, out: Leg | None, into: Leg | None) -> tuple[tuple[float, float], ...]:
        return self.before.clearing(start, out, checked=True), self.clearing(end, into, checked=True)

    def check(self, path: Array, near_start: float, near_end: float, sure: bool = True) -> None:
        self._window(path, near_start, near_end, sure)

    def unhurried(self, motion: Trajectory, near_start: float, near_end: float) -> Trajectory:
        first, last = self._times(motion, near_start, near_end)
        lacks = (self.seconds + COARSE) / max(last - first, COARSE)
        return motion if lacks <= 1 else motion.slowed(min(lacks, SLOWEST)).spaced(STEP)

    def verify(self, motion: Trajectory, near_start: float, near_end: float) -> float:
        """As `Stage.verify`. Returns the seconds into the motion from which on the tool may change.

        Raises:
            InCollision: the robot hits something, or there is no time to change the tool.
        """
        first, last = self._times(motion, near_start, near_end)
        if (clear := last - first) < self.seconds:
            raise InCollision(f"the tool is clear of things for {clear:.2f} s, it needs {self.seconds:.2f} s to change")
        rows = np.arange(0, len(motion.positions), round(EXACT / 1e-3))
        self.before.exact.verify(motion.positions[rows[rows <= last / 1e-3]])
        self.exact.verify(motion.positions[rows[rows >= first / 1e-3]])
        return first

    def _times(self, motion: Trajectory, near_start: float, near_end: float) -> tuple[float, float]:
        """Seconds into a motion from which on the tool may have changed, and up to which it need not. As `_window`."""
        first, last = self._window(motion.positions[:: round(COARSE / 1e-3)], near_start, near_end, sure=False)
        return first * COARSE, last * COARSE

    def _window(self, path: Array, near_start: float, near_end: float, sure: bool) -> tuple[int, int]:
        """The first row of a path (N, J) from which on the tool may have changed, and the last up to which it need not.

        Raises:
            InCollision: there is no row where it may be either.
        """
        tool = self.tool_positions(path)
        leaves, enters = within(tool, 0, near_start), within(tool, -1, near_end)
        rows = np.arange(len(path))
        last = self.before.first_hit(path, rows, leaves, sure) - 1
        first = len(path) - self.first_hit(path, rows[::-1], enters, sure)
        if first > last:
            row = min(first, last + 1, len(path) - 1)
            raise collision(bool(leaves[row] or enters[row]), tool[row])
        self.before.exact.verify(path[leaves])
        self.exact.verify(path[enters])
        return first, last
