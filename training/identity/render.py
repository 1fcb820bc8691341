"""Features of rendered items, alone and in piles, for the head to be trained on.

python -m training.identity.render OUT.npz [--seed 1001] [--items 900] [--alone 8] [--piles 220]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np

from perception.identity.cutout import Cutout, squared
from perception.identity.features import features
from sim.catalogue.lookalikes import catalogue_items
from sim.catalogue.pictures import View, pile, portrait
from sim.render.renderer import make_renderer

PILED = 12  # items of a pile
ALONE_PIXELS, PILED_PIXELS = 60, 300  # less of an item is not learned from


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    for name, value in (("seed", 1001), ("items", 900), ("alone", 8), ("piles", 220)):
        parser.add_argument(f"--{name}", type=int, default=value)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    rng = np.random.default_rng(arguments.seed)
    items, renderer = catalogue_items(arguments.items, rng), make_renderer()
    seen, item, piled = [], [], []
    for number, one in enumerate(items):
        for _ in range(arguments.alone):
            view = portrait(renderer, one.spec, rng)
            if view.mask.sum() > ALONE_PIXELS:
                seen.append(_features(view))
                item.append(number)
                piled.append(False)
    for _ in range(arguments.piles):
        chosen = rng.choice(len(items), PILED, replace=False)
        for view in pile(renderer, [items[k].spec for k in chosen], rng):
            if view.mask.sum() > PILED_PIXELS:
                seen.append(_features(view))
                item.append(int(chosen[view.item]))
                piled.append(True)
    names = {family: number for number, family in enumerate(dict.fromkeys(one.family for one in items))}
    family = np.array([names[one.family] for one in items])
    np.savez(arguments.out, features=np.array(seen), item=np.array(item), piled=np.array(piled), family=family)
    print(f"{arguments.out}: {len(seen)} pictures of {len(items)} items")


def _features(view: View) -> np.ndarray:
    return features([squared(Cutout(view.color, view.mask))])[0]


if __name__ == "__main__":
    main()
