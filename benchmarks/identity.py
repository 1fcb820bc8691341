"""How often a catalogue with look-alikes knows which item it sees, in bins that it has never seen.

python -m benchmarks identity [--items 1000] [--absent 0.13] [--seed 0] [--head FILE]

A catalogue is made of rendered pictures of single items, 1 to 50 of each; then items are poured into bins with physics,
some of them not in the catalogue, and photographed by the cell's four cameras with their noise. Items are cut out by
their true outlines, ragged by a pixel or so: what perception's own outlines add to the errors is not measured here.
Extents are measured in the noisy depth images.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from handpick.layout import standard_layout
from perception.camera import CameraFrame
from perception.identity.answer import Answer, Calibration, Level, answer
from perception.identity.belief import weighed
from perception.identity.calibrate import SCALES, calibrate
from perception.identity.cutout import Cutout, squared
from perception.identity.encoder import Encoder, Vectors, shipped
from perception.identity.features import Features, features
from perception.identity.foreground import foreground
from perception.identity.gallery import Gallery, Item, gallery_of
from perception.identity.gate import flaw
from perception.identity.together import Seen, answers
from perception.identity.worn import worn
from perception.pose import Array
from sim.cameras.rig import CameraRig
from sim.catalogue.lookalikes import CatalogueItem, catalogue_items
from sim.catalogue.pictures import portrait
from sim.fill import UnrestError, fill
from sim.render.base import Renderer
from sim.render.renderer import make_renderer
from sim.render.scene import VisualScene
from sim.scenery import show_item, show_scenery
from sim.suites import BIN_VOLUME
from sim.world import World

MOST_PICTURES = 50
PICTURES = (1.0, 1.0)  # of the logarithm of an item's pictures: mean, standard deviation
BIN_ITEMS = 14
SIDES = {0: False, 1: True}  # pictures are taken of the front first, then of the back, then anyhow
MANIFEST_ERRORS = 0.05
FEW = 3  # pictures
WORST = 0.15  # share of the queries that is refused
SIZE_ERROR = 0.01  # of the catalogue's sizes, relative


@dataclass(frozen=True)
class Asked:
    """An item seen in a bin.

    Attributes:
        name, family, kind: of the item. pixels: of it that all views show. size: as measured, metres.
        mass: kilograms. manifest: names that the bin's manifest lists. views: how many cameras saw it well enough.
    """

    name: str
    family: str
    kind: str
    pixels: int
    size: tuple[float, float, float]
    mass: float
    manifest: tuple[str, ...]
    views: int


@dataclass(frozen=True, eq=False)
class Gathered:
    """All pictures as features, which any head can be judged on.

    Attributes:
        items: of the catalogue; names: of the item of each picture; seen: features of each picture and of the same
            worn, shape (N, 2, LENGTH).
        asked: items in bins; hidden: how many no camera saw well enough; views: features of all views, item by item.
    """

    items: tuple[Item, ...]
    names: tuple[str, ...]
    seen: Features
    asked: tuple[Asked, ...]
    hidden: int
    views: Features

    def save(self, path: Path) -> None:
        told = {"items": [vars(item) for item in self.items], "asked": [vars(one) for one in self.asked]}
        text = json.dumps(told | {"names": self.names, "hidden": self.hidden})
        np.savez(path, seen=self.seen, views=self.views, told=np.array(text))

    @staticmethod
    def load(path: Path) -> Gathered:
        with np.load(path, allow_pickle=False) as file:
            told = json.loads(str(file["told"]))
            seen, views = file["seen"], file["views"]
        items = tuple(Item(**{**item, "size": tuple(item["size"])}) for item in told["items"])
        asked = tuple(Asked(**{**one, "manifest": tuple(one["manifest"])}) for one in told["asked"])
        return Gathered(items, tuple(told["names"]), seen, asked, told["hidden"], views)


@dataclass(frozen=True, eq=False)
class Query:
    """An item that is asked for, and its views as vectors."""

    item: Asked
    views: Vectors


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=1000)
    parser.add_argument("--absent", type=float, default=0.13, help="share of the items that the catalogue lacks")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--head", type=Path, help="of another encoder than the one that is shipped")
    parser.add_argument("--keep", type=Path, help="an .npz of the features: written, or read where it is there")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    rng = np.random.default_rng(arguments.seed)
    encoder = shipped() if arguments.head is None else Encoder.load(arguments.head)
    if arguments.keep is not None and arguments.keep.exists():
        gathered = Gathered.load(arguments.keep)
    else:
        gathered = gather(arguments.items, arguments.absent, rng)
        if arguments.keep is not None:
            gathered.save(arguments.keep)
    clean, poor = (encoder.project(gathered.seen[:, k]) for k in (0, 1))
    gallery = gallery_of(gathered.items, clean, poor, gathered.names)
    print(f"{len(gallery.items)} items, {len(gallery.item)} pictures; model {encoder.model}")
    print(f"{len(gathered.asked)} items seen in bins, {gathered.hidden} hidden or refused")
    ends = np.cumsum([one.views for one in gathered.asked])
    views = np.split(encoder.project(gathered.views), ends[:-1])
    queries = [Query(one, own) for one, own in zip(gathered.asked, views)]
    report(gallery, calibrate(gallery, rng), queries, rng)


def gather(count: int, absent_share: float, rng: Generator) -> Gathered:
    """Make a catalogue and bins, and photograph both."""
    items, renderer = catalogue_items(round(count / (1 - absent_share)), rng), make_renderer()
    absent = {items[k].name for k in rng.choice(len(items), len(items) - count, replace=False)}
    start = time.perf_counter()
    known = [one for one in items if one.name not in absent]
    names, seen = photographed(known, renderer, rng)
    print(f"{len(names)} pictures taken, {time.perf_counter() - start:.0f} s", flush=True)
    asked, views, hidden = seen_in_bins(items, absent, renderer, rng)
    print(f"{len(views)} views in bins taken, {time.perf_counter() - start:.0f} s", flush=True)
    listed = tuple(_listed(item, rng) for item in known)
    return Gathered(listed, tuple(names), seen, tuple(asked), hidden, np.concatenate(views))


def photographed(items: Sequence[CatalogueItem], renderer: Renderer, rng: Generator) -> tuple[list[str], Features]:
    """Pictures as `handpick catalogue add` would take them: the item is found in each, poor ones are refused."""
    names: list[str] = []
    seen: list[Features] = []
    for item in items:
        wanted = int(np.clip(round(np.exp(rng.normal(*PICTURES))), 1, MOST_PICTURES))
        found = 0
        for _ in range(4 * wanted):
            view = portrait(renderer, item.spec, rng, over=SIDES.get(found))
            mask = foreground(view.color)
            if flaw(view.color, mask) is None:
                whole = Cutout(*_around(view.color, mask))
                seen.append(features([squared(whole), squared(worn(whole, rng))]))
                names.append(item.name)
                found += 1
            if found == wanted:
                break
    return names, np.array(seen)


def _listed(item: CatalogueItem, rng: Generator) -> Item:
    a, b, c = sorted(item.spec.size * np.exp(SIZE_ERROR * rng.standard_normal(3)), reverse=True)
    return Item(item.name, item.family, item.kind, (float(a), float(b), float(c)), item.spec.mass)


def seen_in_bins(
    items: Sequence[CatalogueItem], absent: set[str], renderer: Renderer, rng: Generator
) -> tuple[list[Asked], list[Features], int]:
    """Every item once, in bins of about a dozen, and features of its views; how many were not seen well enough."""
    asked: list[Asked] = []
    views: list[Features] = []
    hidden = 0
    waiting = [items[k] for k in rng.permutation(len(items))]
    known = [one.name for one in items if one.name not in absent]
    while waiting:
        chosen: list[CatalogueItem] = []
        volume = 0.0
        while waiting and len(chosen) < BIN_ITEMS and (volume < BIN_VOLUME or not chosen):
            volume += float(waiting[-1].spec.size.prod())
            chosen.append(waiting.pop())
        listed = manifest([one.name for one in chosen if one.name not in absent], known, rng)
        try:
            found = seen_in_bin(chosen, listed, renderer, rng)
        except UnrestError:
            found = []
        asked += [one for one, _ in found]
        views += [own for _, own in found]
        hidden += len(chosen) - len(found)
    return asked, views, hidden


def seen_in_bin(
    chosen: Sequence[CatalogueItem], listed: tuple[str, ...], renderer: Renderer, rng: Generator
) -> list[tuple[Asked, Features]]:
    """What the four cameras over the source see of the items of one bin. Raises UnrestError."""
    layout = standard_layout()
    world, scene = World(layout), VisualScene()
    try:
        show_scenery(scene, layout)
        bodies = fill(world.client, [one.spec for one in chosen], layout.source, rng)
        for body in bodies:
            show_item(scene, body)
        scene.follow(world.client)
        rig = CameraRig(layout.cameras[:4], renderer, scene, rng)
        frames = rig.capture(0.0)
        ids = [rig.ideal(frame.camera.name).ids for frame in frames]
    finally:
        world.close()
    named = {id(one.spec): one for one in chosen}
    found = []
    for body in bodies:
        masks = [_ragged(np.isin(seen, body.bodies), rng) for seen in ids]
        cuts = [
            Cutout(*_around(frame.color, mask))
            for frame, mask in zip(frames, masks)
            if mask.any() and flaw(frame.color, mask) is None
        ]
        if cuts:
            one, pixels = named[id(body.spec)], sum(int(cut.mask.sum()) for cut in cuts)
            size = extents(frames, masks)
            told = Asked(one.name, one.family, one.kind, pixels, size, one.spec.mass, listed, len(cuts))
            found.append((told, features([squared(cut) for cut in cuts])))
    return found


def manifest(names: Sequence[str], known: Sequence[str], rng: Generator) -> tuple[str, ...]:
    """A bin's manifest in which some names are wrong."""
    wrong = rng.random(len(names)) < MANIFEST_ERRORS
    return tuple(known[int(rng.integers(len(known)))] if bad else name for name, bad in zip(names, wrong))


def extents(frames: Sequence[CameraFrame], masks: Sequence[NDArray[np.bool_]]) -> tuple[float, float, float]:
    """Edges of the smallest of some boxes around an item's points as the depth images have them, metres."""
    clouds = []
    for frame, mask in zip(frames, masks):
        inner = cv2.erode(mask.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
        inner &= np.isfinite(frame.depth)
        points = frame.camera.rays()[inner] * frame.depth[inner][:, None]
        clouds.append(frame.camera.T_base_camera.apply(points.astype(np.float64)))
    points = np.asarray(np.concatenate(clouds), np.float64)
    if len(points) < 8:
        return (0.1, 0.1, 0.1)
    boxes = [_box(points), _box((points - points.mean(axis=0)) @ np.linalg.svd(_some(points))[2].T)]
    return min(boxes, key=lambda edges: float(np.prod(edges)))


def _some(points: Array) -> Array:
    few = points[:: max(1, len(points) // 400)]
    return np.asarray(few - few.mean(axis=0))


def _box(points: Array) -> tuple[float, float, float]:
    """A box upright along the third axis; a hundredth of the points may stick out of it on each side."""
    low, high = np.quantile(points[:, 2], (0.01, 0.99))
    flat = points[:, :2].astype(np.float32)
    middle = np.median(flat, axis=0)
    far = np.linalg.norm(flat - middle, axis=1)
    (_, (a, b), _) = cv2.minAreaRect(flat[far <= np.quantile(far, 0.995)])
    return (max(float(a), 1e-3), max(float(b), 1e-3), max(float(high - low), 1e-3))


def _ragged(mask: NDArray[np.bool_], rng: Generator) -> NDArray[np.bool_]:
    """An outline a pixel too wide or too narrow, as segmentation leaves it."""
    change = cv2.dilate if rng.random() < 0.5 else cv2.erode
    return np.asarray(change(mask.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0)


def _around(color: NDArray[np.uint8], mask: NDArray[np.bool_]) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    box = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    return color[box], mask[box]


def report(gallery: Gallery, calibration: Calibration, queries: Sequence[Query], rng: Generator) -> None:
    names = {item.name for item in gallery.items}
    known = [query for query in queries if query.item.name in names]
    unknown = [query for query in queries if query.item.name not in names]
    counts = dict(zip((item.name for item in gallery.items), np.bincount(gallery.item)))
    few = np.array([counts[query.item.name] <= FEW for query in known])
    by_look = [answer(gallery, calibration, query.views) for query in known]
    by_size = [answer(gallery, calibration, query.views, size=query.item.size) for query in known]
    heavy = [
        [
            answer(gallery, calibration, q.views, size=q.item.size, weight=weighed(q.item.mass, error, rng))
            for q in known
        ]
        for error in SCALES
    ]
    listed = [answer(gallery, calibration, query.views, query.item.manifest, query.item.size) for query in known]
    new = [answer(gallery, calibration, query.views, size=query.item.size) for query in unknown]
    new_listed = [answer(gallery, calibration, query.views, query.item.manifest, query.item.size) for query in unknown]
    print(f"\n{len(known)} known and {len(unknown)} unknown items asked; {int(few.sum())} of {FEW} pictures or fewer")
    print(f"{'':34}{'top-1':>8}{f'<= {FEW}':>8}{'of 4 views':>12}")
    four = np.array([len(query.views) == 4 for query in known])
    together = told_together(gallery, calibration, [*known, *unknown])[: len(known)]
    by_weight = [(f"and size and weight to {1e3 * error:.0f} g", found) for error, found in zip(SCALES, heavy)]
    rows = ("by look alone", by_look), ("and size", by_size), ("and manifest, 5% wrong", listed)
    for name, found in (*rows, *by_weight, ("of one bin together", together)):
        right = np.array([one.likely[0][0] == query.item.name for one, query in zip(found, known)])
        print(f"{name:34}{right.mean():8.1%}{right[few].mean():8.1%}{right[four].mean():12.1%}")
    for name, found, others in (("no manifest", by_size, new), ("manifest", listed, new_listed)):
        print(f"\nanswers given, {name}: {emitted(found, others, known, unknown)}")
    scores = np.array([one.known for one in by_size]), np.array([one.known for one in new])
    print(f"\nopen set, AUROC: {auroc(*scores):.3f}")
    wrong = np.array([one.likely[0][0] != query.item.name for one, query in zip(by_size, known)])
    for name, score in (("pixels seen", np.array([float(q.item.pixels) for q in known])), ("confidence", scores[0])):
        kept = score > np.quantile(score, WORST)
        print(f"worst {WORST:.0%} by {name} refused: errors {wrong.mean():.1%} -> {wrong[kept].mean():.1%}")
    by_kind(by_size, known)


def told_together(gallery: Gallery, calibration: Calibration, queries: Sequence[Query]) -> list[Answer]:
    """What the items of each bin are, told together: those of one bin have one manifest."""
    found: list[Answer | None] = [None] * len(queries)
    for manifest_ in dict.fromkeys(query.item.manifest for query in queries):
        own = [k for k, query in enumerate(queries) if query.item.manifest == manifest_]
        seen = [Seen(queries[k].views, queries[k].item.size) for k in own]
        for k, one in zip(own, answers(gallery, calibration, seen, manifest_)):
            found[k] = one
    return [one for one in found if one is not None]


def emitted(found: Sequence[Answer], new: Sequence[Answer], known: Sequence[Query], unknown: Sequence[Query]) -> str:
    """Of what levels answers are, and how often they are right; for unknown items their family or kind may be."""
    lines, all_right, given = [], 0, 0
    pairs = [*zip(found, known), *zip(new, unknown)]
    for level in Level:
        own = [(one.given, query) for one, query in pairs if one.given is not None and one.given.level is level]
        right = sum(guess is not None and guess.name == _name(query.item, level) for guess, query in own)
        lines.append(f"  {level.value:8}{len(own) / len(pairs):7.1%} of all, right {right / max(1, len(own)):7.1%}")
        all_right, given = all_right + right, given + len(own)
    lines.append(f"  nothing {1 - given / len(pairs):7.1%}")
    lines.append(f"  right at the level emitted {all_right / max(1, given):.2%} of {given}")
    return "\n" + "\n".join(lines)


def _name(item: Asked, level: Level) -> str:
    return {Level.ITEM: item.name, Level.FAMILY: item.family, Level.KIND: item.kind}[level]


def by_kind(found: Sequence[Answer], known: Sequence[Query]) -> None:
    print("\nwrong, by kind (look and size)")
    for kind in sorted({query.item.kind for query in known}):
        own = [(one, query) for one, query in zip(found, known) if query.item.kind == kind]
        wrong = [one for one, query in own if one.likely[0][0] != query.item.name]
        sibling = sum(one.likely[0][0].rpartition("-")[0] == q.item.family for one, q in own if one in wrong)
        print(f"  {kind:14}{len(wrong):4} of {len(own):4}, {sibling} of them a look-alike")


def auroc(known: Array, unknown: Array) -> float:
    """Probability that a known item scores higher than an unknown one."""
    order = np.sort(unknown)
    below = np.searchsorted(order, known, "left") + np.searchsorted(order, known, "right")
    return float(below.mean() / (2 * len(unknown)))


if __name__ == "__main__":
    main()
