"""A catalogue of rendered pictures, and bins with and without its items as four cameras see them, as features."""

from __future__ import annotations

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
from perception.identity.cutout import Cutout, squared
from perception.identity.features import Features, features
from perception.identity.foreground import foreground
from perception.identity.gallery import Item
from perception.identity.gate import flaw
from perception.identity.text import Words, read_all, reader
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
            worn, shape (N, 2, LENGTH); words: on each of them, N pairs.
        asked: items in bins; hidden: how many no camera saw well enough; views: features of all views, item by item.
        read: the words on each of them.
    """

    items: tuple[Item, ...]
    names: tuple[str, ...]
    seen: Features
    words: tuple[tuple[Words, Words], ...]
    asked: tuple[Asked, ...]
    hidden: int
    views: Features
    read: tuple[Words, ...]

    def save(self, path: Path) -> None:
        told = {"items": [vars(item) for item in self.items], "asked": [vars(one) for one in self.asked]}
        text = json.dumps(told | {"names": self.names, "hidden": self.hidden, "words": self.words, "read": self.read})
        np.savez(path, seen=self.seen, views=self.views, told=np.array(text))

    @staticmethod
    def load(path: Path) -> Gathered:
        with np.load(path, allow_pickle=False) as file:
            told = json.loads(str(file["told"]))
            seen, views = file["seen"], file["views"]
        items = tuple(Item(**{**item, "size": tuple(item["size"])}) for item in told["items"])
        asked = tuple(Asked(**{**one, "manifest": tuple(one["manifest"])}) for one in told["asked"])
        words = tuple((tuple(clean), tuple(poor)) for clean, poor in told["words"])
        read = tuple(tuple(own) for own in told["read"])
        return Gathered(items, tuple(told["names"]), seen, words, asked, told["hidden"], views, read)


def gather(count: int, absent_share: float, rng: Generator) -> Gathered:
    """Make a catalogue and bins, and photograph both."""
    items, renderer = catalogue_items(round(count / (1 - absent_share)), rng), make_renderer()
    absent = {items[k].name for k in rng.choice(len(items), len(items) - count, replace=False)}
    start = time.perf_counter()
    known = [one for one in items if one.name not in absent]
    names, seen, words = photographed(known, renderer, rng)
    print(f"{len(names)} pictures taken, {time.perf_counter() - start:.0f} s", flush=True)
    asked, cuts, hidden = seen_in_bins(items, absent, renderer, rng)
    print(f"{len(cuts)} views in bins taken, {time.perf_counter() - start:.0f} s", flush=True)
    views, read = features([squared(cut) for cut in cuts]), read_all(cuts)
    print(f"text read in {sum(map(bool, read))} of them, {time.perf_counter() - start:.0f} s", flush=True)
    listed = tuple(_listed(item, rng) for item in known)
    return Gathered(listed, tuple(names), seen, tuple(words), tuple(asked), hidden, views, read)


def photographed(
    items: Sequence[CatalogueItem], renderer: Renderer, rng: Generator
) -> tuple[list[str], Features, list[tuple[Words, Words]]]:
    """Pictures as `handpick catalogue add` would take them: the item is found in each, poor ones are refused."""
    names: list[str] = []
    seen: list[Features] = []
    words: list[tuple[Words, Words]] = []
    for item in items:
        wanted = int(np.clip(round(np.exp(rng.normal(*PICTURES))), 1, MOST_PICTURES))
        found = 0
        for _ in range(4 * wanted):
            view = portrait(renderer, item.spec, rng, over=SIDES.get(found))
            mask = foreground(view.color)
            if flaw(view.color, mask) is None:
                whole = Cutout(*_around(view.color, mask))
                both = whole, worn(whole, rng)
                seen.append(features([squared(one) for one in both]))
                words.append((reader().read(both[0]), reader().read(both[1])))
                names.append(item.name)
                found += 1
            if found == wanted:
                break
    return names, np.array(seen), words


def _listed(item: CatalogueItem, rng: Generator) -> Item:
    a, b, c = sorted(item.spec.size * np.exp(SIZE_ERROR * rng.standard_normal(3)), reverse=True)
    return Item(item.name, item.family, item.kind, (float(a), float(b), float(c)), item.spec.mass)


def seen_in_bins(
    items: Sequence[CatalogueItem], absent: set[str], renderer: Renderer, rng: Generator
) -> tuple[list[Asked], list[Cutout], int]:
    """Every item once, in bins of about a dozen, and its views; how many were not seen well enough."""
    asked: list[Asked] = []
    views: list[Cutout] = []
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
        views += [view for _, own in found for view in own]
        hidden += len(chosen) - len(found)
    return asked, views, hidden


def seen_in_bin(
    chosen: Sequence[CatalogueItem], listed: tuple[str, ...], renderer: Renderer, rng: Generator
) -> list[tuple[Asked, list[Cutout]]]:
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
            found.append((told, cuts))
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
