"""Gripping and letting go, by what the tool's own sensors say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from grasping.felt_grip import FeltGrip, as_firm_as_bowed, may_bow
from grasping.grasp import Grasp
from grasping.tools import Cups, DualTool, GripCommand, Tool
from handpick.cell import Cell, CellState
from handpick.picking.watch_intent import sensors_of
from motion.planning.tool_commands import ready_command
from perception.pose import Array
from perception.watch.intent import Hold as Felt

LETTING_GO = 0.02  # metres that fingers open to let go
LOOSE = 1.0  # newtons at the pads at most, with nothing between them
POLL = 0.02  # seconds between two looks at the tool's sensors
WAITED = 0.2  # seconds after which the gauges tell which cups seal: hose and cup are emptied in half of that
TOLD = 600.0  # Pa that a gauge must show to tell it: four times its noise


@dataclass(frozen=True)
class Hold:
    """The sensor readings that count as a hold, and the patience to wait for them.

    Attributes:
        least_vacuum: pascals below atmosphere that count as a seal.
        least_gap: metres: fingers that close further than this hold nothing.
        settled: share by which the vacuum may still grow between two looks when it counts as built up.
        patience: seconds to wait until the hold is there.
    """

    least_vacuum: float = 12e3
    least_gap: float = 0.0004
    settled: float = 0.1
    patience: float = 0.6

    def there(self, grasp: Grasp, state: CellState) -> bool:
        return self.felt(grasp).there(sensors_of(state))

    def felt(self, grasp: Grasp) -> Felt:
        """The same as the watch wants it."""
        suction = grasp.tool is Tool.SUCTION
        return Felt(suction, self.least_vacuum if suction else self.least_gap, grasp.force)


def closed(cell: Cell, grasp: Grasp, tool: DualTool, across: Callable[[CellState], float]) -> Grasp:
    """The tool closed by feel where its item may bow: the grasp with the force that is left where that gives way.

    across: newtons with which the tool is pushed along the fingers' way.
    """
    if not may_bow(grasp):
        return grasp
    grip = FeltGrip(grasp, tool.gripper.force[0])
    while not grip.done:
        cell.wait(POLL)
        state = cell.state()
        grip.feel(state.finger_gap, state.finger_force, across(state))
        cell.grip(grip.command)
    if grip.force is None:
        return grasp
    cell.wait(POLL)
    return as_firm_as_bowed(grasp, cell.state().finger_force if grip.bows else grip.force)


def gripped(cell: Cell, grasp: Grasp, hold: Hold, tool: DualTool) -> bool:
    """Wait until the hold is there and grows no more, or patience ends; whether it is. Of several cups, the valves of
    those that do not seal are shut: they take the others their vacuum.
    """
    began = cell.clock()
    before, steady, opened = cell.state().vacuum, 0, grasp.cups
    while cell.clock() < began + hold.patience and steady < 2:
        cell.wait(POLL)
        state = cell.state()
        settled = state.vacuum - before < hold.settled * state.vacuum or grasp.tool is Tool.PINCH
        steady = steady + 1 if settled and hold.there(grasp, state) else 0
        before = state.vacuum
        if grasp.tool is Tool.SUCTION and cell.clock() > began + WAITED:
            left = sealing(opened, state.cups)
            if left != opened:
                cell.grip(replace(ready_command(grasp, tool), cups=left))
            opened = left
    return steady == 2


def sealing(opened: Cups, gauges: Array) -> Cups:
    """Of the cups that are open, those that seal by their gauges, Pa (K,); all where none tells."""
    shown = gauges[list(opened)]
    if len(opened) == 1 or shown.max() < TOLD:
        return opened
    return tuple(int(cup) for cup in np.array(opened)[shown > shown.max() / 2])


def release(cell: Cell, grasp: Grasp, tool: DualTool, patience: float = 0.4) -> bool:
    """Let go and wait until the tool's sensors say that nothing is held."""
    if grasp.tool is Tool.SUCTION:
        cell.grip(GripCommand(tool.cup.fingers_open, tool.gripper.force[0], cup_extended=True))
        free = lambda state: state.vacuum < 2e3
    else:
        gap = cell.state().finger_gap
        wide = min(max(gap, grasp.width) + LETTING_GO, tool.gripper.opening[1])  # what was squeezed springs back
        cell.grip(GripCommand(wide, tool.gripper.force[0]))
        opening = wide - LETTING_GO + 0.006
        loose = lambda state: state.finger_gap > opening and state.finger_force < LOOSE
        free = lambda state: loose(state) or state.finger_gap > wide - 0.002
    end = cell.clock() + patience
    while cell.clock() < end:
        cell.wait(POLL)
        if free(cell.state()):
            return True
    return False
