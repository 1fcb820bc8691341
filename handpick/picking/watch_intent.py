"""A pick's motions and the robot's own sensors as plain values, as the watch takes them."""

from __future__ import annotations

import numpy as np

from grasping.grasp import Grasp
from grasping.tools import Tool
from handpick.cell import CellState
from motion.robot.arm import Arm
from motion.robot.tool_state import ToolState
from motion.trajectory import Trajectory
from perception.pose import Pose
from perception.watch.intent import Hold, Intent, Phase, Posture, Sensors

SAMPLE = 0.04  # seconds between two samples of a motion: the robot moves a few centimetres
BEFORE_CONTACT = 0.25  # seconds before the end of an approach from which the tool itself may move the items


def posture_of(arm: Arm, state: CellState, tool: Tool) -> Posture:
    """Where the robot is, as the watch wants it."""
    robot = arm.capsules(state.positions, state.finger_gap, state.cup_travel)
    return Posture(state.stamp, robot, arm.T_base_tool(state.positions, tool))


def sensors_of(state: CellState) -> Sensors:
    """The tool's own sensors, as the watch wants them."""
    return Sensors(state.stamp, state.vacuum, state.finger_gap, state.finger_force)


def intent_of(
    phase: Phase,
    arm: Arm,
    motion: Trajectory,
    grasp: Grasp,
    began: float,
    tool: ToolState,
    T_base_grasp: Pose,
    contact: float,
    hold: Hold | None = None,
    may_open: bool = False,
) -> Intent:
    """A motion that began at `began` seconds on the cell's clock.

    Args:
        tool: its state during the motion; the widest of it where it changes.
        T_base_grasp: the tool's frame when the grasp closed, or is to close.
        contact, hold, may_open: as in Intent.
    """
    count = max(int(np.ceil(motion.duration / SAMPLE)), 1) + 1
    times = np.linspace(0, motion.duration, count, dtype=np.float64)
    path = [motion.sample(time)[0] for time in times]
    return Intent(
        phase=phase,
        began=began,
        times=times,
        swept=tuple(arm.capsules(q, tool.opening, tool.travel) for q in path),
        T_base_tools=np.array([arm.T_base_tool(q, grasp.tool).matrix for q in path]),
        target=grasp.item,
        T_base_grasp=T_base_grasp,
        contact=contact,
        hold=hold,
        may_open=may_open,
    )
