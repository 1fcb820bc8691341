"""Gripping and letting go, by the tool's own sensors."""

from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from grasping.candidates.table import FEATURES
from grasping.grasp import Grasp, Load, Odds, WrenchLimits
from grasping.tools import FOUR_CUPS, Cups, DualTool, GripCommand, Tool
from handpick.cell import CellState
from handpick.picking.grip import LETTING_GO, Hold, closed, gripped, release, sealing
from perception.pose import Pose

TOOL = DualTool()
EVENLY = lambda state: 0.0  # newtons by which one finger presses more


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


def grasp_of(tool, width=0.0, force=0.0, **rest):
    limits = WrenchLimits(np.zeros((1, 6)), np.ones(1))
    load = Load(0.1, np.zeros(3), np.eye(3), (0.1, 0.1))
    pose = Pose.from_rotation((0, 0, 0), np.eye(3))
    return Grasp(tool, 0, pose, 0.14, width, force, Odds(1, 1, 0), limits, load, **rest)


@dataclass
class Plate:
    """Four cups of a cell, some of which seal; the others take them nearly all vacuum while they are open."""

    seal: Cups
    opened: Cups = (0, 1, 2, 3)
    clock_: float = 0.0

    def clock(self):
        return self.clock_

    def wait(self, seconds):
        self.clock_ += seconds

    def grip(self, command):
        self.opened = command.cups

    def state(self):
        line = 80e3 if set(self.opened) <= set(self.seal) else 1.2e3
        cups = np.array([line * (cup in self.opened and cup in self.seal) for cup in range(4)])
        return CellState(self.clock_, *(np.zeros(7),) * 3, cups.max(), 1.0, 0.0, 0.0, cups=cups)


@pytest.mark.parametrize("seal", [(1,), (0, 3), (0, 1, 2, 3)])
def test_valves_of_cups_that_do_not_seal_are_shut(seal):
    plate = Plate(seal)
    assert gripped(plate, grasp_of(Tool.SUCTION, vacuum=80e3, cups=(0, 1, 2, 3)), Hold(), FOUR_CUPS)
    assert plate.opened == seal


def test_where_no_cup_seals_all_stay_open_and_nothing_is_gripped():
    plate = Plate(())
    assert not gripped(plate, grasp_of(Tool.SUCTION, vacuum=80e3, cups=(0, 1, 2, 3)), Hold(), FOUR_CUPS)
    assert plate.opened == (0, 1, 2, 3)


def test_cups_that_leak_alike_stay_open():
    assert sealing((0, 2), np.array([11e3, 0.0, 9e3, 0.0])) == (0, 2)


@pytest.mark.parametrize(("width", "gap"), [(0.11, 0.07), (0.06, 0.06), (0.135, 0.10)])
def test_fingers_open_until_they_hold_nothing(width, gap):
    hand = Hand(width, gap)
    grasp = grasp_of(Tool.PINCH, width, 20.0)
    assert release(hand, grasp, TOOL)
    assert hand.state().finger_force < 0.5 and hand.gap > width
    widest = hand.told[-1].opening
    assert widest == pytest.approx(min(width + LETTING_GO, TOOL.gripper.opening[1]))
    assert widest <= hand.gap + LETTING_GO  # what a way home counts on
    assert hand.clock() < (0.05 if width == gap else 0.3)


@dataclass
class Leaves(Hand):
    """Fingers of a cell on what gives way under `load` newtons, and bears no more."""

    load: float = 12.0

    def wait(self, seconds):
        self.clock_ += seconds
        command = self.told[-1] if self.told else GripCommand(self.gap)
        for _ in range(100):
            if self.push() < command.force and self.gap > command.opening:
                self.gap -= min(TOOL.gripper.speed * seconds / 100, self.gap - command.opening)

    def push(self):
        return min(6e4 * max(self.width - self.gap, 0.0), self.load)

    def state(self):
        still = np.zeros(7)
        return CellState(self.clock_, still, still, still, 0.0, 0.0, self.gap, self.push())


def on_edge(force, mass, bookish=1.0):
    f = np.zeros(1, FEATURES)
    told = {"bookish": bookish, "flatness": 0.16, "girth": 0.13, "width": 0.13, "force": force, "mass": mass}
    for name, value in told.items():
        f[name] = value
    grasp = grasp_of(Tool.PINCH, 0.13, force, features=f[0])
    return replace(grasp, load=Load(mass, np.zeros(3), np.eye(3), (mass, mass)))


def test_what_bows_is_gripped_with_what_it_bears():
    hand = Leaves(0.128, 0.16)
    held = closed(hand, on_edge(60.0, 0.3), TOOL, EVENLY)
    assert held.force == pytest.approx(12.0) and gripped(hand, held, Hold(), TOOL)
    assert hand.gap > 0.12  # and goes no further
    np.testing.assert_allclose(held.limits.bounds, 0.2)


@pytest.mark.parametrize("bookish", [0.0, 1.0])
def test_what_is_firm_is_gripped_as_it_was_meant(bookish):
    hand, grasp = Leaves(0.128, 0.16, load=1e3), on_edge(60.0, 0.6, bookish)
    hand.grip(GripCommand(0.0, 60.0))
    assert closed(hand, grasp, TOOL, EVENLY) is grasp and gripped(hand, grasp, Hold(), TOOL)
