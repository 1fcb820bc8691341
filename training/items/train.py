"""Makes the space of items: `python -m training.items.train [--out FOLDER]`.

Items are drawn, an autoencoder is fitted to them, items are drawn from its space and measured, and heads are fitted to
what was measured. Needs torch; what it writes needs none. The same seed gives the same weights on the same machine.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.random import Generator

from perception.errors import GeometryError
from perception.pose import Array
from sim.items.damage_classes import CLASSES
from sim.items.made_item import spec_of
from sim.render.base import Renderer
from sim.render.renderer import make_renderer
from training.items.measure import NAMES, measured
from training.items.samples import KNOWN, samples
from training.items.space import SHIPPED, Space, digest_of
from training.items.vector import vector_of

OUT = Path("training/items/data")
KNOWN_ITEMS, MEASURED, ANCHORS = 2500, 7000, 256
ASIDE = 10  # one of so many measured items is checked on, and not fitted to
LIMITS = (
    "Rigid solids, star-shaped around their longest axis: joints, films and handles are not kept.",
    "Print of eight by eight patches a face; openings are windows of netting, not holes.",
    "Made of simulated families, and of solids of no family; none of the suite `unseen` is among them.",
    "What the heads tell is only to steer by: attributes are measured on what is made.",
)


def train(known: int, measured_items: int, seed: int, show: Callable[[str], None]) -> tuple[Space, dict[str, Any]]:
    """The space, and its card."""
    from training.items.network import autoencoder, heads, scales

    rng = np.random.default_rng(seed)
    renderer = make_renderer()
    found = list(samples(known, renderer, rng))
    rows = np.array([vector_of(one) for one in found])
    show(f"{len(rows)} items are described")
    tensors = scales(rows)
    tensors |= autoencoder(rows, tensors, seed)
    kinds = np.array([list(CLASSES).index(one.kind) for one in found[:ANCHORS]], np.int32)
    space = Space({**tensors, "anchor_kinds": kinds}, "")
    anchors = np.array([space.encode(one) for one in found[:ANCHORS]], np.float32)
    space = replace(space, tensors={**space.tensors, "anchors": anchors})
    show("the autoencoder is fitted")
    z, attributes = measured_set(space, measured_items, renderer, rng)
    renderer.close()
    show(f"{len(z)} drawn items are measured")
    rest, aside = np.arange(len(z)) % ASIDE > 0, np.arange(len(z)) % ASIDE == 0
    clues = np.array([space.clues(one, space.row(one)) for one in z])
    tensors = space.tensors | heads(clues[rest], attributes[rest], seed)
    space = Space(tensors, digest_of(tensors))
    wrong = np.array([space.attributes(one) for one in z[aside]]) - attributes[aside]
    lost, spread = np.abs(wrong) / space.units, 1 - (wrong**2).mean(axis=0) / attributes[aside].var(axis=0)
    card = {
        "weights_sha256": space.digest,
        "items": known,
        "families": [*KNOWN, "random_solid"],
        "measured": measured_items,
        "seed": seed,
        "latent_values": space.size,
        "heads": {
            name: {"median_error": float(np.median(lost[:, k])), "explained": float(spread[k])}
            for k, name in enumerate(NAMES)
        },
        "heads_checked_on": int(aside.sum()),
        "limits": list(LIMITS),
    }
    return space, card


def measured_set(space: Space, count: int, renderer: Renderer, rng: Generator) -> tuple[Array, Array]:
    """Latent values (N, Z) of drawn items, and what they are measured to be like (N, A)."""
    z: list[Array] = []
    attributes: list[Array] = []
    while len(z) < count:
        latent, kind = space.draw(rng)
        try:
            attributes.append(measured(spec_of(space.decode(latent, kind)), renderer))
            z.append(latent)
        except GeometryError:  # too heavy
            continue
    return np.array(z), np.array(attributes)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--items", type=int, default=KNOWN_ITEMS)
    parser.add_argument("--measured", type=int, default=MEASURED)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    space, card = train(options.items, options.measured, options.seed, lambda line: print(line, flush=True))
    options.out.mkdir(parents=True, exist_ok=True)
    space.save(options.out / SHIPPED)
    (options.out / "card.json").write_text(json.dumps(card, indent=1) + "\n")
    for name, told in card["heads"].items():
        print(f"{name:14} median error {told['median_error']:.3f} of its spread, explained {told['explained']:.3f}")
    print(options.out / SHIPPED)


if __name__ == "__main__":
    main()
