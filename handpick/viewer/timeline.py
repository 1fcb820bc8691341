"""A plan over time: where joints, fingers and cup are planned to be at each moment."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from grasping.grasp import Grasp
from grasping.tools import DualTool, Tool
from motion.plan import Plan
from motion.planning.step import Gripped, Released, Step
from motion.robot.arm import Arm
from perception.pose import Array, Pose
from perception.watch.intent import Phase

ACTING = 0.25  # seconds that a step is shown for in which the arm rests while the tool acts
LETTING_GO = 0.02  # metres that the fingers are shown to open to let go


@dataclass(frozen=True, eq=False)
class Posture:
    """Joint positions (J,), rad; fingers, metres; cup 0 retracted .. 1 extended; and whether the item is in hand."""

    phase: Phase
    positions: Array
    opening: float
    cup_travel: float
    holds: bool


@dataclass(frozen=True)
class _Goal:
    """Opening, metres, and travel that the tool goes to from `at` seconds on."""

    at: float
    opening: float
    cup_travel: float


class Timeline:
    """A plan's motion, played as it is planned: a tool that acts while the arm rests takes ACTING seconds.

    Attributes:
        starts: seconds at which each step begins. duration: seconds of them all.
        gripping: joint positions (J,) where the tool closes; None where it does not.
    """

    def __init__(self, plan: Plan, grasp: Grasp, tool: DualTool) -> None:
        self.plan, self.grasp, self.tool = plan, grasp, tool
        lengths = [ACTING if step.trajectory is None else step.trajectory.duration for step in plan.steps]
        ends = np.cumsum(lengths).tolist()
        self.starts, self.duration = [0.0, *ends[:-1]], float(ends[-1])
        guards = [type(step.guard) for step in plan.steps]
        self._gripped = ends[guards.index(Gripped)] if Gripped in guards else np.inf
        self._released = self.starts[guards.index(Released)] if Released in guards else np.inf
        self.gripping = plan.gripping if Gripped in guards else None
        self._goals = [goal for step, start in zip(plan.steps, self.starts) for goal in self._goals_of(step, start)]

    def at(self, time: float) -> Posture:
        """The posture at `time` seconds, which is kept within the plan."""
        time = min(max(time, 0.0), self.duration)
        i = bisect_right(self.starts, time) - 1
        step = self.plan.steps[i]
        if step.trajectory is not None:
            positions = step.trajectory.sample(time - self.starts[i])[0]
        else:
            positions = self._resting(i)
        gripper, cup = self.tool.gripper, self.tool.cup
        openings = [(goal.at, goal.opening) for goal in self._goals]
        opening = _reached(openings, cup.fingers_open, gripper.opening_speed, time)
        travel = _reached([(goal.at, goal.cup_travel) for goal in self._goals], 0.0, 1 / cup.stroke_time, time)
        return Posture(step.phase, positions, opening, travel, self._gripped <= time < self._released)

    def carried(self, arm: Arm, time: float) -> Pose:
        """How far the item has been moved from where it was gripped by `time`, in the base frame."""
        if self.gripping is None or time <= self._gripped:
            return Pose.identity()
        now = self.at(min(time, self._released)).positions
        tool = self.grasp.tool
        return arm.T_base_tool(now, tool) @ arm.T_base_tool(self.gripping, tool).inverse()

    def _resting(self, i: int) -> Array:
        before = [step.trajectory for step in self.plan.steps[:i] if step.trajectory is not None]
        return before[-1].positions[-1] if before else self.plan.start

    def _goals_of(self, step: Step, start: float) -> list[_Goal]:
        goals = [
            _Goal(start + told.at, self._closed(told.command.opening), float(told.command.cup_extended))
            for told in step.commands
        ]
        if isinstance(step.guard, Released):
            suction = self.grasp.tool is Tool.SUCTION
            wide = min(self.grasp.width + LETTING_GO, self.tool.gripper.opening[1])
            goals.append(_Goal(start, self.tool.cup.fingers_open if suction else wide, float(suction)))
        return goals

    def _closed(self, opening: float) -> float:
        """Fingers stop at the item that is between them."""
        return max(opening, self.grasp.width) if self.grasp.tool is Tool.PINCH else opening


def _reached(goals: Sequence[tuple[float, float]], value: float, speed: float, time: float) -> float:
    """Where something that goes from goal to goal at a constant speed has come to at `time`."""
    for (begin, goal), end in zip(goals, [*(goal[0] for goal in goals[1:]), np.inf]):
        if begin > time:
            break
        reach = speed * (min(end, time) - begin)
        value += float(np.clip(goal - value, -reach, reach))
    return value
