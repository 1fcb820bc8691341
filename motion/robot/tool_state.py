"""The state of the tool, and how long a change of it takes."""

from __future__ import annotations

from dataclasses import dataclass

from grasping.tools import DualTool

REACTION = 0.03  # seconds until the tool begins to move


@dataclass(frozen=True)
class ToolState:
    """Fingers `opening` metres apart, cup out by `travel`, 0..1."""

    opening: float
    travel: float

    def until(self, other: ToolState, tool: DualTool) -> float:
        """Seconds that the tool takes to get from this state into another."""
        fingers = abs(other.opening - self.opening) / tool.gripper.opening_speed
        return REACTION + max(fingers, abs(other.travel - self.travel) * tool.cup.stroke_time)
