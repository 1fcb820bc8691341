"""What a second engine, MuJoCo, makes of the decisive situations that PyBullet simulates.

Arm, tool and items are built anew from the same URDF and specs. Formulas of cup, pump, seal, bellows and card, the
drives' rules and those of damage are the same Python in both: this checks integration and contact, not these models.
Whole executed picks are recorded in the simulated cell, joints and commands to the tool, and replayed in MuJoCo on the
same bin, blindly: nothing reacts to what happens there. The full measure is `--replays 50`.

Figures of seals, openings and flat drops may differ by 5%, those of pinches by 15%. Needs MuJoCo (the extra `engine`).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence

from benchmarks.support.engine import drops, lifted, replay, shaken
from benchmarks.support.engine.need import EngineMissingError, mujoco
from benchmarks.support.engine.rows import Row, header, summary

SITUATIONS: dict[str, Callable[[], Iterator[Row]]] = {
    "lifted": lifted.rows,
    "shaken": shaken.rows,
    "drops": drops.rows,
}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.engines", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", choices=SITUATIONS, action="append", help="one kind of situations (all)")
    parser.add_argument("--none", action="store_true", help="no situations: replays alone")
    parser.add_argument("--replays", type=int, default=2, help="whole picks that are replayed (2)")
    parser.add_argument("--suite", default="mixed", help="of their bins (mixed)")
    parser.add_argument("--seed", type=int, default=0, help="of the first bin (0)")
    options = parser.parse_args(arguments)
    try:
        mujoco()
    except EngineMissingError as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 2
    rows: list[Row] = []
    print(header())
    for name in () if options.none else options.only or SITUATIONS:
        for row in SITUATIONS[name]():
            rows.append(row)
            print(row.line(), flush=True)
    print(summary(rows))
    picks: list[replay.Replayed] = []
    for pick in replay.replays(options.suite, options.seed, options.replays):
        picks.append(pick)
        print(pick.line(), flush=True)
    if picks:
        print(replay.summary(picks))
    return 0


if __name__ == "__main__":
    sys.exit(main())
