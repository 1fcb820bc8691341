"""Moves of the simulated cell that nobody plans."""

import numpy as np

from grasping.tools import DualTool, GripCommand, Tool
from handpick.layout import standard_layout
from motion.robot.arm import Arm
from motion.robot.inverses import inverse_of
from motion.trajectory import Trajectory
from perception.pose import Pose
from sim.cell import SimCell

LAYOUT, TOOL = standard_layout(), DualTool()
ARM = Arm(TOOL)
INVERSE = inverse_of(ARM)


def go(cell: SimCell, T_base_tool: Pose, tool: Tool, duration: float) -> None:
    """A smooth joint motion to a tool pose."""
    start = cell.state().positions
    end = INVERSE.best(T_base_tool @ ARM.T_last_tool(tool).inverse(), start)
    u = np.linspace(0, 1, 101)[:, None]
    way = end - start
    cell.move(
        Trajectory(
            duration * u[:, 0],
            start + (10 * u**3 - 15 * u**4 + 6 * u**5) * way,
            (30 * u**2 - 60 * u**3 + 30 * u**4) / duration * way,
            (60 * u - 180 * u**2 + 120 * u**3) / duration**2 * way,
        )
    )
    cell.wait(duration + 0.1)


def over(place: np.ndarray, height: float) -> Pose:
    """A tool pointing straight down, `height` over a tote's floor or an item's place."""
    return Pose.from_euler((place[0], place[1], place[2] + height), (np.pi, 0, 0))


def lift(cell: SimCell, press: float = 0.004) -> None:
    """Suck the first item and lift it by 20 cm; the height of its top under the cup's first touch."""
    item = cell._world.items[0]
    top = item.mesh()[0][:, 2].max()
    place = np.array([*item.centre_of_mass()[:2], top])
    cell.grip(GripCommand(0.05, cup_extended=True, vacuum=80e3))
    go(cell, over(place, 0.10), Tool.SUCTION, 2.0)
    go(cell, over(place, -press), Tool.SUCTION, 0.8)
    cell.wait(0.3)
    go(cell, over(place, 0.30), Tool.SUCTION, 1.2)
