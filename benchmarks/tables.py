"""Items on tables, segmented and completed: `python -m benchmarks.tables [--scenes 30] [--seed 100] [--draw DIR]`.

Rendered tables with wood grain, grooves, stains and shadows bear 3 to 10 items, in piles or upright, seen by one
camera or by four, with colour or without. Recall: share of items, of those with at least 100 visible pixels, that are
found with an intersection over union of 0.5; false: found items that are no true one's, per true item; hidden: median
distance of completed points that nobody saw to the true surface, by family.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.shapes import Bin, Score, mesh_parts, overlaps, score
from benchmarks.support.tables import Table, UnrestError, camera_at, draw_specs, eye_at, packed, pile, table
from handpick.grasp_plan.plan import grounded, placed
from perception.camera import CameraFrame, CameraModel
from perception.depth_image import DepthImage
from perception.draw import draw_items
from perception.errors import HandpickError
from perception.scene import Scene
from perception.support.on_support import perceive_on_support
from perception.support.support import Support
from sim.suites import SUITES

LEAST = 100  # visible pixels of an item that counts
FOUND = 0.5  # intersection over union
KINDS = (("one view, colour", 1, True), ("one view, depth", 1, False), ("four views, colour", 4, True),
         ("four views, depth", 4, False))  # fmt: skip


@dataclass
class Tally:
    """What one way of looking found."""

    scores: list[Score]
    false: int = 0
    true: int = 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenes", type=int, default=30)
    parser.add_argument("--seed", type=int, default=100)
    parser.add_argument("--suite", choices=sorted(SUITES), default="mixed")
    parser.add_argument("--draw", type=Path, help="folder for pictures of the items found")
    options = parser.parse_args()
    tallies = {name: Tally([]) for name, _, _ in KINDS}
    for number in range(options.scenes):
        rng = np.random.default_rng([options.seed, number])
        with table(grained(rng)) as made:
            try:
                arrange(made, options.suite, rng)
            except UnrestError:
                continue
            views = [
                camera_at(eye, np.array((0, 0, 0.03)), 600.0, name=f"camera{i}") for i, eye in enumerate(eyes(rng))
            ]
            images = [made.photo(camera, rng) for camera in views]
            for name, count, color in KINDS:
                judge(made, views[:count], images[:count], color, tallies[name], options.draw, f"{number}_{name}")
        print(f"\r{number + 1} of {options.scenes} scenes", end="", flush=True)
    report(tallies)


def report(tallies: dict[str, Tally]) -> None:
    print()
    for name, tally in tallies.items():
        found = [row for row in tally.scores if row.iou > FOUND]
        recall, hidden = len(found) / max(len(tally.scores), 1), [1e3 * row.hidden for row in found]
        print(
            f"{name}: recall {recall:.3f} of {len(tally.scores)}, {tally.false / max(tally.true, 1):.2f} false items "
            f"per true one, hidden parts off by {np.nanmedian(hidden):.1f} mm (median)"
        )
        families: dict[str, list[float]] = defaultdict(list)
        for row in found:
            families[row.family].append(1e3 * row.hidden)
        print("   " + ", ".join(f"{family} {np.nanmedian(values):.1f}" for family, values in sorted(families.items())))


def arrange(made: Table, suite: str, rng: np.random.Generator) -> None:
    """A pile or items upright. Raises UnrestError."""
    count = int(rng.integers(3, 11))
    way = pile if rng.random() < 0.5 else packed
    way(made, draw_specs(dict(SUITES[suite]), count, rng, graspable=False), rng, 0.32 + 0.025 * count)


def eyes(rng: np.random.Generator) -> list[NDArray[np.float64]]:
    """Where four cameras stand around the table, the first anywhere from over it to 60 degrees off the plumb line."""
    first, found = rng.uniform(-np.pi, np.pi), []
    for index in range(4):
        around, plumb, far = first + np.pi / 2 * index, rng.uniform(0.1, 1.05), rng.uniform(0.65, 0.9)
        found.append(eye_at(around, plumb, far))
    return found


def judge(
    made: Table,
    views: list[CameraModel],
    images: list[DepthImage],
    color: bool,
    tally: Tally,
    draw: Path | None,
    name: str,
) -> None:
    """Perceive, and compare with the truth."""
    if not color:
        images = [replace(image, color=None) for image in images]
    ids = [made.item_ids(made.render(camera)) for camera in views]
    try:
        scene, frames, support = perceived(images)
    except HandpickError as error:
        print(f"\n{name}: {error}")
        return
    T = support.T_base_support.inverse()
    parts = tuple([(T.apply(vertices), triangles) for vertices, triangles in mesh_parts(item)] for item in made.items)
    content = Bin(tuple(frames), tuple(ids), tuple(item.spec.family for item in made.items), parts)
    tally.scores += score(content, scene)
    overlap, truth, found = overlaps(content, scene)
    big = truth * 4 >= LEAST
    tally.true += int(big.sum())
    if scene.items:
        ious = overlap / np.maximum(truth[:, None] + found[None] - overlap, 1)
        tally.false += int((ious.max(axis=0) <= FOUND).sum()) if len(ious) else len(scene.items)
    if draw:
        draw.mkdir(parents=True, exist_ok=True)
        shown = np.hstack([made.render(views[0]).color, draw_items(frames[0], scene)])
        cv2.imwrite(str(draw / f"{name.replace(' ', '_').replace(',', '')}.png"), shown[..., ::-1])


def perceived(images: list[DepthImage]) -> tuple[Scene, list[CameraFrame], Support]:
    """As `handpick.grasp_plan.plan` goes about it."""
    frames, support = grounded(*placed(images))
    scene, local = perceive_on_support(frames, support)
    return scene, local, support


def grained(rng: np.random.Generator, size: int = 1024) -> NDArray[np.uint8]:
    """A table's picture, 2 x 2 m: planks with grain, grooves between them, stains, and the shadow of something."""
    y, x = np.mgrid[0:size, 0:size].astype(np.float32)
    plank = rng.uniform(50, 140)
    tone = rng.uniform(0.75, 1.1, int(size / plank) + 2)[(y / plank).astype(int)]
    grain = 0.10 * np.sin(y * rng.uniform(0.15, 0.5) + 6 * np.sin(x * rng.uniform(0.003, 0.01) + 3 * tone))
    groove = np.where(y % plank < rng.uniform(1.5, 4), 0.45, 1.0)
    image = np.clip(tone + grain, 0, 1.4)[..., None] * rng.uniform((90, 60, 30), (190, 150, 120)) * groove[..., None]
    for _ in range(6):
        cv2.circle(image, tuple(int(v) for v in rng.uniform(0.3, 0.7, 2) * size), int(rng.uniform(8, 45)),
                   tuple(rng.uniform(30, 160, 3)), -1)  # fmt: skip
    shade = np.ones((size, size), np.float32)
    corners = (rng.uniform(0.25, 0.75, (4, 2)) * size).astype(np.int32)
    cv2.fillConvexPoly(shade, cv2.convexHull(corners), rng.uniform(0.45, 0.7))
    return np.asarray(np.clip(image * cv2.GaussianBlur(shade, (0, 0), 6)[..., None], 0, 255), np.uint8)


if __name__ == "__main__":
    main()
