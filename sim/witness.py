"""What the simulation itself sees in every step: who presses on whom, what the tool holds, what gets damaged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from grasping.tool_solids import lips
from perception.pose import Array
from sim.damage.collisions import Collisions
from sim.damage.impulse import Parties
from sim.damage.inspector import Hand, Inspector, Rules
from sim.judge import Judge, Truth
from sim.robot.fingers import FINGERS
from sim.robot.suction import Suction
from sim.robot.tool_body import ToolBody
from sim.world import Contacts, World

PRESSED = 0.2  # N on each pad: what is between the fingers


class Witness:
    """Judge, damage inspector and watch for collisions, with one reading of the contacts for all of them.

    Args:
        world: with all items of the bin.
        obstacle: PyBullet id of what a disturbance may put in the way.
    """

    def __init__(
        self, world: World, arm: ToolBody, suction: Suction, obstacle: int | None = None, rules: Rules | None = None
    ) -> None:
        self._world, self._arm, self._suction, self._rules = world, arm, suction, rules
        self._parties = _parties(world, arm, obstacle)
        self._pads = [self._parties.number(name) for name in FINGERS]
        self.judge = Judge(world)
        self._collisions = Collisions(world, arm, obstacle)
        self._inspector: Inspector | None = None

    def start_judging(self) -> None:
        """From now on, damage counts."""
        self._inspector = Inspector(self._world, self._arm, self._parties, self._rules)

    def take_away(self) -> tuple[int, ...]:
        """Items that are in the destination, which somebody takes away with it now."""
        gone = self.judge.take_away()
        self.forget(gone)
        return gone

    def forget(self, items: Sequence[int]) -> None:
        """Items that were taken away are not lost."""
        if self._inspector is not None:
            self._inspector.forget(items)

    def observe(self, contacts: Contacts, sucking: bool, opening: bool) -> float:
        """After each step; the mean force on the pads, newtons.

        sucking: the pump shall run; opening: the fingers were told to open.
        """
        forces = self._parties.forces(contacts)
        self._under_cup(forces)
        pads = forces[:, self._pads]
        hand = self._hand(pads)
        if self._inspector is not None:
            self._inspector.observe(contacts, forces, hand)
        self._collisions.observe(contacts, hand.held)
        self.judge.observe(hand, sucking, opening)
        return float(pads.sum()) / 2

    def truth(self) -> Truth:
        """What really happened until now."""
        truth = self.judge.truth(() if self._inspector is None else self._inspector.ledger.events)
        return replace(truth, collisions=self._collisions.found)

    def _under_cup(self, forces: Array) -> None:
        """Correct what cups do to items under their lips, in place: contacts do not know of vacuum and seal."""
        items = {cup.touch.item: None for cup in self._suction.cups if cup.touch is not None and cup.touch.item}
        for item in items:
            at = self._world.items.index(item), self._parties.number("cup")
            forces[at] = self._suction.pressing(item, float(forces[at]))

    def _hand(self, pads: Array) -> Hand:
        suction = self._suction
        held = [cup.held.item for cup in suction.holding if cup.held is not None and cup.held.item is not None]
        sucked = tuple(dict.fromkeys(self._world.items.index(item) for item in held))
        gripped = tuple(np.flatnonzero((pads > PRESSED).all(axis=1)).tolist())
        cover = next((cup.cover for cup in suction.holding if cup.cover is not None), None)
        bent, yields_at = (0.0, np.inf) if cover is None else (cover.bent, cover.yields_at)
        return Hand(
            sucked, suction.vacuum, suction.moment, gripped, self._arm.tool_speed(), bent, yields_at, max(len(held), 1)
        )


def _parties(world: World, arm: ToolBody, obstacle: int | None) -> Parties:
    others: dict[str, tuple[tuple[int, int | None], ...]] = {
        name: tuple((body, None) for body in world.scenery[name]) for name in world.scenery
    }
    others["arm"] = ((arm.body, None),)
    others["obstacle"] = () if obstacle is None else ((obstacle, None),)
    for name in FINGERS:
        others[name] = ((arm.body, arm.link[name]),)
    others["cup"] = tuple((arm.body, arm.link[name]) for name in ("cup_rod", *lips(arm.tool)))
    return Parties([item.bodies for item in world.items], others)
