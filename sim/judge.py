"""The judge: the truth about an episode, what the tool held when, and where every item is in the end."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np

from grasping.tools import Tool
from handpick.harm import HEADLINE, RuleSet
from sim.damage.collisions import Collision
from sim.damage.inspector import Hand
from sim.damage.ledger import DamageEvent, Severity, worst
from sim.disturbances.kinds import Record
from sim.world import World


class Place(str, Enum):
    """Where an item is."""

    SOURCE = "source"
    DESTINATION = "destination"
    OUTSIDE = "outside"
    HAND = "hand"


@dataclass(frozen=True)
class Hold:
    """An item held by the tool from `start` to `end`, seconds.

    Attributes:
        lifted: it rose by 2 cm or more while held.
        commanded: the tool was told to let go before it did.
    """

    item: int
    tool: Tool
    start: float
    end: float
    lifted: bool
    commanded: bool


@dataclass(frozen=True)
class ItemTruth:
    """What became of one item."""

    item: int
    family: str
    mass: float
    place: Place
    strict: Severity | None  # of its worst damage under either set of rules
    practical: Severity | None
    dropped: bool  # fell from the tool at least once, anywhere but into the destination
    name: str = ""  # in the catalogue

    @property
    def placed_undamaged(self) -> bool:
        return self.place is Place.DESTINATION and self.harm(HEADLINE) is None

    def harm(self, rules: RuleSet) -> Severity | None:
        """Its worst damage under a set of rules."""
        return self.strict if rules is RuleSet.STRICT else self.practical


@dataclass(frozen=True)
class Truth:
    """An episode as it really went."""

    items: tuple[ItemTruth, ...]
    holds: tuple[Hold, ...]
    events: tuple[DamageEvent, ...]
    collisions: tuple[Collision, ...] = ()
    disturbances: tuple[Record, ...] = ()

    def moved(self, start: float, end: float) -> tuple[int, ...]:
        """Items that the tool held between two times, the longest-held first."""
        seconds: dict[int, float] = {}
        for hold in self.holds:
            shared = min(hold.end, end) - max(hold.start, start)
            if shared > 0:
                seconds[hold.item] = seconds.get(hold.item, 0.0) + shared
        return tuple(sorted(seconds, key=lambda item: (-seconds[item], item)))

    def freed(self, start: float, end: float) -> float | None:
        """When, between two times, the tool first ceased to hold what it had lifted; None where it did not."""
        return min((hold.end for hold in self.holds if hold.lifted and start <= hold.end < end), default=None)


@dataclass
class _Open:
    """A hold that goes on. `seen`: when the tool last had it; `told`: it was told to let go."""

    tool: Tool
    start: float
    height: float
    seen: float
    lifted: bool = False
    told: bool = False


class Judge:
    """Follows what the tool holds, and says in the end where everything is.

    Args:
        world: with all items of the bin.
        slack: seconds without contact after which a hold has ended.
        lift: rise that counts as lifted, metres.
    """

    def __init__(self, world: World, slack: float = 0.1, lift: float = 0.02) -> None:
        self._world, self._slack, self._lift = world, slack, lift
        self._open: dict[int, _Open] = {}
        self._holds: list[Hold] = []
        self._fell: dict[int, Place] = {}
        self._away: set[int] = set()  # items that were taken away with a destination
        self._watched: dict[int, float] = {}  # items that fell, and when to see where

    @property
    def held(self) -> tuple[int, ...]:
        """Items that the tool holds now."""
        return tuple(sorted(self._open))

    @property
    def carried(self) -> tuple[int, ...]:
        """Those of them that it has lifted."""
        return tuple(item for item in self.held if self._open[item].lifted)

    def observe(self, hand: Hand, sucking: bool, opening: bool) -> None:
        """After each step. `sucking`: the pump shall run; `opening`: the fingers were told to open."""
        now = self._world.time
        for item in hand.held:
            tool = Tool.SUCTION if item in hand.sucked else Tool.PINCH
            if item not in self._open:
                self._open[item] = _Open(tool, now, self._height(item), now)
            hold = self._open[item]
            hold.seen = now
            hold.lifted = hold.lifted or self._height(item) > hold.height + self._lift
        for item, hold in list(self._open.items()):
            hold.told = hold.told or (opening if hold.tool is Tool.PINCH else not sucking)
            if now - hold.seen > self._slack:
                self._close(item)
        for item, due in list(self._watched.items()):
            if now >= due:
                del self._watched[item]
                self._fell.setdefault(item, self._place(item))

    def take_away(self) -> tuple[int, ...]:
        """Items that are in the destination, and go with it now: there they count as placed for good."""
        here = range(len(self._world.items))
        gone = tuple(i for i in here if i not in self._away and self._place(i) is Place.DESTINATION)
        self._away.update(gone)
        return gone

    def truth(self, events: tuple[DamageEvent, ...]) -> Truth:
        """How the episode went until now; `events` are those of the damage ledger."""
        now = [Hold(i, h.tool, h.start, h.seen, h.lifted, h.told) for i, h in self._open.items()]
        items = tuple(self._item(number, events) for number in range(len(self._world.items)))
        return Truth(items, (*self._holds, *now), events)

    def _item(self, number: int, events: tuple[DamageEvent, ...]) -> ItemTruth:
        spec = self._world.items[number].spec
        own = [event for event in events if event.item == number]
        strict, practical = (worst(*(event.under(rules) for event in own)) for rules in RuleSet)
        fell = self._fell.get(number, Place.DESTINATION if number not in self._watched else self._place(number))
        place = self._place(number)
        dropped = fell is not Place.DESTINATION
        return ItemTruth(number, spec.family, spec.mass, place, strict, practical, dropped, spec.name)

    def _close(self, item: int) -> None:
        hold = self._open.pop(item)
        self._holds.append(Hold(item, hold.tool, hold.start, hold.seen, hold.lifted, hold.told))
        if hold.lifted and not hold.told:
            self._watched[item] = hold.seen + 0.5

    def _height(self, item: int) -> float:
        return float(self._world.items[item].pose().position[2])

    def _place(self, item: int) -> Place:
        if item in self._away:
            return Place.DESTINATION
        if item in self._open and self._open[item].lifted:
            return Place.HAND
        centre = self._world.items[item].centre_of_mass()[None]
        layout = self._world.layout
        if bool(np.asarray(layout.destination.contains(centre))[0]):
            return Place.DESTINATION
        return Place.SOURCE if bool(np.asarray(layout.source.contains(centre))[0]) else Place.OUTSIDE
