"""What a run leaves behind: picks, the items' fates and their damage, bin by bin.

The loop knows only its own outcomes; whoever runs it (the simulation's judge) joins them with the truth.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from handpick.harm import RuleSet
from handpick.outcome import PickOutcome


class Fate(str, Enum):
    """Where an item was in the end."""

    PLACED = "placed"
    LEFT = "left"  # still in the source tote
    DROPPED = "dropped"  # lost outside both totes, or still in the tool's hand


@dataclass(frozen=True)
class Damage:
    """One entry of the damage ledger. `figure` and `threshold` share `unit`; the threshold is that of the strict rules.

    strict, practical: how grave it is under either set of rules, "minor" or "major"; empty where it does not count.
    What counts under neither is a risk.
    """

    bin: int
    time: float
    item: int
    family: str
    cause: str
    figure: float
    threshold: float
    unit: str
    strict: str
    practical: str

    def under(self, rules: RuleSet) -> str:
        """How grave it is under a set of rules."""
        return self.strict if rules is RuleSet.STRICT else self.practical


@dataclass(frozen=True)
class Collision:
    """The arm (which link) or the load in its hand met something that it must not touch; greatest force in newtons."""

    bin: int
    time: float
    link: str
    other: str
    force: float


@dataclass(frozen=True)
class Disturbance:
    """What went wrong during one pick, injected by the simulation.

    Attributes:
        kind: empty for a calm pick of a run in which others are disturbed.
        time, ended: from when, and when the pick was over, seconds.
        item: what the pick was about, None where there was nothing.
        stopped: the cell stopped meanwhile.
        lost: when the tool lost what it had lifted, seconds; None where it did not.
    """

    bin: int
    pick: int
    kind: str
    time: float
    ended: float
    item: int | None
    stopped: bool
    lost: float | None = None


@dataclass(frozen=True)
class ItemRecord:
    """An item that was in a bin, and what became of it.

    strict, practical: its worst damage under either set of rules, "", "minor" or "major".
    lay: how it lay when it was last in the source, empty where nobody saw.
    """

    bin: int
    item: int
    family: str
    mass: float
    fate: Fate
    strict: str = ""
    practical: str = ""
    lay: str = ""

    def harm(self, rules: RuleSet) -> str:
        """Its worst damage under a set of rules."""
        return self.strict if rules is RuleSet.STRICT else self.practical


class OrderFate(str, Enum):
    """What became of an order that names an item."""

    RIGHT = "delivered"
    DAMAGED = "delivered damaged"
    WRONG = "wrong item delivered"
    MISSED = "not delivered"


@dataclass(frozen=True)
class OrderRecord:
    """An order by name, and what became of it in truth.

    Attributes:
        number: in its bin. item: the name that is ordered.
        delivered: the true name of what was delivered for it; "?" where the catalogue lacks that; empty: nothing was.
        picks: passes of the loop for it; moves: those that moved others; put_back: those in which an item in hand was
            not taken. seconds: of all of them.
        cause: why the last pass for it delivered nothing; empty where it did.
    """

    bin: int
    number: int
    item: str
    fate: OrderFate
    delivered: str = ""
    picks: int = 0
    moves: int = 0
    put_back: int = 0
    seconds: float = 0.0
    cause: str = ""


@dataclass(frozen=True)
class PickRecord:
    """One pass of the loop, joined with the item that it really touched (None: no item), how that lay before, and
    its name in the catalogue.
    """

    bin: int
    outcome: PickOutcome
    item: int | None = None
    family: str = ""
    lay: str = ""
    name: str = ""


@dataclass(frozen=True)
class SamplePick:
    """Pictures of one pick as JPEG bytes: what a camera saw, the fused items, the chosen grasp."""

    bin: int
    index: int
    caption: str
    pictures: tuple[tuple[str, bytes], ...]


@dataclass(frozen=True)
class BinRecord:
    """One bin from its first look to the moment it was empty, done or given up.

    Attributes:
        orders: items that were ordered out of this bin.
        seconds: from the first look to the end of the last pick; seconds_to_last: to the last placement.
        error: an unexpected failure of the software, empty if there was none.
        stopped: why the cell or the loop stopped early, empty if it did not.
        cut: the run was interrupted before the bin was done.
        by_item: orders by name, if there were any.
        renderer: what made the images. machine: what of the machine can change the result, as plain JSON data.
    """

    index: int
    orders: int
    items: tuple[ItemRecord, ...]
    picks: tuple[PickRecord, ...]
    ledger: tuple[Damage, ...]
    seconds: float
    seconds_to_last: float
    samples: tuple[SamplePick, ...] = field(default=(), repr=False)
    error: str = ""
    stopped: str = ""
    cut: bool = False
    collisions: tuple[Collision, ...] = ()
    disturbances: tuple[Disturbance, ...] = ()
    renderer: str = ""
    machine: dict[str, object] = field(default_factory=dict, repr=False)
    by_item: tuple[OrderRecord, ...] = ()

    def disturbance_of(self, pick: int) -> str:
        """What disturbed a pick, by its number; empty if nothing did."""
        return next((d.kind for d in self.disturbances if d.pick == pick), "")


@dataclass(frozen=True)
class RunRecord:
    """A whole run. `config` is everything that decides the result, as plain JSON data."""

    config: dict[str, object]
    bins: tuple[BinRecord, ...]
    renderer: str
    wall_seconds: float
    interrupted: bool = False

    def bin(self, index: int) -> BinRecord:
        """A bin by its number."""
        return next(bin_ for bin_ in self.bins if bin_.index == index)

    @property
    def machine(self) -> dict[str, object]:
        """What of the machine can change the result; empty where no bin was done."""
        return next((bin_.machine for bin_ in self.bins if bin_.machine), {})

    @property
    def picks(self) -> list[PickRecord]:
        return [pick for bin_ in self.bins for pick in bin_.picks]

    @property
    def items(self) -> list[ItemRecord]:
        return [item for bin_ in self.bins for item in bin_.items]

    @property
    def ledger(self) -> list[Damage]:
        return [damage for bin_ in self.bins for damage in bin_.ledger]
