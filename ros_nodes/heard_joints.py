"""Joint states as a driver sends them, joint by joint: which answer, how often, and where they are."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence

from handpick.report.cell_findings import JointFinding
from motion.robot.description import ArmDescription


class HeardJoints:
    """Takes joint states of an arm, and of whatever else is on the same topic."""

    def __init__(self, arm: ArmDescription) -> None:
        self.arm = arm
        self._began = time.monotonic()
        self._counts = dict.fromkeys(arm.joint_names, 0)
        self._angles = dict.fromkeys(arm.joint_names, math.nan)

    def take(self, names: Sequence[str], positions: Sequence[float]) -> None:
        for name, angle in zip(names, positions):
            if name in self._counts:
                self._counts[name] += 1
                self._angles[name] = float(angle)

    def findings(self) -> tuple[JointFinding, ...]:
        """Each joint since this began."""
        spent, limits = time.monotonic() - self._began, self.arm.limits
        return tuple(
            self._finding(name, float(lower), float(upper), spent)
            for name, lower, upper in zip(self.arm.joint_names, limits.lower, limits.upper)
        )

    def _finding(self, name: str, lower: float, upper: float, spent: float) -> JointFinding:
        angle, count = self._angles[name], self._counts[name]
        room = min(angle - lower, upper - angle)
        wrong = ""
        if not count:
            wrong = "no joint state names it: does its driver run, and is it called so in the arm's URDF?"
        elif not math.isfinite(angle):
            wrong = f"expected a finite angle, got {angle}: check its encoder"
        elif room < 0:
            wrong = f"at {angle:+.3f} rad it is {-room:.3f} rad beyond its limits of {lower:.3f} to {upper:.3f}"
        return JointFinding(name, angle, room, count / spent, wrong)
