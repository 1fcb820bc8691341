"""A seal shows how good it is before anything moves: the carry then goes no faster than it bears."""

from __future__ import annotations

from dataclasses import replace

from grasping.contact.wrench_limits import seal_limits
from grasping.grasp import Grasp
from grasping.tools import DualTool, Tool
from motion.plan import PickMotion
from motion.timing.grasp_load import slowness

KEPT = 1.3  # of what a seal bears by its vacuum, over what motion may ask of it: mass and centre are still believed


def as_firm_as_felt(motion: PickMotion, grasp: Grasp, vacuum: float, tool: DualTool) -> PickMotion:
    """A pick whose carry is as much slower as the measured vacuum, pascals, asks for; mended in flight, it respects
    that seal, too.

    A book that hangs from its cover is moved gently in any case.
    """
    hold = motion.carrying.hold
    if grasp.tool is not Tool.SUCTION or grasp.hinge is not None or hold is None:
        return motion
    felt = replace(hold, limits=seal_limits(vacuum, KEPT, tool.cup))
    if (felt.limits.bounds >= hold.limits.bounds).all():
        return motion
    motion = replace(motion, carrying=replace(motion.carrying, planned=felt))
    factor = slowness(felt, motion.carry)
    return motion if factor == 1.0 else motion.carried_slower(factor)
