"""Execute one planned pick on a cell and watch the tool's own sensors while doing it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from grasping.grasp import Grasp
from grasping.tools import DualTool, Tool
from handpick.cell import Cell, CellState, GripCommand
from handpick.outcome import Result
from motion.planner import PickMotion
from motion.trajectory import Trajectory

POLL = 0.02  # seconds between two looks at the tool's sensors


@dataclass
class Stopwatch:
    """Adds up the cell's seconds by stage."""

    cell: Cell
    stages: dict[str, float] = field(default_factory=dict)

    def run(self, stage: str, action: Callable[[], bool]) -> bool:
        started = self.cell.clock()
        finished = action()
        self.stages[stage] = self.stages.get(stage, 0.0) + self.cell.clock() - started
        return finished


@dataclass(frozen=True)
class Executed:
    """How the motion went: the result, why it failed, and when the item was released."""

    result: Result
    cause: str
    released: float | None


@dataclass(frozen=True)
class Hold:
    """What the tool's sensors must show while it holds a grasp.

    Attributes:
        least_vacuum: pascals below atmosphere that count as a seal.
        least_gap: metres: fingers that close further than this hold nothing.
        patience: seconds to wait until the hold is there.
    """

    least_vacuum: float = 12e3
    least_gap: float = 0.0004
    patience: float = 0.6

    def there(self, grasp: Grasp, state: CellState) -> bool:
        if grasp.tool is Tool.SUCTION:
            return state.vacuum >= self.least_vacuum
        return state.finger_gap >= self.least_gap and state.finger_force >= 0.5 * grasp.force


def execute(cell: Cell, motion: PickMotion, grasp: Grasp, tool: DualTool, watch: Stopwatch, hold: Hold) -> Executed:
    """Approach, grip, carry, release, retreat. On a miss or a loss the arm brakes and the tool lets go.

    Raises:
        CellStopped: the cell stopped by itself.
    """
    cell.grip(opened(grasp, tool))
    watch.run("approach", lambda: follow(cell, motion.approach))
    if not watch.run("grip", lambda: close(cell, grasp, hold)):
        return let_go(cell, grasp, tool, watch, Result.MISSED, f"no {grasp.tool.value} hold")
    started = cell.clock()
    if not watch.run("carry", lambda: follow(cell, motion.carry, lambda state: hold.there(grasp, state))):
        lifted = cell.clock() - started > motion.lifted
        result = Result.DROPPED if lifted else Result.MISSED
        return let_go(cell, grasp, tool, watch, result, f"lost {'in transfer' if lifted else 'on lifting'}")
    released = cell.clock()
    watch.run("release", lambda: release(cell, grasp, tool))
    watch.run("retreat", lambda: follow(cell, motion.retreat))
    return Executed(Result.PLACED, "", released)


def follow(cell: Cell, trajectory: Trajectory, fine: Callable[[CellState], bool] = lambda state: True) -> bool:
    """Follow a trajectory to its end, or brake as soon as the tool's sensors are not fine twice running."""
    cell.move(trajectory)
    end = cell.clock() + trajectory.duration
    doubts = 0
    while (left := end - cell.clock()) > 1e-9:
        cell.wait(min(POLL, left))
        doubts = 0 if fine(cell.state()) else doubts + 1
        if doubts == 2:
            cell.stop()
            settle(cell)
            return False
    return True


def close(cell: Cell, grasp: Grasp, hold: Hold) -> bool:
    """Close the tool on the item and wait until the hold is there and steady, or patience ends."""
    if grasp.tool is Tool.PINCH:
        cell.grip(GripCommand(opening=0.0, force=grasp.force))
    end = cell.clock() + hold.patience
    steady = 0
    while cell.clock() < end and steady < 2:
        cell.wait(POLL)
        steady = steady + 1 if hold.there(grasp, cell.state()) else 0
    return steady == 2


def opened(grasp: Grasp, tool: DualTool) -> GripCommand:
    """The tool made ready for a grasp: fingers open, or cup out and pump on."""
    if grasp.tool is Tool.SUCTION:
        return GripCommand(tool.cup.fingers_open, tool.gripper.force[0], cup_extended=True, vacuum=True)
    return GripCommand(grasp.opening, tool.gripper.force[0])


def release(cell: Cell, grasp: Grasp, tool: DualTool, patience: float = 0.4) -> bool:
    """Let go and wait until the tool's sensors say that nothing is held."""
    if grasp.tool is Tool.SUCTION:
        cell.grip(GripCommand(tool.cup.fingers_open, tool.gripper.force[0], cup_extended=True))
        free = lambda state: state.vacuum < 2e3
    else:
        gap = cell.state().finger_gap
        wide = min(gap + 0.02, tool.gripper.opening[1])
        cell.grip(GripCommand(wide, tool.gripper.force[0]))
        free = lambda state: state.finger_gap > gap + 0.006 or state.finger_gap > wide - 0.002
    end = cell.clock() + patience
    while cell.clock() < end:
        cell.wait(POLL)
        if free(cell.state()):
            return True
    return False


def settle(cell: Cell, patience: float = 1.0) -> None:
    """Wait until the arm rests."""
    end = cell.clock() + patience
    while cell.clock() < end and abs(cell.state().velocities).max() > 0.01:
        cell.wait(POLL)


def let_go(cell: Cell, grasp: Grasp, tool: DualTool, watch: Stopwatch, result: Result, cause: str) -> Executed:
    watch.run("release", lambda: release(cell, grasp, tool))
    return Executed(result, cause, None)
