"""Contact sensing: the wrench on the tool by joint torques beyond the arm's own dynamics."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from grasping.tools import Tool
from handpick.cell import CellState
from motion.robot.arm import GRAVITY, Arm
from perception.pose import Array


@dataclass(frozen=True)
class Touch:
    """Contact by joint torques, and the forces that count as one.

    Attributes:
        limit: newtons along the approach from which the fingers have met something that does not give.
        pressed: the same for the cup, whose bellows is closed at 7 N: beyond it the rod bears on the item.
        landed: newtons more than in flight by which an item on the cup has landed. The bellows then gives way still:
            half its stroke is 3.6 N.
        bumped: newtons and newton metres in any direction from which what is carried has run into something: by
            itself it asked for no more than 20 N and 2.5 N m in any calm pick.
    """

    arm: Arm
    limit: float = 15.0
    pressed: float = 10.0
    landed: float = 6.0
    bumped: tuple[float, float] = (50.0, 8.0)

    def push(self, state: CellState, acceleration: Array, tool: Tool) -> float:
        """Force of the surroundings on the tool against its approach axis, newtons. As `wrench`."""
        return self.against(self.wrench(state, acceleration, tool), state, tool)

    def against(self, wrench: Array, state: CellState, tool: Tool) -> float:
        """The share of a wrench (6,) that acts against the tool's approach axis, newtons."""
        return float(-wrench[:3] @ self.arm.T_base_tool(state.positions, tool).rotation[:, 2])

    def bumps(self, wrench: Array) -> bool:
        """Whether what is carried runs into something, by the wrench (6,) on the tool."""
        force, moment = np.linalg.norm(wrench[:3]), np.linalg.norm(wrench[3:])
        return bool(force > self.bumped[0] or moment > self.bumped[1])

    def mass(self, state: CellState, acceleration: Array, tool: Tool) -> float:
        """Kilograms of what the tool carries through the air, moving like it: f = m (g - a). As `wrench`."""
        force = self.wrench(state, acceleration, tool)[:3]
        felt = GRAVITY - self.arm.tool_acceleration(state.positions, state.velocities, acceleration, tool)
        return float(force @ felt / (felt @ felt))

    def wrench(self, state: CellState, acceleration: Array, tool: Tool) -> Array:
        """Force and moment of the surroundings on the tool, shape (6,), newtons and newton metres, base frame.

        What the motors do beyond the arm's own dynamics is borne by the tool: f is the least-squares solution of
        J^T f = tau_own - tau_measured (Haddadin et al., Robot collisions, IEEE T-RO 2017, section II).

        acceleration: joint acceleration that the arm follows now, (J,), rad/s^2.
        """
        arm = self.arm.reaching(state.cup_travel)
        own = arm.torques(state.positions[None], state.velocities[None], acceleration[None])[0]
        jacobian = self.arm.jacobian(state.positions, tool)
        wrench: Array = np.linalg.lstsq(jacobian.T, own - state.efforts, rcond=None)[0]
        return wrench
