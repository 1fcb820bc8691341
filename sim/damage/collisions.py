"""Collisions of arm and load with what they must not touch."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from sim.damage.impulse import OTHERS
from sim.robot.arm import ArmBody
from sim.world import Contacts, World

TOOL_LINKS = ("finger_left", "finger_right", "cup_rod", "cup_lip")  # may touch totes, never obstacles


@dataclass(frozen=True)
class Collision:
    """An unwanted contact: when it began (seconds), which link of the arm, or `load`, met what, and the greatest
    force, newtons."""

    time: float
    link: str
    other: str
    force: float


class Collisions:
    """Watches for contact of the arm with totes, table and obstacle, and of the load with the obstacle.

    The forces of a blow depend on the simulation's step: they say that there was one and which was the harder.

    Args:
        quiet: seconds without contact after which the next one counts anew.
    """

    def __init__(self, world: World, arm: ArmBody, obstacle: int | None = None, quiet: float = 0.5) -> None:
        self._world, self._arm, self._quiet = world, arm, quiet
        self._links = {index: name for name, index in arm.link.items()}
        tool = [arm.link[name] for name in TOOL_LINKS]
        self._is_tool = np.zeros(len(self._links) + 1, bool)  # by link + 1
        self._is_tool[np.array(tool) + 1] = True
        others = {body: name for name in world.scenery for body in world.scenery[name]}
        if obstacle is not None:
            others[obstacle] = OTHERS[-1]
        self._others, self._bodies = others, np.array(sorted(others))
        self._obstacle = -1 if obstacle is None else obstacle
        self._found: list[Collision] = []
        self._last: dict[tuple[str, str], tuple[int, float]] = {}

    @property
    def found(self) -> tuple[Collision, ...]:
        return tuple(self._found)

    def observe(self, contacts: Contacts, held: tuple[int, ...]) -> None:
        """Look at the contacts of one step; `held`: items in the hand."""
        pressed = contacts.force > 0
        for side in (0, 1):
            own, other = contacts.bodies[:, side], contacts.bodies[:, 1 - side]
            by_arm = pressed & (own == self._arm.body) & np.isin(other, self._bodies)
            by_arm &= ~self._is_tool[np.where(by_arm, contacts.links[:, side], -1) + 1] | (other == self._obstacle)
            for row in np.flatnonzero(by_arm):
                self._record(self._links[int(contacts.links[row, side])], int(other[row]), float(contacts.force[row]))
            for row in np.flatnonzero(pressed & (other == self._obstacle) & (own != self._arm.body)):
                item = self._world.item_of(int(own[row]))
                if item is not None and self._world.items.index(item) in held:
                    self._record("load", self._obstacle, float(contacts.force[row]))

    def _record(self, link: str, body: int, force: float) -> None:
        other, now = self._others[body], self._world.time
        index, last = self._last.get((link, other), (-1, -np.inf))
        if now - last > self._quiet:
            index = len(self._found)
            self._found.append(Collision(now, link, other, force))
        elif force > self._found[index].force:
            self._found[index] = replace(self._found[index], force=force)
        self._last[link, other] = index, now
