"""Impulses between items and everything else, from the contact forces of each step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from perception.pose import Array
from sim.world import Contacts

OTHERS = ("source", "destination", "table", "arm", "finger_left", "finger_right", "cup", "obstacle")


class Parties:
    """Numbers everything that can touch: items first, then OTHERS.

    Args:
        items: PyBullet body ids of each item.
        others: PyBullet (body, link) pairs of each of OTHERS by name; link None: all links of the body.
    """

    def __init__(self, items: list[tuple[int, ...]], others: dict[str, tuple[tuple[int, int | None], ...]]) -> None:
        self.items = len(items)
        self.count = self.items + len(OTHERS)
        members: list[tuple[int, int | None, int]] = [
            (body, None, i) for i, bodies in enumerate(items) for body in bodies
        ]
        members += [(b, link, self.items + OTHERS.index(name)) for name, refs in others.items() for b, link in refs]
        bodies = 2 + max(body for body, _, _ in members)  # the last row stands for all that nobody counts
        links = 2 + max(link or 0 for _, link, _ in members)
        self._party = np.full((bodies, max(links, 64)), -1)
        for body, link, party in sorted(members, key=lambda m: m[1] is not None):  # single links override
            self._party[body, slice(None) if link is None else link + 1] = party

    def number(self, name: str) -> int:
        """The number of one of OTHERS."""
        return self.items + OTHERS.index(name)

    def of(self, contacts: Contacts) -> NDArray[np.int64]:
        """Party numbers of each contact, shape (N, 2); -1 for bodies that nobody counts."""
        return self._party[np.minimum(contacts.bodies, len(self._party) - 1), contacts.links + 1]

    def forces(self, contacts: Contacts) -> Array:
        """Normal force on each item by each party, newtons, shape (items, count)."""
        total = np.zeros((self.items, self.count))
        _add_up(contacts.bodies, contacts.links, contacts.force, self._party, total)
        return total


@njit(cache=True)
def _add_up(bodies, links, force, party, total):  # type: ignore[no-untyped-def]
    """Add the forces on each item to `total` (items, count)."""
    last, items = len(party) - 1, len(total)
    for side in range(2):
        for row in range(len(force)):
            on = party[min(bodies[row, side], last), links[row, side] + 1]
            by = party[min(bodies[row, 1 - side], last), links[row, 1 - side] + 1]
            if 0 <= on < items and by >= 0 and on != by:
                total[on, by] += force[row]


@dataclass(frozen=True)
class Pulse:
    """An impact: `impulse` newton seconds on `item` by `other`, at `time`."""

    time: float
    item: int
    other: int
    impulse: float


class ImpulseMeter:
    """Finds impacts in the forces between pairs and measures their impulse.

    The peak force of an impact depends on the step of the simulation, its impulse does not. Around each peak that
    is the greatest within `half` seconds either side, the impulse is the integral of the force less the force that
    stays: the median before the peak and the median after it (weight, grip). A pulse is therefore known `half`
    seconds after it happened.

    Args:
        masses: of the items, kilograms.
        count: number of parties.
        dt: physics step, seconds.
        half: seconds either side of a peak that belong to the impact.
        least: change of velocity, m/s, below which nothing is reported.
    """

    def __init__(self, masses: Array, count: int, dt: float, half: float = 0.03, least: float = 0.2) -> None:
        self._masses, self._dt = masses, dt
        self._half = max(3, round(half / dt))
        self._least = least
        self._length = 2 * self._half + 1
        self._forces = np.zeros((self._length, len(masses), count))
        self._step = 0

    @property
    def delay(self) -> float:
        """Seconds between an impact and its report."""
        return self._half * self._dt

    def push(self, time: float, forces: Array) -> list[Pulse]:
        """Take the forces of one step, shape (items, count); return the impacts that are now complete."""
        slot = self._step % self._length
        self._forces[slot] = forces
        self._step += 1
        middle = self._forces[(slot - self._half) % self._length]
        peak = (middle > 0) & (middle >= self._forces.max(axis=0)) & (middle > 1.1 * forces)
        return [] if not peak.any() else self._pulses(time - self.delay, slot, np.argwhere(peak))

    def sustained(self) -> Array:
        """The force that each pair has kept up lately, newtons, shape (items, count)."""
        return np.asarray(np.median(self._forces, axis=0))

    def _pulses(self, time: float, slot: int, pairs: NDArray[np.int64]) -> list[Pulse]:
        order = (slot + 1 + np.arange(self._length)) % self._length
        half = self._half
        pulses = []
        for item, other in pairs:
            force = self._forces[order, item, other]
            before, after = np.median(force[:half]), np.median(force[half + 1 :])
            impulse = self._dt * (force.sum() - (half + 0.5) * (before + after))
            if impulse > self._least * self._masses[item]:
                pulses.append(Pulse(time, int(item), int(other), float(impulse)))
        return pulses
