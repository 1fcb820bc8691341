"""Following a motion: commands on the way, a guard by the tool's sensors, and eyes that may mend it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from handpick.cell import Cell, CellState
from handpick.picking.grip import POLL
from handpick.picking.monitor import CLOSED, Eyes
from motion.trajectory import Trajectory
from perception.pose import Array

Event = tuple[float, Callable[[], None]]  # what is to be done so many seconds into a motion


@dataclass(frozen=True, eq=False)
class Underway:
    """A motion `time` seconds after its beginning; arrives: it ends where the arm was to go, and not on the way."""

    motion: Trajectory
    time: float
    arrives: bool = True

    @property
    def left(self) -> float:
        """Seconds to its end."""
        return self.motion.duration - self.time

    @property
    def acceleration(self) -> Array:
        """(J,), rad/s^2."""
        return self.motion.sample(self.time)[2]


def follow(
    cell: Cell,
    motion: Trajectory,
    fine: Callable[[CellState, Underway], bool] = lambda state, way: True,
    events: Sequence[Event] = (),
    poll: float = POLL,
    doubts: int = 2,
    eyes: Eyes = CLOSED,
) -> bool:
    """Follow a trajectory to its end, or brake once the sensors were not fine `doubts` times running.

    Args:
        fine: says it of the cell's state and the motion.
        events: in the order of their times; those to come are left out once the motion was mended.
        eyes: mend the motion, or halt it. They have been told that it begins.

    Returns:
        Whether the arm came to the end of the motion.
    """
    cell.move(motion)
    began = cell.clock()
    doubted, coming = 0, list(events)
    while (left := began + motion.duration - cell.clock()) > 1e-9:
        while coming and cell.clock() - began >= coming[0][0] - 1e-9:
            coming.pop(0)[1]()
        cell.wait(min(poll, left))
        state = cell.state()
        if mended := eyes.attend(state):
            motion, began, coming = mended.trajectory, mended.began, []
        way = Underway(motion, state.stamp - began, eyes.halted is None)  # as of the reading, which may be older
        doubted = 0 if fine(state, way) else doubted + 1
        if doubted == doubts or eyes.stopped:
            cell.stop()
            settle(cell)
            return False
    return eyes.halted is None


def settle(cell: Cell, patience: float = 1.0) -> None:
    """Wait until the arm rests."""
    end = cell.clock() + patience
    while cell.clock() < end and abs(cell.state().velocities).max() > 0.01:
        cell.wait(POLL)
