"""Books lifted by a cup in the middle of a cover: when the cup peels off, and how far they have opened by then."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from benchmarks.support.engine.course import lift
from benchmarks.support.engine.rig import ENGINES, Rig, Setting
from benchmarks.support.engine.rows import SEAL, Found, Row
from benchmarks.support.engine.shaken import Held, setting
from grasping.tools import Tool
from sim.items.catalog import make_item

BOOKS = (("hardcover", 3), ("hardcover", 5), ("paperback", 0))  # families and seeds
HEIGHT, SECONDS, WATCHED = 0.12, 0.6, 1.6  # metres; of the lift, and of all that is looked at


@dataclass(frozen=True)
class Lifted:
    """Seconds from the lift's beginning to the peel, None where the book stays on; the widest opening, degrees."""

    peel: float | None
    opening: float
    held: bool

    @property
    def outcome(self) -> str:
        return "never held" if not self.held else "stays" if self.peel is None else "peels"


def rows() -> Iterator[Row]:
    """Two rows for each book."""
    for family, seed in BOOKS:
        spec = make_item(family, np.random.default_rng(seed))
        held = Held(f"{family} {spec.mass:.2f} kg", spec, Tool.SUCTION, np.diag([1.0, -1, -1]))
        found = [hang(held, engine) for engine in ENGINES]
        yield Row(f"{held.name} on the cup: peels after", "s", *(Found(f.peel, f.outcome) for f in found), SEAL)
        yield Row(f"{held.name} on the cup: opens to", "deg", *(Found(f.opening, f.outcome) for f in found), SEAL)


def hang(held: Held, engine: Callable[[Setting], Rig]) -> Lifted:
    """Suck, lift, and watch."""
    rig = engine(setting(held))
    try:
        rig.step(0.2)
        rig.suction.on = True
        rig.step(0.5)
        on = bool(rig.suction.holding)
        rig.arm.follow(lift(HEIGHT, SECONDS))
        widest = [0.0]
        watch = lambda t: widest.append(rig.item.opening())
        peel = rig.step(WATCHED, watch, lambda: not rig.suction.holding) if on else None
        return Lifted(peel, float(np.rad2deg(max(widest))), on)
    finally:
        rig.close()
