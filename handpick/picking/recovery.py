"""Recovery after a halt or a stop in flight: the item in hand is set down where it is safe, else given up."""

from __future__ import annotations

from grasping.grasp import Grasp
from handpick.cell import Cell
from handpick.outcome import Cause, Result
from handpick.picking.contact_sensing import Touch
from handpick.picking.execute import Executed, execute, let_go
from handpick.picking.monitor import Eyes
from handpick.picking.stack import Stack
from handpick.picking.stopwatch import Stopwatch
from motion.errors import PlanError
from motion.plan import Plan
from motion.planning.constraints import Setting
from motion.replanning.set_down import set_down
from perception.scene import Scene


def recover(
    cell: Cell,
    stack: Stack,
    eyes: Eyes,
    setting: Setting,
    cause: Cause | None,
    grasp: Grasp,
    scene: Scene,
    watch: Stopwatch,
    tries: int = 3,
) -> Executed:
    """Set down what is in hand at the nearest safe place; where there is none, let it go.

    Args:
        eyes: watch the way down, too.
        setting: of the motion that ended on the way, with all that was noticed since. cause: why it did.
        tries: ways down, if something comes into each.

    Raises:
        CellStopped: the cell stopped by itself.
    """
    delivered = cause is not Cause.WRONG_ITEM
    down = watch.run("set down", lambda: planned(cell, stack, grasp, scene, setting, delivered))
    if down is None:
        return let_go(cell, grasp, stack.tool, watch, Result.DROPPED, cause)
    done = execute(cell, down, grasp, stack.tool, Touch(stack.arm), stack.hold, watch, eyes=eyes)
    if done.held and eyes.halted and tries > 1:
        return recover(cell, stack, eyes, eyes.halted, cause, grasp, scene, watch, tries - 1)
    if done.held:
        return let_go(cell, grasp, stack.tool, watch, Result.DROPPED, cause)
    if done.result is not Result.PLACED:
        return Executed(Result.DROPPED, cause, None)
    tote = down.carry.constraints.destination if down.carry.constraints else None
    end = stack.arm.T_base_tool(down.end, grasp.tool).position
    inside = (tote or cell.layout.destination).contains(end[None]).all()
    return done if inside else Executed(Result.RETURNED, cause, None)


def planned(
    cell: Cell, stack: Stack, grasp: Grasp, scene: Scene, setting: Setting, delivered: bool = True
) -> Plan | None:
    """A way to the nearest place, for which the declared time is charged; if need be, trusting the hold as planned.

    delivered: whether the item may come to lie in the destination.
    """
    cell.wait(stack.declared.plan)
    for trusted in (setting, *((setting.weakened(1.0),) if setting.strength < 1.0 else ())):
        try:
            return set_down(stack.planner.workspace, grasp, scene, trusted, cell.state().positions, delivered)
        except PlanError:
            continue
    return None
