"""What a new head is worth against vectors that an old one made: trained to agree with it, and trained freely.

python -m benchmarks upgrade FEATURES ... [--seed 0] [--share 0.5] [--out out/upgrade]

Needs torch. FEATURES are files that `python -m training.identity.render` writes. The old head learns from a share of
the families, the new ones from all of them but a tenth, on whose items all are judged: single views out of piles
against pictures of items alone. A small head for the edge, of 64 hidden units, agrees with the new one.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from perception.identity.encoder import Encoder
from training.identity.head import HELD_BACK, STEPS, Seen, judge, read, trained

EDGE = 64  # hidden units
PAIRS = (  # whose queries ask whose gallery
    *(("old", "old"), ("new", "old"), ("free", "old"), ("new", "new"), ("free", "free")),
    *(("edge", "new"), ("edge", "edge")),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("features", type=Path, nargs="+", metavar="FEATURES")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--share", type=float, default=0.5, help="of the families that the old head learns from")
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--out", type=Path, default=Path("out/upgrade"))
    arguments = parser.parse_args()
    seen = read(arguments.features)
    held = seen.where(seen.family >= np.quantile(np.unique(seen.family), 1 - HELD_BACK))
    known = seen.where(seen.family < held.family.min())
    few = known.where(known.family < np.quantile(np.unique(known.family), arguments.share))
    made: dict[str, Encoder] = {}
    for name, some, agree, hidden in (
        ("old", few, "", 512), ("free", known, "", 512), ("new", known, "old", 512), ("edge", known, "new", EDGE)
    ):  # fmt: skip
        rng = np.random.default_rng(arguments.seed)
        mean, spread = some.features.mean(axis=0), some.features.std(axis=0) + 1e-3
        made[name] = trained(some, mean, spread, rng, made.get(agree), hidden, arguments.steps)
        arguments.out.mkdir(parents=True, exist_ok=True)
        made[name].save(arguments.out / f"{name}.safetensors")
        print(f"{name}: {len(np.unique(some.item))} items, {hidden} hidden units, model {made[name].model}", flush=True)
    table = compared(held, made)
    (arguments.out / "upgrade.json").write_text(json.dumps(table, indent=1) + "\n")


def compared(held: Seen, made: dict[str, Encoder]) -> dict[str, float]:
    """Top-1 of queries by one head in galleries of another one."""
    print(f"\n{held.piled.sum()} views of {len(np.unique(held.item))} items of families that none has seen")
    told = {}
    for query, gallery in PAIRS:
        told[f"{query} in {gallery}"] = judge(held, made[query].project, made[gallery].project)["top1"]
        print(f"  {query:5} asks the gallery of {gallery:5} {told[f'{query} in {gallery}']:7.1%}", flush=True)
    return told


if __name__ == "__main__":
    main()
