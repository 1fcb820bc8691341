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

from benchmarks.shapes import Bin, Score, overlaps, score
from handpick.grasp_plan.plan import grounded, placed
from perception.camera import CameraFrame, CameraModel
from perception.completion.complete import Completion, complete
from perception.completion.learned import LearnedCompletion
from perception.completion.margins import Weights
from perception.depth_image import DepthImage
from perception.draw import draw_items
from perception.errors import HandpickError
from perception.scene import Scene
from perception.segmentation.find_items import by_geometry
from perception.segmentation.learned import LearnedSegmentation, SegmentationWeights
from perception.segmentation.partition import Segmentation
from perception.support.on_support import perceive_on_support
from perception.support.support import Support
from sim.suites import SUITES
from sim.table_scenes import arrange, eyes, grained
from sim.tables import Table, UnrestError, camera_at, table

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
    parser.add_argument("--completion", type=Path, help="weights of the network that completes shapes, else none does")
    parser.add_argument("--segmentation", type=Path, help="weights of what tells items apart, else geometry does")
    options = parser.parse_args()
    completion = LearnedCompletion(Weights.read(options.completion)) if options.completion else complete
    segmentation: Segmentation = by_geometry
    if options.segmentation:
        segmentation = LearnedSegmentation(SegmentationWeights.read(options.segmentation))
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
                judge(made, views[:count], images[:count], color, tallies[name], options.draw, f"{number}_{name}",
                      completion, segmentation)  # fmt: skip
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


def judge(
    made: Table,
    views: list[CameraModel],
    images: list[DepthImage],
    color: bool,
    tally: Tally,
    draw: Path | None,
    name: str,
    completion: Completion = complete,
    segmentation: Segmentation = by_geometry,
) -> None:
    """Perceive, and compare with the truth."""
    if not color:
        images = [replace(image, color=None) for image in images]
    ids = [made.item_ids(made.render(camera)) for camera in views]
    try:
        scene, frames, support = perceived(images, completion, segmentation)
    except HandpickError as error:
        print(f"\n{name}: {error}")
        return
    T = support.T_base_support.inverse()
    parts = tuple([(T.apply(vertices), triangles) for vertices, triangles in item.parts()] for item in made.items)
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


def perceived(
    images: list[DepthImage], completion: Completion = complete, segmentation: Segmentation = by_geometry
) -> tuple[Scene, list[CameraFrame], Support]:
    """As `handpick.grasp_plan.plan` goes about it."""
    frames, support = grounded(*placed(images))
    scene, local = perceive_on_support(frames, support, completion, segmentation)
    return scene, local, support


if __name__ == "__main__":
    main()
