"""Books that hang from cups by the middle of a cover: how many stay on a plate of four, on one, and how wide they open.

Each lies on a pillar that is suddenly gone, which asks of the seals what a quick lift does.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import numpy as np

from benchmarks.support.bench import Bench
from grasping.tools import FOUR_CUPS, DualTool
from perception.pose import Pose
from sim.items.catalog import make_item

TOOLS = {"four cups": FOUR_CUPS, "one cup": DualTool()}
FAMILIES = ("hardcover", "paperback")
PRESSED = 0.004  # metres that the lips are pressed on


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.covers", description=__doc__)
    parser.add_argument("--books", type=int, default=8, help="of each family (8)")
    options = parser.parse_args(arguments)
    for name, tool in TOOLS.items():
        for family in FAMILIES:
            hung = [hang(tool, family, seed) for seed in range(options.books)]
            stay, opening = sum(stays for stays, _ in hung), np.rad2deg(np.median([wide for _, wide in hung]))
            print(f"{name}: {stay} of {len(hung)} of {family} stay on; they open to {opening:.0f} degrees (median)")


def hang(tool: DualTool, family: str, seed: int) -> tuple[bool, float]:
    """Whether a book is still on the cups after a second, and how wide it opened, radians."""
    bench, book = Bench(tool=tool), make_item(family, np.random.default_rng(seed))
    bench.slide.go(True)
    bench.step(0.4)
    along = bench.arm.T_base_link("cup").rotation[:, 0]
    turn = (0, 0, np.arctan2(along[1], along[0]))
    item, pillar = bench.put(book, "cup", Pose.from_euler((0, 0, PRESSED - book.size[2] / 2), turn))
    bench.suction.on = True
    bench.step(0.6)
    bench.free(pillar)
    widest = [0.0]
    bench.step(1.0, lambda t: widest.append(item.opening()))
    held = bool(bench.suction.holding)
    bench.close()
    return held, max(widest)


if __name__ == "__main__":
    main()
