"""Disturb picks in every way, with eyes open and closed, and print how many items still end undamaged.

    python -m benchmarks.disturbed [--suite boxes] [--seeds 6] [--first 0] [--orders 200] [--disturb all] [--jobs 2]
                                   [--out DIR]

Nine of ten picks are disturbed, each in one of ten ways, as by `handpick sim --disturb all`: 1,200 orders give about a
hundred of each, but fewer obstacles, for which there is often no clear place on the way: `--disturb obstacle` gives
more. A pick could be recovered where nothing was lost or broken within 0.3 s of the disturbance. Both pairs of eyes
meet the same bins, and what disturbs them is drawn by the same seeds. A run that is done lies in DIR; interrupted, the
same command goes on from there, unless the code has changed.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path

from handpick.compare.store import code_hash
from handpick.report.disturbances import CALM, by_disturbance
from handpick.report.files import write_all
from handpick.report.summary import config_hash
from sim.plan import EYES, SimPlan
from sim.run import simulate

SHARE = 0.9  # of the picks that are disturbed
Row = Counter[str]  # picks disturbed in one way: `handpick.report.disturbances.COLUMNS`


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--suite", default="boxes")
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument("--first", type=int, default=0, help="seed")
    parser.add_argument("--orders", type=int, default=200)
    parser.add_argument("--disturb", default="all")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("out/disturbed"))
    options = parser.parse_args()
    found: dict[str, dict[str, Row]] = {eyes: {} for eyes in EYES}
    try:
        for seed in range(options.first, options.first + options.seeds):
            for eyes in EYES:
                plan = SimPlan(
                    options.suite, options.orders, seed=seed, eyes=eyes, disturb=options.disturb, share=SHARE
                )
                for kind, row in run(plan, options.jobs, options.out).items():
                    found[eyes].setdefault(kind, Counter()).update(row)
    except KeyboardInterrupt:
        print()
    print(table(found))


def run(plan: SimPlan, jobs: int, folder: Path) -> dict[str, dict[str, int]]:
    """One run's picks by what disturbed them, from `folder` if it was done by this code before.

    Raises:
        KeyboardInterrupt: it was interrupted, which leaves nothing in `folder`.
    """
    name = f"{plan.suite}-{plan.orders}-{plan.disturb}-{plan.eyes}-{plan.seed}.json"
    key = f"{config_hash(plan.config())}-{code_hash()}"
    try:
        kept = json.loads((folder / name).read_text(encoding="utf-8"))
        if kept["key"] == key:
            return dict(kept["rows"])
    except (OSError, ValueError, KeyError):
        pass
    print(f"{plan.suite}, eyes {plan.eyes}, seed {plan.seed}", flush=True)
    done = simulate(plan, jobs)
    if done.interrupted:
        raise KeyboardInterrupt
    rows = by_disturbance(done)
    write_all({name: json.dumps({"key": key, "rows": rows}, indent=1) + "\n"}, folder)
    return rows


def table(found: dict[str, dict[str, Row]]) -> str:
    """Shares of picks that ended undamaged, of all and of those that could be recovered, by kind and together."""
    kinds = sorted({kind for rows in found.values() for kind in rows} - {CALM})
    lines = [f"{'':22}" + "".join(f"{'eyes ' + eyes:>64}" for eyes in found)]
    head = f"{'picks':>8}{'undamaged':>11}{'recoverable':>13}{'undamaged':>11}{'stopped':>9}{'collisions':>12}"
    lines.append(f"{'':22}" + head * len(found))
    for name, of in {CALM: [CALM], **{kind: [kind] for kind in kinds}, "disturbed": kinds}.items():
        cells = (sum((rows.get(kind, Counter()) for kind in of), Counter()) for rows in found.values())
        lines.append(f"{name:22}" + "".join(map(cell, cells)))
    return "\n".join(lines)


def cell(row: Row) -> str:
    well, recovered = row["undamaged"] / max(row["orders"], 1), row["recovered"] / max(row["recoverable"], 1)
    shares = f"{row['orders']:8}{well:11.1%}{row['recoverable']:13}{recovered:11.1%}"
    return f"{shares}{row['stopped']:9}{row['collisions']:12}"


if __name__ == "__main__":
    main()
