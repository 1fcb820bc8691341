"""The seal check: the vacuum after the grip, and the weight that a probe felt, limit how fast an item is carried."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from grasping.contact.shared_load import seal_limits
from grasping.contact.wrench_limits import GRAVITY
from grasping.grasp import Grasp, Load, WrenchLimits
from grasping.tools import DualTool, Tool
from motion.planning.step import Step
from motion.timing.grasp_load import slowness
from perception.pose import Array

MOST, MOST_WEIGHED = 2.0, 4.0  # times the time that a carry may take, as believed and where its item was weighed
KEPT = 1.3  # of what a seal bears by its vacuum, over what motion may ask of it: mass and centre are still believed


def felt_limits(grasp: Grasp, vacuum: Array, tool: DualTool) -> WrenchLimits:
    """What a hold bears: cups by their measured vacuum, pascals (K,), the fingers as believed."""
    return seal_limits(vacuum, KEPT, tool.cup) if grasp.tool is Tool.SUCTION else grasp.limits


def as_firm_as_felt(step: Step, grasp: Grasp, vacuum: Array, tool: DualTool, felt: Array | None = None) -> Step:
    """A step with an item in hand, as much slower as the measured vacuum, pascals (K,), weight, and the force of pads
    on what bows ask for; mended in flight, it respects these, too.

    felt: wrench (6,) of the item at rest on the tool, in the grasp's frame, where it was weighed.
    """
    constraints = step.constraints
    hold = None if constraints is None else constraints.hold
    if constraints is None or hold is None:
        return step
    limits = felt_limits(grasp, vacuum, tool)
    if grasp.tool is not Tool.SUCTION and contains(limits, hold.limits):
        return step
    load = hold.load if felt is None else felt_load(hold.load, felt)
    if felt is None and contains(limits, hold.limits):
        return step
    firm = replace(hold, limits=limits, load=load)
    step = replace(step, constraints=replace(constraints, planned=firm))
    factor = slowness(firm, step.motion, MOST if felt is None else MOST_WEIGHED)
    return step if factor == 1.0 else step.slowed(factor)


def contains(limits: WrenchLimits, others: WrenchLimits) -> bool:
    """Whether limits permit at least what others do, as far as the same cups hold."""
    same = limits.rows.shape == others.rows.shape and np.allclose(limits.rows, others.rows)
    return same and bool((limits.bounds >= others.bounds).all())


def felt_load(load: Load, felt: Array) -> Load:
    """A load with the mass, and the middle across gravity, of a wrench (6,) at rest, both in the grasp's frame.

    The lever of a force f with the moment m is f x m / |f|^2, across it.
    """
    force, moment = felt[:3], felt[3:]
    strength = float(np.linalg.norm(force))
    down, mass = force / strength, strength / GRAVITY
    centre = np.cross(force, moment) / strength**2 + (load.centre @ down) * down
    return replace(load, mass=mass, centre=centre, inertia=load.inertia * (mass / load.mass), mass_range=(mass, mass))
