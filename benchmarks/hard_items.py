"""How often a policy fails on hard items that were searched for, and on as many random ones, in bins of both.

    python -m benchmarks hard_items FOLDER [--times 6] [--policy learned] [--seed 7000] [--jobs 1]

FOLDER: as handpick items hard writes it. Each item lies in so many bins that the search has not seen, three hard ones
with three random ones, and what the policy thinks best is tried on each from the same state. Failed: not held to the
end, or anything damaged. Intervals are by a bootstrap over the items of each kind.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np

from perception.pose import Array
from sim.items.item_file import item_files, read_item
from sim.render.renderer import make_renderer
from training.items.candidates import drawn, read
from training.items.hard import PER_BIN, check_policy
from training.items.space import shipped
from training.items.tries import Task, Tried, tried

DRAWS = 4000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--times", type=int, default=6)
    parser.add_argument("--policy", default="learned")
    parser.add_argument("--seed", type=int, default=7000)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--out", type=Path, help="where the tries are kept, as JSON")
    options = parser.parse_args()
    check_policy(options.policy)
    space, renderer = shipped(), make_renderer()
    hard = read([read_item(path) for path in item_files(options.folder)], space, renderer)
    random = drawn(space, len(hard), renderer, np.random.default_rng([options.seed, 1]))
    renderer.close()
    both, count = hard.with_(random), len(hard)
    tasks = paired(both, count, options.times, options.policy, options.seed)
    print(f"{count} hard and {count} random items, {len(tasks)} bins", flush=True)
    found = tried(tasks, options.jobs, lambda line: print(line, file=sys.stderr, flush=True))
    if options.out:
        options.out.write_text(json.dumps([[one.item, one.bin, one.held, one.undamaged] for one in found]) + "\n")
    rng = np.random.default_rng(options.seed)
    rates = {}
    for name, own in (("hard", range(count)), ("random", range(count, 2 * count))):
        table = by_item(found, own)
        rates[name] = table
        span = _span(rate(table), [rate(some) for some in drawn_(table, rng)])
        print(f"{name:8} {table[:, 0].sum():.0f} of {table[:, 1].sum():.0f} tries failed: {span}")
    ratios = [rate(a) / max(rate(b), 1e-9) for a, b in zip(*(drawn_(table, rng) for table in rates.values()))]
    print(f"hard over random: {_span(rate(rates['hard']) / max(rate(rates['random']), 1e-9), ratios)}")


def paired(both, count: int, times: int, policy: str, seed: int) -> list[Task]:
    """Bins of as many hard items, numbered below `count`, as random ones."""
    rng, made, half = np.random.default_rng([seed, 2]), list[Task](), PER_BIN // 2
    for _ in range(times):
        kinds = [rng.permutation(count), count + rng.permutation(count)]
        for start in range(0, count, half):
            numbers = [int(k) for kind in kinds for k in kind[start : start + half]]
            made.append(Task(tuple((k, both.latent(k)) for k in numbers), (seed, 3, len(made)), policy))
    return made


def by_item(found: list[Tried], own: range) -> Array:
    """Tries that failed, and all, of each item that was tried, (N, 2)."""
    counts = np.zeros((len(own), 2))
    for one in found:
        if one.item in own:
            counts[one.item - own.start] += one.failed, 1
    return counts[counts[:, 1] > 0]


def rate(table: Array) -> float:
    return float(table[:, 0].sum() / table[:, 1].sum())


def drawn_(table: Array, rng: np.random.Generator) -> list[Array]:
    return [table[rng.integers(len(table), size=len(table))] for _ in range(DRAWS)]


def _span(value: float, draws: list[float]) -> str:
    low, high = np.quantile(draws, [0.025, 0.975])
    return f"{value:.2f} ({low:.2f} to {high:.2f})"


if __name__ == "__main__":
    main()
