"""The seal check: the vacuum that is measured after the grip limits how fast the item is carried."""

from __future__ import annotations

from dataclasses import replace

from grasping.contact.wrench_limits import seal_limits
from grasping.grasp import Grasp, WrenchLimits
from grasping.tools import DualTool, Tool
from motion.planning.step import Step
from motion.timing.grasp_load import slowness

KEPT = 1.3  # of what a seal bears by its vacuum, over what motion may ask of it: mass and centre are still believed


def felt_limits(grasp: Grasp, vacuum: float, tool: DualTool) -> WrenchLimits:
    """What a hold bears: a cup by its measured vacuum, pascals, the fingers as believed."""
    return seal_limits(vacuum, KEPT, tool.cup) if grasp.tool is Tool.SUCTION else grasp.limits


def as_firm_as_felt(step: Step, grasp: Grasp, vacuum: float, tool: DualTool) -> Step:
    """A step with an item in hand, as much slower as the measured vacuum, pascals, asks for; mended in flight, it
    respects that seal, too.
    """
    constraints = step.constraints
    hold = None if constraints is None else constraints.hold
    if grasp.tool is not Tool.SUCTION or constraints is None or hold is None:
        return step
    felt = replace(hold, limits=felt_limits(grasp, vacuum, tool))
    if (felt.limits.bounds >= hold.limits.bounds).all():
        return step
    step = replace(step, constraints=replace(constraints, planned=felt))
    factor = slowness(felt, step.motion)
    return step if factor == 1.0 else step.slowed(factor)
