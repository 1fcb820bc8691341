"""Items and completed shapes against the truth: `python benchmarks/shapes.py [SUITE:FIRST-LAST ...] [--draw DIR]`.

Segmentation: share of items, of those with at least 100 visible pixels, whose pixels are found with an intersection
over union above 0.5 and 0.75; `split`: the best item found has less than 60% of its pixels; `joined`: more than 30%
of the pixels of that item are another's. Shapes, of the items found: volume IoU, of the completed shape and, to
compare, of the convex hull of what was seen; `hidden`: mean distance of unseen points to the true surface; `seen` and
`p95`: median and 95% quantile of that of seen points. `pairs`: shapes that hold most of two items.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import open3d as o3d
from scipy.spatial import ConvexHull, QhullError, cKDTree

from handpick.layout import standard_layout
from perception.camera import CameraFrame
from perception.capsules import Capsules
from perception.draw import draw_items
from perception.perceiver import Perceiver
from perception.scene import ItemShape, Scene
from sim.cameras.rig import CameraRig
from sim.fill import UnrestError, fill
from sim.render.renderer import make_renderer
from sim.render.scene import VisualScene
from sim.scenery import show_item, show_scenery
from sim.suites import bin_specs
from sim.world import World

DEFAULT = ("mixed:100-107", "boxes:100-101", "books:100-101", "bags:100-101")
STRIDE = 2  # pixels
NEAR = 0.010  # metres from an item's surface within which a pixel is its
GRID = 48  # points along each axis of an item's box at which volumes are compared
NO_ROBOT = Capsules(np.zeros((0, 2, 3)), np.zeros(0))


@dataclass(frozen=True, eq=False)
class Bin:
    """Frames of a settled bin, and the truth: per frame the item of each pixel (-1: none), and the items' meshes."""

    frames: tuple[CameraFrame, ...]
    ids: tuple[np.ndarray, ...]
    families: tuple[str, ...]
    parts: tuple[list[tuple[np.ndarray, np.ndarray]], ...]


@dataclass(frozen=True)
class Score:
    """One item's figures."""

    family: str
    iou: float
    split: bool
    joined: bool
    volume_iou: float = np.nan
    hull_iou: float = np.nan
    hidden: float = np.nan
    seen: float = np.nan
    seen_p95: float = np.nan


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bins", nargs="*", default=DEFAULT, metavar="SUITE:FIRST-LAST")
    parser.add_argument("--draw", type=Path, help="folder for pictures of the items found")
    options = parser.parse_args()
    scores, seconds, found, there, pairs = [], [], 0, 0, 0
    for suite, seed in bins(options.bins):
        try:
            content = make_bin(suite, seed)
        except UnrestError:
            continue
        scene, elapsed = perceive(content)
        seconds.append(elapsed)
        found, there = found + len(scene.items), there + len(content.families)
        scores += score(content, scene)
        pairs += joined_pairs(content, scene)
        if options.draw:
            draw(options.draw / f"{suite}_{seed}.png", content, scene)
    report(scores)
    look = f"{1e3 * np.median(seconds):.0f} ms CPU"
    print(f"{len(seconds)} bins, {there} items, {found} found, {pairs} pairs; second look: {look}")


def bins(names: tuple[str, ...]) -> Iterator[tuple[str, int]]:
    for name in names:
        suite, span = name.split(":")
        first, last = (int(n) for n in (span.split("-") * 2)[:2])
        yield from ((suite, seed) for seed in range(first, last + 1))


def make_bin(suite: str, seed: int, fewest: int | None = None) -> Bin:
    """A settled bin of a suite, or of some of its items, drawn from `fewest` on. Raises UnrestError."""
    layout, rng = standard_layout(), np.random.default_rng([seed, 77])
    world, renderer = World(layout), make_renderer()
    try:
        specs = bin_specs(suite, rng)
        kept = len(specs) if fewest is None else int(rng.integers(fewest, len(specs) + 1))
        items = fill(world.client, specs[:kept], layout.source, rng)
        scene = VisualScene()
        show_scenery(scene, layout)
        for item in items:
            show_item(scene, item)
        scene.follow(world.client)
        rig = CameraRig(layout.cameras, renderer, scene, rng)
        frames = rig.capture(0.0)
        number = {body: index for index, item in enumerate(items) for body in item.bodies}
        ids = []
        for camera in layout.cameras:
            bodies, inverse = np.unique(rig.ideal(camera.name).ids, return_inverse=True)
            values = np.array([number.get(int(body), -1) for body in bodies])
            ids.append(values[inverse].reshape(camera.height, camera.width))
        return Bin(frames, tuple(ids), tuple(i.spec.family for i in items), tuple(i.parts() for i in items))
    finally:
        renderer.close()
        world.close()


def perceive(content: Bin) -> tuple[Scene, float]:
    """The scene of the first look, and the CPU seconds of a second one."""
    layout = standard_layout()
    perceiver = Perceiver(layout.source, layout.destination, layout.cameras)
    scene = perceiver.perceive(content.frames, NO_ROBOT)
    start = time.process_time()
    perceiver.perceive(content.frames, NO_ROBOT)
    return scene, time.process_time() - start


def score(content: Bin, scene: Scene) -> list[Score]:
    overlap, truth, found = overlaps(content, scene)
    scores = []
    for index, family in enumerate(content.families):
        if truth[index] * STRIDE**2 < 100:
            continue
        if not scene.items:
            scores.append(Score(family, 0.0, True, False))
            continue
        shared = overlap[index]
        ious = shared / np.maximum(truth[index] + found - shared, 1)
        best = int(np.argmax(ious))
        foreign = np.delete(overlap[:, best], index).max(initial=0)
        row = Score(
            family, float(ious[best]), bool(shared.max() < 0.6 * truth[index]), bool(foreign > 0.3 * found[best])
        )
        if row.iou > 0.5:
            row = replace(row, **compare(content.parts[index], scene.items[best]))
        scores.append(row)
    return scores


def joined_pairs(content: Bin, scene: Scene) -> int:
    """Shapes that hold more than half of what is seen of each of two items or more."""
    overlap, truth, _ = overlaps(content, scene)
    most = (overlap > 0.5 * truth[:, None]) & (truth[:, None] * STRIDE**2 >= 100)
    return int((most.sum(axis=0) >= 2).sum())


def overlaps(content: Bin, scene: Scene) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pixels shared by true and found items, shape (T, F), and the pixels of each, (T,) and (F,)."""
    overlap = np.zeros((len(content.families), len(scene.items)), int)
    truth, found = np.zeros(len(content.families), int), np.zeros(len(scene.items), int)
    if scene.items:
        tree = cKDTree(np.concatenate([item.points for item in scene.items]))
        owner = np.concatenate([np.full(len(item.points), row) for row, item in enumerate(scene.items)])
    for frame, image in zip(content.frames, content.ids):
        part = (slice(None, None, STRIDE),) * 2
        depth, ids = frame.depth[part], image[part]
        points = frame.camera.T_base_camera.apply(frame.camera.rays()[part] * depth[..., None])
        usable = np.isfinite(depth) & scene.source.contains(points.reshape(-1, 3)).reshape(depth.shape)
        true = ids[usable]
        truth += np.bincount(true[true >= 0], minlength=len(truth))
        if not scene.items:
            continue
        distance, nearest = tree.query(points[usable], distance_upper_bound=NEAR)
        mine = np.where(np.isfinite(distance), owner[np.minimum(nearest, len(owner) - 1)], -1)
        # A pixel of the tote counts against an item only where it is not within noise of the item's edge.
        counted = (mine >= 0) & ((true >= 0) | (distance < NEAR / 3))
        found += np.bincount(mine[counted], minlength=len(found))
        both = counted & (true >= 0)
        np.add.at(overlap, (true[both], mine[both]), 1)
    return overlap, truth, found


def compare(parts: list[tuple[np.ndarray, np.ndarray]], item: ItemShape) -> dict[str, float]:
    """Volume IoU of the completed shape and of the hull of what was seen; errors of unseen and seen points, metres.

    Volumes are sampled along the item's box: a card is thinner than any grid across the bin.
    """
    every = np.concatenate([vertices for vertices, _ in parts] + [item.vertices])
    local = item.T_base_box.inverse().apply(every)
    axes = [
        low + (np.arange(GRID) + 0.5) / GRID * (high - low) for low, high in zip(local.min(axis=0), local.max(axis=0))
    ]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    points = item.T_base_box.apply(points).astype(np.float32)
    true = np.any([inside(points, *part) for part in parts], axis=0)
    unseen = item.points[~item.seen]
    surface = o3d.t.geometry.RaycastingScene()
    for vertices, triangles in parts:
        surface.add_triangles(vertices.astype(np.float32), triangles.astype(np.uint32))
    hidden = float(surface.compute_distance(unseen.astype(np.float32)).numpy().mean()) if len(unseen) else np.nan
    errors = surface.compute_distance(item.points[item.seen].astype(np.float32)).numpy()
    seen, p95 = np.quantile(errors, (0.5, 0.95)) if len(errors) else (np.nan, np.nan)
    hull = np.zeros(len(points), bool)
    try:
        planes = ConvexHull(item.points[item.seen]).equations
        hull = (points @ planes[:, :3].T + planes[:, 3] <= 0).all(axis=1)
    except (QhullError, ValueError):
        pass
    full = inside(points, item.vertices, item.triangles)
    return {
        "volume_iou": iou(true, full),
        "hull_iou": iou(true, hull),
        "hidden": hidden,
        "seen": float(seen),
        "seen_p95": float(p95),
    }


def inside(points: np.ndarray, vertices: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    scene = o3d.t.geometry.RaycastingScene()
    scene.add_triangles(vertices.astype(np.float32), triangles.astype(np.uint32))
    return np.asarray(scene.compute_occupancy(points, nsamples=3).numpy() > 0.5)


def iou(a: np.ndarray, b: np.ndarray) -> float:
    return float((a & b).sum() / max((a | b).sum(), 1))


def report(scores: list[Score]) -> None:
    groups: dict[str, list[Score]] = defaultdict(list)
    for row in scores:
        groups[row.family].append(row)
    print(f"{'family':14s} {'items':>5s} {'>0.5':>6s} {'>0.75':>6s} {'split':>6s} {'joined':>6s}"
          f" {'volume IoU':>10s} {'hull':>6s} {'hidden mm':>9s} {'seen mm':>8s} {'p95':>5s}")  # fmt: skip
    for family, rows in [*sorted(groups.items()), ("all", scores)]:
        ious = np.array([row.iou for row in rows])
        means = [
            np.nanmean([getattr(row, name) for row in rows] or [np.nan]) if (ious > 0.5).any() else np.nan
            for name in ("volume_iou", "hull_iou", "hidden", "seen", "seen_p95")
        ]
        print(
            f"{family:14s} {len(rows):5d} {(ious > 0.5).mean():6.2f} {(ious > 0.75).mean():6.2f}"
            f" {np.mean([row.split for row in rows]):6.2f} {np.mean([row.joined for row in rows]):6.2f}"
            f" {means[0]:10.2f} {means[1]:6.2f} {1e3 * means[2]:9.1f} {1e3 * means[3]:8.2f} {1e3 * means[4]:5.1f}"
        )


def draw(path: Path, content: Bin, scene: Scene) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pictures = [np.hstack([frame.color, draw_items(frame, scene)]) for frame in content.frames[:3]]
    cv2.imwrite(str(path), np.vstack(pictures)[..., ::-1])


if __name__ == "__main__":
    main()
