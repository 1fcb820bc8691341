"""Several cups on one plate and one pump: the vacuum under each, and how their seals fail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from grasping.cup_array import CupArray
from perception.pose import Array
from sim.robot.seal import Break, Seal
from sim.robot.vacuum import Pump


@dataclass(frozen=True)
class Manifold:
    """One pump and cups that draw through channels of their own.

    Air that leaks under a lip of open area A passes a channel of area a before it reaches the pump: two orifices in
    series pass what one of a A / sqrt(a^2 + A^2) does, and the cup keeps a^2 / (a^2 + A^2) of the pump's vacuum. A cup
    that does not seal costs the others no more than its channel lets through; one that is shut costs nothing.

    Attributes:
        channel: free area of one cup's valve, m^2.
    """

    channel: float
    pump: Pump = field(default_factory=Pump)

    def steady(self, gaps: Sequence[float], conductances: Sequence[float], opened: Sequence[bool]) -> Array:
        """The vacuum that settles under each cup, pascals below atmosphere, shape (K,); 0 under those that are shut.

        Args:
            gaps: open area under each lip, m^2. conductances: of each wall, m^3/(s Pa); they meet no channel, which
                is wide for what passes through a wall.
        """
        own, walls = np.asarray(gaps, dtype=np.float64), np.asarray(conductances, dtype=np.float64)
        on = np.asarray(opened, dtype=bool)
        through = self.channel * own / np.hypot(self.channel, own)
        shared = self.pump.steady(float(through[on].sum()), float(walls[on].sum()))
        return np.where(on, shared * self.channel**2 / (self.channel**2 + own**2), 0.0)


@dataclass(frozen=True)
class ArraySeal:
    """The seals of a plate's cups on one rigid item of Coulomb coefficient `friction`."""

    tool: CupArray
    friction: float

    def broken(self, wrench: Array, vacuum: Sequence[float]) -> dict[int, Break]:
        """Which cups a wrench breaks first, and how; those that hold afterwards bear all of it anew.

        Args:
            wrench: that the plate exerts on the item at its origin, in its frame, shape (6,).
            vacuum: under each cup, pascals; 0 where it does not hold.
        """
        held = tuple(i for i, pascals in enumerate(vacuum) if pascals > 0)
        seal, broken = Seal(self.tool.cup.radius, self.friction), {}
        for share, i in zip(self.tool.shares(held), held) if held else ():
            failure = seal.broken(share @ wrench, vacuum[i])
            if failure is not None:
                broken[i] = failure
        return broken

    def holds(self, wrench: Array, vacuum: Sequence[float]) -> tuple[int, ...]:
        """The cups that still hold when no further one breaks; none where all came off one after another."""
        left = np.array(vacuum, dtype=np.float64)
        while broken := self.broken(wrench, left.tolist()):
            left[list(broken)] = 0.0
        return tuple(int(i) for i in np.flatnonzero(left > 0))
