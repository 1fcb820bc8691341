"""After a halt or a stop in flight with an item in hand: set it down where it is safe, else give it up."""

from __future__ import annotations

from grasping.grasp import Grasp
from handpick.cell import Cell
from handpick.outcome import Result
from handpick.picking.contact_sensing import Touch
from handpick.picking.execute import TOUCH_POLL, Executed, Landing, follow, let_go, release
from handpick.picking.monitor import Eyes
from handpick.picking.stack import Stack
from handpick.picking.stopwatch import Stopwatch
from motion.errors import PlanError
from motion.planning.constraints import Setting
from motion.replanning.set_down import SetDown, set_down
from perception.scene import Scene

LANDS = 0.35  # seconds before the end of a motion from which the item may touch what it is set down on


def recover(
    cell: Cell,
    stack: Stack,
    eyes: Eyes,
    setting: Setting,
    cause: str,
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
    down = watch.run("set down", lambda: planned(cell, stack, grasp, scene, setting))
    if down is None:
        return let_go(cell, grasp, stack.tool, watch, Result.DROPPED, cause)
    if watch.run("set down", lambda: followed(cell, stack, eyes, grasp, down)):
        released = cell.clock()
        watch.run("release", lambda: release(cell, grasp, stack.tool))
        tote = down.setting.destination or cell.layout.destination
        if tote.contains(down.T_base_release.position[None]).all():
            return Executed(Result.PLACED, "", released)
        return Executed(Result.RETURNED, cause, None)
    if eyes.halted and tries > 1 and stack.hold.there(grasp, cell.state()):
        return recover(cell, stack, eyes, eyes.halted, cause, grasp, scene, watch, tries - 1)
    return let_go(cell, grasp, stack.tool, watch, Result.DROPPED, cause)


def followed(cell: Cell, stack: Stack, eyes: Eyes, grasp: Grasp, down: SetDown) -> bool:
    """Whether the item came to where it can be let go."""
    landing = Landing(Touch(stack.arm), grasp, LANDS)
    held = lambda state, way: stack.hold.there(grasp, state) and not landing.met(state, way)
    motion = down.trajectory.begun_at(cell.state().positions)
    eyes.continue_with(motion, down.setting)
    return follow(cell, motion, held, poll=TOUCH_POLL, eyes=eyes) or landing.landed


def planned(cell: Cell, stack: Stack, grasp: Grasp, scene: Scene, setting: Setting) -> SetDown | None:
    """A way to the nearest place, for which the declared time is charged; if need be, trusting the hold as planned."""
    cell.wait(stack.declared.plan)
    for trusted in (setting, *((setting.weakened(1.0),) if setting.strength < 1.0 else ())):
        try:
            return set_down(stack.planner, grasp, scene, trusted, cell.state().positions)
        except PlanError:
            continue
    return None
