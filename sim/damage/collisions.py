"""Collisions of arm and load with what they must not touch."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numba import njit

from sim.damage.impulse import OTHERS
from sim.robot.tool_body import ToolBody
from sim.world import Contacts, World

TOOL_LINKS = ("finger_", "cup_")  # how the names of what may touch totes, never obstacles, begin


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

    def __init__(self, world: World, arm: ToolBody, obstacle: int | None = None, quiet: float = 0.5) -> None:
        self._world, self._arm, self._quiet = world, arm, quiet
        self._links = {index: name for name, index in arm.link.items()}
        tool = [index for name, index in arm.link.items() if name.startswith(TOOL_LINKS)]
        self._is_tool = np.zeros(len(self._links) + 1, bool)  # by link + 1
        self._is_tool[np.array(tool) + 1] = True
        others = {body: name for name in world.scenery for body in world.scenery[name]}
        if obstacle is not None:
            others[obstacle] = OTHERS[-1]
        self._others = others
        self._is_other = np.zeros(max(others) + 1, bool)  # by body
        self._is_other[list(others)] = True
        self._obstacle = -1 if obstacle is None else obstacle
        self._found: list[Collision] = []
        self._last: dict[tuple[str, str], tuple[int, float]] = {}

    @property
    def found(self) -> tuple[Collision, ...]:
        return tuple(self._found)

    def observe(self, contacts: Contacts, held: tuple[int, ...]) -> None:
        """Look at the contacts of one step; `held`: items in the hand."""
        bodies, links, force = contacts.bodies, contacts.links, contacts.force
        found = _unwanted(bodies, links, force, self._arm.body, self._obstacle, self._is_other, self._is_tool)
        for row, side in found:
            own, other, newton = int(bodies[row, side]), int(bodies[row, 1 - side]), float(force[row])
            if own == self._arm.body:
                self._record(self._links[int(links[row, side])], other, newton)
            elif (item := self._world.item_of(own)) is not None and self._world.items.index(item) in held:
                self._record("load", other, newton)

    def _record(self, link: str, body: int, force: float) -> None:
        other, now = self._others[body], self._world.time
        index, last = self._last.get((link, other), (-1, -np.inf))
        if now - last > self._quiet:
            index = len(self._found)
            self._found.append(Collision(now, link, other, force))
        elif force > self._found[index].force:
            self._found[index] = replace(self._found[index], force=force)
        self._last[link, other] = index, now


@njit(cache=True)
def _unwanted(bodies, links, force, arm, obstacle, is_other, is_tool):  # type: ignore[no-untyped-def]
    """(row, side) of contacts in which the arm at that side meets what it must not, or anything the obstacle."""
    found = []
    for side in range(2):
        for by_arm in (True, False):
            for row in range(len(force)):
                own, other = bodies[row, side], bodies[row, 1 - side]
                if force[row] <= 0 or (own == arm) != by_arm or other >= len(is_other) or not is_other[other]:
                    continue
                if other == obstacle or (by_arm and not is_tool[links[row, side] + 1]):
                    found.append((row, side))
    return found
