"""Going home: out of the cameras' view of the source, from wherever the arm is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from handpick.cell import Cell, CellStopped, ProtectiveStop
from handpick.picking.follow import follow
from handpick.picking.grip import LETTING_GO
from handpick.picking.monitor import CLOSED, Eyes
from handpick.picking.stack import Stack
from motion.errors import PlanError
from motion.plan import Plan
from motion.robot.tool_state import ToolState
from perception.pose import Array
from perception.scene import Scene
from perception.tote import Box

STRAYED = 0.05  # rad from where a motion begins beyond which the arm stands elsewhere


def go_home(
    cell: Cell,
    stack: Stack,
    scene: Scene | None,
    boxes: Sequence[Box] | None = None,
    way: Plan | None = None,
    eyes: Eyes = CLOSED,
    tries: int = 3,
    passed: Callable[[Plan], None] = lambda way: None,
) -> None:
    """Out of the cameras' view of the source, by `way` first if it is given; by another if something comes into it.

    Args:
        boxes: all around the robot as they stand now; None where they stand as ever.
        passed: called on the way, with it, once the arm does not hide the source any more.

    Raises:
        CellStopped: there is no safe way there; the arm stays where it is.
    """
    for _ in range(tries):
        way = way or way_home(cell, stack, scene, boxes)
        step = way.approach
        assert step.constraints is not None
        eyes.leave(step.motion, step.constraints)
        events = () if step.passed is None else ((step.passed, partial(passed, way)),)
        if follow(cell, step.motion, events=events, eyes=eyes):
            return
        way, boxes = None, eyes.boxes
    cell.stop()
    raise CellStopped(f"no safe way home: something came into each of {tries}")


def way_home(cell: Cell, stack: Stack, scene: Scene | None, boxes: Sequence[Box] | None) -> Plan:
    """From where the arm is. Where the items as they were seen before the pick are in the way, the pick has moved them:
    then past them, up from where the tool is, minding totes and table only.

    Raises:
        CellStopped: there is no safe way.
    """
    positions, tool = cell.state().positions, tool_at_most(cell, stack)
    try:
        return stack.planner.home(positions, scene, tool, boxes)
    except PlanError:
        try:
            return stack.planner.home(positions, None, tool, boxes)
        except PlanError as error:
            cell.stop()
            raise CellStopped(f"no safe way home: {error}") from error


def set_going(cell: Cell, most: int = 3) -> None:
    """Set the arm going after a protective stop. What bent away under it may stop it anew: up to `most` times.

    Raises:
        CellStopped: it stops again each time, or only a person may set it going.
    """
    for left in reversed(range(most)):
        try:
            return cell.recover()
        except ProtectiveStop:
            if left == 0:
                raise


def tool_at_most(cell: Cell, stack: Stack) -> ToolState:
    """The tool as it may still become: fingers that let go open on, a cup that has left the palm goes all the way."""
    state, widest = cell.state(), stack.tool.gripper.opening[1]
    return ToolState(min(state.finger_gap + LETTING_GO, widest), float(state.cup_travel > 0.01))


def stands_at(cell: Cell, positions: Array) -> bool:
    """Whether the arm is at joint positions (J,), rad."""
    return bool(np.abs(cell.state().positions - positions).max() < STRAYED)
