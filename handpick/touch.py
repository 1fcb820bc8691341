"""Feeling contact by the joints' own efforts, as a guarded move does."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from grasping.tools import Tool
from handpick.cell import CellState
from motion.arm import Arm
from perception.pose import Array


@dataclass(frozen=True)
class Touch:
    """How hard something pushes back on the tool.

    Attributes:
        limit: newtons along the approach from which the fingers have met something that does not give.
        pressed: the same for the cup, whose bellows is closed at 7 N: beyond it the rod bears on the item.
        landed: newtons more than in flight by which an item on the cup has landed. The bellows then gives way still:
            half its stroke is 3.6 N.
    """

    arm: Arm
    limit: float = 15.0
    pressed: float = 10.0
    landed: float = 6.0

    def push(self, state: CellState, acceleration: Array, tool: Tool) -> float:
        """Force of the surroundings on the tool against its approach axis, newtons.

        What the motors do beyond the arm's own dynamics is borne by the tool: f is the least-squares solution of
        J^T f = tau_own - tau_measured (Haddadin et al., Robot collisions, IEEE T-RO 2017, section II).

        acceleration: joint acceleration that the arm follows now, (J,), rad/s^2.
        """
        own = self.arm.torques(state.positions[None], state.velocities[None], acceleration[None])[0]
        jacobian = self.arm.jacobian(state.positions, tool)
        wrench = np.linalg.lstsq(jacobian.T, own - state.efforts, rcond=None)[0]
        return float(-wrench[:3] @ self.arm.T_base_tool(state.positions, tool).rotation[:, 2])
