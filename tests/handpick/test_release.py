"""Letting go: the fingers open until nothing is between them any more, however far what they squeezed springs back."""

from dataclasses import dataclass, field

import numpy as np
import pytest

from grasping.grasp import Grasp, Load, Odds, WrenchLimits
from grasping.tools import DualTool, GripCommand, Tool
from handpick.cell import CellState
from handpick.picking.grip import LETTING_GO, release
from perception.pose import Pose

TOOL = DualTool()


@dataclass
class Hand:
    """The fingers of a cell around something `width` wide that they hold at a gap, and that springs back."""

    width: float
    gap: float
    clock_: float = 0.0
    told: list[GripCommand] = field(default_factory=list)

    def clock(self):
        return self.clock_

    def grip(self, command):
        self.told.append(command)

    def wait(self, seconds):
        self.clock_ += seconds
        self.gap += min(TOOL.gripper.speed * seconds, self.told[-1].opening - self.gap)

    def state(self):
        still, force = np.zeros(7), 500.0 * max(self.width - self.gap, 0.0)
        return CellState(self.clock_, still, still, still, 0.0, 0.0, self.gap, force)


@pytest.mark.parametrize(("width", "gap"), [(0.11, 0.07), (0.06, 0.06), (0.135, 0.10)])
def test_fingers_open_until_they_hold_nothing(width, gap):
    hand = Hand(width, gap)
    limits = WrenchLimits(np.zeros((1, 6)), np.ones(1))
    load = Load(0.1, np.zeros(3), np.eye(3), (0.1, 0.1))
    pose = Pose.from_rotation((0, 0, 0), np.eye(3))
    grasp = Grasp(Tool.PINCH, 0, pose, 0.14, width, 20.0, Odds(1, 1, 0), limits, load)
    assert release(hand, grasp, TOOL)
    assert hand.state().finger_force < 0.5 and hand.gap > width
    widest = hand.told[-1].opening
    assert widest == pytest.approx(min(width + LETTING_GO, TOOL.gripper.opening[1]))
    assert widest <= hand.gap + LETTING_GO  # what a way home counts on
    assert hand.clock() < (0.05 if width == gap else 0.3)
