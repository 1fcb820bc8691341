"""How briskly a trial may carry what is held: as briskly as a carry planned for the same grasp."""

from __future__ import annotations

import numpy as np

from grasping.contact.wrench_limits import GRAVITY
from grasping.grasp import Grasp, Load, WrenchLimits
from grasping.skills.swing import Swing
from grasping.tools import DualTool, Tool
from handpick.picking.seal_check import contains, felt_limits
from motion.errors import GraspTooWeak
from motion.skills.swing_course import hanging_load, steady
from motion.timing.grasp_load import believed_load
from perception.pose import Array, Pose

BRISKEST, GENTLEST = 9.0, 0.5  # m/s^2: what carries of arms peak at (`benchmarks.tries`), and at least, by a weak hold
UP = np.array([[0.0, 0.0, 1.0]])


def brisk(grasp: Grasp, T_base_tool: Pose, vacuum: Array, tool: DualTool, ways: Array) -> float:
    """The acceleration, m/s^2, at which the hold's limits, as believed or by the measured `vacuum`, Pa (K,), are met.

    T_base_tool: of the grasp's tool while it carries. ways: directions (N, 3) in which it speeds up.
    """
    load, limits = _planned(grasp, vacuum, tool)
    at_rest = _wrench(load, T_base_tool, np.zeros(3)) @ limits.rows.T
    room = limits.bounds - at_rest
    moving = np.stack([_wrench(load, T_base_tool, way) @ limits.rows.T for way in ways]) - at_rest
    most = np.where(moving > 1e-9, room / np.maximum(moving, 1e-9), np.inf).min()
    return float(np.clip(most, GENTLEST, BRISKEST))


def _planned(grasp: Grasp, vacuum: Array, tool: DualTool) -> tuple[Load, WrenchLimits]:
    """The load and the limits that the planner would carry it by."""
    try:
        load = believed_load(grasp)
    except GraspTooWeak:
        load = grasp.load
    limits = grasp.limits
    if grasp.tool is Tool.SUCTION and not contains(felt := felt_limits(grasp, vacuum, tool), limits):
        limits = felt
    if isinstance(grasp.skill, Swing):
        limits, load = steady(limits, load, grasp.skill), hanging_load(load, grasp.skill)
    return load, limits


def _wrench(load: Load, T_base_tool: Pose, acceleration: Array) -> Array:
    """What the hold exerts (6,) on the load, tool frame, as it accelerates by (3,) m/s^2 in the base frame."""
    force = load.mass * (acceleration + GRAVITY * UP[0]) @ T_base_tool.rotation
    return np.concatenate([force, np.cross(load.centre, force)])
