"""The commands to the tool along a pick: made ready, closed, holding."""

from __future__ import annotations

from grasping.felt_grip import NEAR, may_bow
from grasping.grasp import Grasp
from grasping.tools import DualTool, GripCommand, Tool
from motion.planning.step import ToolCommand


def ready_command(grasp: Grasp, tool: DualTool) -> GripCommand:
    """The tool made ready for a grasp: fingers open, or cup out and pump on."""
    if grasp.tool is Tool.SUCTION:
        return GripCommand(
            tool.cup.fingers_open, tool.gripper.force[0], cup_extended=True, vacuum=grasp.vacuum, cups=grasp.cups
        )
    return GripCommand(grasp.skill.opening(grasp.opening), tool.gripper.force[0], cup_extended=grasp.skill.cup_out)


def closing(grasp: Grasp) -> tuple[ToolCommand, ...]:
    """The fingers closed on an item, or near it, where they then feel their way. A cup seals by itself."""
    if grasp.tool is Tool.SUCTION:
        return ()
    opening = grasp.width + NEAR if may_bow(grasp) else 0.0
    command = GripCommand(opening, grasp.force, cup_extended=grasp.skill.cup_out, push=grasp.skill.push)
    return (ToolCommand(0.0, command),)


def holding(grasp: Grasp) -> tuple[ToolCommand, ...]:
    """The cup drawn in again, where it was out while the fingers closed."""
    return (ToolCommand(0.0, GripCommand(0.0, grasp.force)),) if grasp.skill.cup_out else ()
