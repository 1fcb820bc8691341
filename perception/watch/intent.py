"""What the watch is told: what the arm is about to do, and what its own sensors say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np

from perception.arrays import readonly
from perception.capsules import Capsules
from perception.pose import Array, Pose


class Phase(str, Enum):
    """A phase of a pick."""

    APPROACH = "approach"
    GRIP = "grip"
    PROBE = "probe"  # the first centimetres of a lift, slowly
    CARRY = "carry"
    DRAG = "drag"  # an item aside, in among the others
    SET_DOWN = "set down"  # after a halt in flight
    RELEASE = "release"
    RETREAT = "retreat"  # with an empty tool


@dataclass(frozen=True)
class Hold:
    """The sensor readings that count as a hold.

    Attributes:
        suction: whether the cup holds, else the fingers.
        least: pascals below atmosphere, or metres between the fingers, under which nothing is held.
        force: newtons with which the fingers were told to close.
    """

    suction: bool
    least: float
    force: float = 0.0

    def there(self, reading: Sensors) -> bool:
        """Whether something is held."""
        if self.suction:
            return reading.vacuum >= self.least
        return reading.gap >= self.least and reading.force >= 0.5 * self.force


@dataclass(frozen=True, eq=False)
class Intent:
    """The motion that the arm is about to make, as the watch is told it.

    Attributes:
        began: when the motion began, seconds on the cell's clock.
        times: seconds since then, rising, shape (T,), as dense as the robot moves a few centimetres between two.
        swept: the robot's capsules at `times`.
        T_base_tools: the frame of the tool that holds or is to hold (cup or tip) at `times`, shape (T, 4, 4).
        target: id of the item that is to be picked or held.
        T_base_grasp: that frame when the grasp closed, or is to close, on the item as it lies in the scene.
        contact: seconds since `began` from which the robot itself may move the items (approach), or until which the
            item in hand is not yet clear of them (carry).
        hold: what the sensors must show (carry).
        may_open: whether the item may have covers that open.
    """

    phase: Phase
    began: float
    times: Array
    swept: tuple[Capsules, ...]
    T_base_tools: Array
    target: int
    T_base_grasp: Pose
    contact: float
    hold: Hold | None = None
    may_open: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "times", readonly(self.times, np.float64, (len(self.swept),), "intent times"))
        object.__setattr__(self, "T_base_tools", readonly(self.T_base_tools, np.float64, (len(self.swept), 4, 4), "T"))

    def remaining(self, stamp: float) -> slice:
        """Which samples of the motion are still to come at `stamp` seconds on the cell's clock."""
        return slice(int(np.searchsorted(self.times, stamp - self.began)), None)


@dataclass(frozen=True)
class Sensors:
    """The tool's own sensors. stamp: seconds on the cell's clock. Pascals below atmosphere, metres, newtons."""

    stamp: float
    vacuum: float
    gap: float
    force: float


@dataclass(frozen=True, eq=False)
class Posture:
    """Where the robot was when the frames were taken, at `stamp` seconds on the cell's clock.

    Attributes:
        robot: the arm's and tool's capsules. T_base_tool: the frame of the tool that holds or is to hold.
    """

    stamp: float
    robot: Capsules
    T_base_tool: Pose


def joined(parts: Sequence[Capsules]) -> Capsules:
    """All capsules in one."""
    if not parts:
        return Capsules(np.zeros((0, 2, 3)), np.zeros(0))
    return Capsules(np.concatenate([part.ends for part in parts]), np.concatenate([part.radii for part in parts]))
