"""How much attributes that are to be held change along paths in the space of items, controlled and straight.

    python -m benchmarks paths [--items 8] [--change 1.0] [--seed 1000] [--vary flatness,print]

From items of the families, and of the space, each attribute is varied by so many of its spreads over known items, all
others being held. Leakage is by how many spreads the others have changed (root mean square over them) where the varied
one has changed as far, both as measured on what is made: its mesh, its mass, pictures of it. Lines:

    gradient    straight, in the direction in which the varied attribute grows fastest at the start
    regression  straight, in the direction that fits the attribute over drawn items, the same for all
    tangent     straight, in the direction in which the controlled path sets off

The controlled path is compared with each line on the paths on which both come as far, which are counted. Tangent tells
what is gained by looking anew at each step. Intervals are by a bootstrap over the items.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial

import numpy as np

from perception.errors import GeometryError, HandpickError
from perception.pose import Array
from sim.items.made_item import spec_of
from sim.render.base import Renderer
from sim.render.renderer import make_renderer
from training.items.measure import NAMES, measured
from training.items.origin import start_of
from training.items.paths import Order, controlled, gradient, leakage, rest_of, straight, tangent
from training.items.samples import KNOWN
from training.items.space import Space, shipped

DRAWN = 300  # items that the regression is fitted to
DRAWS = 2000
FURTHER = 1.6  # times the change, that is believed to be reached: heads err
LINES = ("gradient", "regression", "tangent")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=8)
    parser.add_argument("--change", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=1000)
    parser.add_argument("--vary", default=",".join(NAMES))
    options = parser.parse_args()
    space, renderer = shipped(), make_renderer()
    rng = np.random.default_rng(options.seed)
    starts = list(starting(space, renderer, options.items, options.seed, rng))
    slopes = regressed(space, renderer, rng)
    print(f"{len(starts)} items, {options.change:g} spreads of the varied attribute either way\n")
    print(f"{'varied':13}{'come so far':>12}  " + "".join(f"{f'over {name} (paths)':>34}" for name in LINES))
    found: list[list[float]] = []
    for name in options.vary.split(","):
        order = Order(name, rest_of(name))
        own = compared(space, renderer, order, starts, slopes[order.varied], options.change)
        print(row(name, own, options.seed), flush=True)
        found += own
    print(row("all", found, options.seed))


def starting(space: Space, renderer: Renderer, count: int, seed: int, rng: np.random.Generator):
    """Items that the space was not made of: half of families, half drawn; latent values (Z,) and what harms them."""
    while count > 0:
        if count % 2:
            text = f"{KNOWN[int(rng.integers(len(KNOWN)))]}:{seed + count}"
            try:
                start = start_of(text, space, renderer)
            except HandpickError:
                continue
            z, kind = start.z, start.kind
        else:
            z, kind = space.draw(rng)
        if measure(space, renderer, kind, z) is not None:
            yield z, kind
            count -= 1


def regressed(space: Space, renderer: Renderer, rng: np.random.Generator) -> Array:
    """Directions (A, Z) by least squares of attributes on the latent values of drawn items."""
    z, attributes = [], []
    while len(z) < DRAWN:
        latent, kind = space.draw(rng)
        if (found := measure(space, renderer, kind, latent)) is not None:
            z.append(latent)
            attributes.append(found)
    x = np.column_stack([np.ones(DRAWN), space.scaled(np.array(z))])
    slopes = np.linalg.lstsq(x, np.array(attributes), rcond=None)[0][1:].T
    return np.asarray(slopes * space.tensors["latent_scale"])  # steepest in the latent metric


def compared(space: Space, renderer: Renderer, order: Order, starts, regression: Array, change: float):
    """Leakage of the controlled path and of each line, in both directions from each start: NaN where it ends before."""
    found = []
    for number, (z, kind) in enumerate(starts):
        for signed in (change, -change):
            lines = (gradient(space, z, order), regression, tangent(space, z, order))
            ways = [controlled(space, z, order, FURTHER * signed)]
            ways += [straight(space, z, line, FURTHER * signed, order) for line in lines]
            measure_: Callable[[Array], Array | None] = partial(measure, space, renderer, kind)
            leaks = [leakage(way, measure_, order, space.units, signed) for way in ways]
            found.append([number, *(np.nan if leak is None else np.sqrt((leak**2).mean()) for leak in leaks)])
    return found


def measure(space: Space, renderer: Renderer, kind: str, z: Array) -> Array | None:
    try:
        return measured(spec_of(space.decode(z, kind)), renderer)
    except GeometryError:
        return None


def row(name: str, found: list[list[float]], seed: int) -> str:
    """Leakage of the controlled path over that of each line, where both come as far."""
    table, cells = np.array(found), []
    for column in range(2, 2 + len(LINES)):
        both = table[np.isfinite(table[:, [1, column]]).all(axis=1)]
        if not len(both):
            cells.append("none comes so far")
            continue
        means, rng = both[:, [1, column]].mean(axis=0), np.random.default_rng(seed)
        parts = [both[both[:, 0] == k] for k in np.unique(both[:, 0])]
        drawn = (np.concatenate([parts[k] for k in rng.integers(len(parts), size=len(parts))]) for _ in range(DRAWS))
        low, high = np.quantile([some[:, 1].sum() / some[:, column].sum() for some in drawn], [0.025, 0.975])
        cells.append(f"{means[0]:.2f}/{means[1]:.2f} = {means[0] / means[1]:.2f} ({low:.2f}-{high:.2f}) {len(both):3}")
    came = f"{np.isfinite(table[:, 1]).sum()} of {len(table)}"
    return f"{name:13}{came:>12}  " + "".join(f"{cell:>34}" for cell in cells)


if __name__ == "__main__":
    main()
