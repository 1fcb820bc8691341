"""The tool's cups on their pump: valves, the vacuum under each cup, and how those that hold share a load."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from grasping.contact.shared_load import shares
from grasping.tools import Cups
from perception.pose import Array
from sim.items.body import ItemBody
from sim.robot.cup import LIP_FRICTION, Cup, Touch
from sim.robot.seal import Break
from sim.robot.tool_body import ToolBody
from sim.robot.vacuum import Pump
from sim.world import Contacts, World

ROW = 5e-3  # m by which cups of one row may differ in how far they are from a hinge
SETTLED = 0.9  # share of the vacuum that a cup comes to at which its lip becomes one with the item


@dataclass(frozen=True)
class Manifold:
    """Channels from the cups to one pump.

    Air that leaks under a lip of open area A passes a channel of area a before it reaches the pump: two orifices in
    series pass what one of A / sqrt(1 + (A / a)^2) does, and the cup keeps 1 / (1 + (A / a)^2) of the pump's vacuum. A
    cup that does not seal costs the others no more than its channel lets through; one that is shut costs nothing.

    Attributes:
        channel: free area of one cup's channel, m^2.
    """

    channel: float

    def kept(self, gaps: Array) -> Array:
        """Share of the pump's vacuum that is left under lips with open areas, m^2, shape (K,)."""
        return np.asarray(1 / (1 + (gaps / self.channel) ** 2))

    def through(self, gaps: Array) -> float:
        """The area of one orifice that passes as much as all of these."""
        return float((gaps * np.sqrt(self.kept(gaps))).sum())

    def steady(self, pump: Pump, gaps: ArrayLike, conductances: ArrayLike, opened: ArrayLike) -> Array:
        """The vacuum that settles under each cup, pascals below atmosphere, shape (K,); 0 under those that are shut.

        Args:
            gaps: open area under each lip, m^2. conductances: of each wall, m^3/(s Pa); they meet no channel, which
                is wide for what passes through a wall.
        """
        own, walls, on = np.asarray(gaps, float), np.asarray(conductances, float), np.asarray(opened, bool)
        shared = pump.steady(self.through(own[on]), float(walls[on].sum()))
        return np.where(on, shared * self.kept(own), 0.0)


class Suction:
    """All cups of a tool on one pump, each with a valve of its own.

    Cups that hold the same rigid thing share what hangs on them all as `shares` says, and not as the solver spreads it
    over joints that work against each other: pistons, rigid across the plate, wedge as the item tilts. A cover of card,
    which bends, hangs on the row of cups next to its hinge alone.

    Args:
        hold_at: pascals from which lip and item may become one.
    """

    kind: type[Cup] = Cup

    def __init__(self, world: World, arm: ToolBody, pump: Pump | None = None, hold_at: float = 8e3) -> None:
        self._world, self._arm, self._hold_at = world, arm, hold_at
        self._tool = arm.tool.cup
        self.cups = tuple(self.kind(world, arm, i) for i in range(len(self._tool.places)))
        self._manifold = Manifold(self._tool.channel)
        self.pump = pump or Pump()
        self.friction = LIP_FRICTION
        self.on = False
        self.opened: Cups = tuple(range(len(self.cups)))  # whose valves are open
        self.relief = np.inf  # Pa below atmosphere, at which the valve lets air in
        self._line = 0.0  # Pa below atmosphere at the pump
        self._steady = np.zeros(len(self.cups))

    @property
    def vacuums(self) -> Array:
        """Under each cup, Pa below atmosphere, shape (K,)."""
        return np.array([cup.vacuum for cup in self.cups])

    @property
    def vacuum(self) -> float:
        """The greatest of them."""
        return float(self.vacuums.max())

    @property
    def holding(self) -> tuple[Cup, ...]:
        """The cups that hold something."""
        return tuple(cup for cup in self.cups if cup.held is not None)

    @property
    def held(self) -> Touch | None:
        """What the first of them holds."""
        return next((cup.held for cup in self.holding), None)

    @property
    def moment(self) -> float:
        """The greatest bending moment that a seal bears, N m."""
        return max((float(np.hypot(*w[3:5])) for cups in self._groups() for w in self._shared(cups)), default=0.0)

    def free(self) -> None:
        """Part from what is held, if anything is, at once."""
        for cup in self.cups:
            cup.free()

    def touching(self, item: ItemBody) -> tuple[Cup, ...]:
        """The cups that have an item under their lips."""
        return tuple(cup for cup in self.cups if cup.touch is not None and cup.touch.item is item)

    def pressing(self, item: ItemBody, force: float) -> float:
        """What presses the cups onto an item, newtons, where the contact force of their lips is `force`.

        The vacuum draws the surface up with what it presses the lip down: the two balance within the lip's width, and
        the board feels neither. Under a seal the joint bears the force that contacts show elsewhere.
        """
        cups = self.touching(item)
        held = sum(max(0.0, float(cup.wrench[2])) for cup in cups if cup.held is not None)
        loose = [cup for cup in cups if cup.held is None]
        return held + (max(0.0, force - sum(cup.pulling for cup in loose)) if loose else 0.0)

    def observe(self, contacts: Contacts) -> None:
        """After a step: test the seals, let the pump and the leaks work."""
        for cup in self.cups:
            cup.feel()
        self._test()
        seen = [cup.look(contacts, self.on or cup.vacuum > 1.0) for cup in self.cups]
        gaps, walls = (np.array(column) for column in zip(*seen))
        on = np.array([i in self.opened for i in range(len(self.cups))])
        self._steady = np.minimum(self._manifold.steady(self.pump, gaps, walls, on), self.relief)
        through, conductance = self._manifold.through(gaps[on]), float(walls[on].sum())
        self._line = self.pump.advance(self._line, self.on, through, conductance, self._world.dt)
        if self.on:
            self._line = min(self._line, self.relief)
        for cup, kept in zip(self.cups, np.where(on, self._manifold.kept(gaps), 0.0)):
            cup.vacuum = self._line * float(kept)

    def actuate(self) -> None:
        """Before a step: every cup pulls on what it touches, or becomes one with it."""
        self._arm.vacuum = self.vacuums
        self._world.solve(thoroughly=any(cup.presses for cup in self.cups))
        for cup, steady in zip(self.cups, self._steady):
            if cup.actuate(max(self._hold_at, SETTLED * float(steady))):
                cup.hold(*self._hung(cup))

    def _test(self) -> None:
        """Open the seals that fail under what they bear, one after another."""
        for together in self._groups():
            wrenches = self._shared(together)
            broken = [cup for cup, wrench in zip(together, wrenches) if not cup.test(wrench, self.friction)]
            if broken and not any(cup.bears for cup in together):  # a cover that comes off its row peels off the rest
                for cup in together:
                    if cup.held is not None:
                        cup.let_go(Break.PEEL)

    def _groups(self) -> list[list[Cup]]:
        """The cups that hold, by the rigid thing that they hold."""
        groups: dict[tuple[int, int], list[Cup]] = {}
        for cup in self.holding:
            assert cup.held is not None
            groups.setdefault((cup.held.body, cup.held.link), []).append(cup)
        return list(groups.values())

    def _shared(self, cups: list[Cup]) -> Array:
        """What each of some cups bears, shape (N, 6), of the load that hangs on them all."""
        wrenches, held = np.array([cup.wrench for cup in cups]), [cup for cup in cups if cup.bears]
        if len(held) < 2:
            return wrenches
        total, T_rod_base = np.zeros(6), self._arm.T_base_link("cup_rod").inverse()
        for cup in held:
            T_rod_lip = T_rod_base @ cup.T_base_lip
            force, moment = (T_rod_lip.rotate(part) for part in (cup.wrench[:3], cup.wrench[3:]))
            total += np.concatenate([force, moment + np.cross(T_rod_lip.position, force)])
        wrenches[[cup.bears for cup in cups]] = shares(self._tool, tuple(cup.number for cup in held)) @ total
        return wrenches

    def _hung(self, cup: Cup) -> tuple[bool, bool]:
        """Whether what a cup touches is to hang on it, and to bend there: card hangs on the row next to its hinge."""
        touch = cup.touch
        assert touch is not None
        if touch.sheet is None:
            return True, True
        same = [c for c in self.cups if c.touch and (c.touch.body, c.touch.link) == (touch.body, touch.link)]
        near = min(c.to_hinge(touch) for c in same if c.number in self.opened)
        return cup.to_hinge(touch) < near + ROW, all(c.cover is None for c in same)
