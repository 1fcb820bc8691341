"""Fingers that close step by step on what may be leaves, and stay where it gives way: card and board are told apart by
the feel of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from grasping.contact.wrench_limits import GRAVITY
from grasping.grasp import Grasp, WrenchLimits
from grasping.quality.bowing import MOVED, bears, on_edge
from grasping.tools import GripCommand, Gripper, Tool

SUSPECT = 0.05  # belief in a contact on the narrow sides of a book, from which on the fingers feel their way
NEAR = 0.010  # metres before the believed sides at which they begin to
STEP = 0.002  # metres that they close from one look at their sensors to the next
STAYS = 0.0005  # metres that they are told to close further where they stay: ten times an encoder's noise
STILL = 0.0003  # metres from one look to the next that count as none
MET = 0.4  # of what such leaves are believed to bear, two standard deviations less: pads that press less push along
GENTLE = 0.5  # of the same, with which they come: one finger that meets it alone presses with the force of both
LOOKS = 2  # at fingers that close no more, for it to be firm
MOST = 75  # looks after which they close as they would on anything else
TOLD = 1.2  # newtons that a pad's sensor must show to tell it: four times its noise
RISES = 2.0  # newtons by which the force is higher where something else stops the pads
UNSURE = 0.003  # metres that an item may be wider than believed
GIVES = 0.003  # metres that the fingers close on under one force, by which it bows: pads and boards yield less
GONE = 0.020  # metres that an item is not narrower than believed


def on_book(grasp: Grasp) -> bool:
    """Whether a pinch may be one of a book by its narrow sides."""
    if grasp.tool is not Tool.PINCH or grasp.features is None or grasp.skill.cup_out:
        return False
    return bool(on_edge(np.array([grasp.features]))[0] > SUSPECT)


def may_bow(grasp: Grasp) -> bool:
    """Whether it may press on leaves along their plane, and hard enough for them to bow."""
    return on_book(grasp) and bool(grasp.force > MET * bears(np.array([grasp.features]))[0])


class FeltGrip:
    """Fingers on their way in to what may bow: gently, until both press on it, and then with all force, until it is as
    firm as they press, or gives way.

    What one finger pushes along gives way, too, but beyond the believed sides, and with a force that then rises. Where
    one alone presses in the end, since something stands behind the item, they stay gentle: it presses with both forces.

    Attributes:
        command: what to tell them next.
        done: whether they are there. bows: whether it gives way, so that they stay where they are.
        force: newtons with which they press, where they must stay gentle or it bows; None: as was meant.
    """

    def __init__(self, grasp: Grasp, least: float) -> None:
        """least: newtons, of the gripper."""
        load = float(bears(np.array([grasp.features]))[0])
        self._grasp, self._meets = grasp, max(TOLD, MET * load)
        self._force = min(grasp.force, max(least, GENTLE * load))
        self._level = (0.0, 0.0)  # metres and newtons at which the force last rose
        self._before, self._still = np.inf, 0  # metres at the last look, and for how many they have been the same
        self._left = MOST
        self.force: float | None = None
        self.command = GripCommand(grasp.width + NEAR, self._force)
        self.done = self.bows = False

    def feel(self, gap: float, force: float, across: float) -> None:
        """Take a look at the sensors: metres between the pads, newtons at them, on average, and newtons with which the
        tool is pushed along the fingers' way: by how much more one of them presses.
        """
        width, meets = self._grasp.width, force > self._meets
        if not meets or force > self._level[1] + RISES:
            self._level = gap, force if meets else 0.0
        self._still = self._still + 1 if meets and gap > self._before - STILL else 0
        self._before, self._left = gap, self._left - 1
        self.bows = meets and gap < min(self._level[0], width + UNSURE) - GIVES
        firm = self._still >= LOOKS
        alone = firm and abs(across) > force
        self.done = self.bows or alone or gap < width - GONE or not self._left
        self.done = self.done or (firm and self._force == self._grasp.force)
        if self.bows or alone:
            self.force = min(force, self._force)
        elif firm or self.done:
            self._force, self._still = self._grasp.force, 0
        if self.bows:
            self._go(gap - STAYS)
        elif self.done:
            self._go(0.0)
        elif meets or gap < width + NEAR + STEP:
            self._go(gap - STEP)

    def _go(self, opening: float) -> None:
        self.command = GripCommand(max(0.0, opening), self._force)


def firmness(grasp: Grasp) -> WrenchLimits:
    """What the hold of a pinch can carry, where it may bow by what it is then believed to bear."""
    if not may_bow(grasp):
        return grasp.limits
    return as_firm_as_bowed(grasp, float(bears(np.array([grasp.features]))[0])).limits


def as_firm_as_bowed(grasp: Grasp, force: float) -> Grasp:
    """A pinch of what gives way under `force` newtons: it bears no more than that."""
    force = min(force, grasp.force)
    limits = WrenchLimits(grasp.limits.rows, grasp.limits.bounds * force / grasp.force)
    return replace(grasp, force=force, limits=limits)


def borne(grasp: Grasp, gripper: Gripper) -> bool:
    """Whether the friction of two pads bears the believed weight of what is pinched with the grasp's force."""
    return 2 * gripper.friction * grasp.force > grasp.load.mass * (GRAVITY + MOVED)
