"""Settle a bin and print where its items lie, for child processes under other arithmetic."""

from __future__ import annotations

import json
import sys

from handpick.layout import standard_layout
from sim.cell import filled
from sim.plan import STEP, generators
from sim.suites import bin_specs


def main(suite: str, seed: int) -> None:
    """Prints JSON: the figures of every link as drawn, and the corners of all links as settled, metres."""
    items, rng = generators(seed, 0)
    specs = bin_specs(suite, items)
    drawn = [[link.mass, *link.inertia, *link.com, *link.collision.size] for spec in specs for link in spec.links]
    world = filled(standard_layout(), specs, rng.spawn(2)[0], STEP, 50)
    settled = [item.corners().tolist() for item in world.items]
    world.close()
    print(json.dumps({"drawn": drawn, "settled": settled}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
