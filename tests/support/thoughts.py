"""Decisions on pictures of two boxes, without physics."""

from __future__ import annotations

import numpy as np

from grasping.attempts import Attempts
from handpick.cell import CellLayout, CellState
from handpick.picking.decide import Thought, think
from handpick.picking.outlook import View
from handpick.picking.stack import Stack
from tests.support.pictures import CAMERAS, DESTINATION, SOURCE, World

LAYOUT = CellLayout(SOURCE, DESTINATION, CAMERAS)


def world() -> World:
    found = World()
    found.put((-0.08, 0.05, 0.03), (0.10, 0.08, 0.06), (200, 60, 40))
    found.put((0.09, -0.05, 0.02), (0.12, 0.09, 0.04), (40, 60, 200), yaw=0.4)
    return found


def looked(stack: Stack, stamp: float, seed: int) -> Thought:
    home = stack.arm.description.home
    state = CellState(stamp, home, 0 * home, 0 * home, 0.0, 0.0, 0.05, 0.0)
    frames = tuple(world().frames(np.random.default_rng(seed), stamp=stamp))
    robot = stack.arm.capsules(state.positions, state.finger_gap, state.cup_travel)
    return think(stack, View(frames, robot, state.positions, state=state), Attempts())
