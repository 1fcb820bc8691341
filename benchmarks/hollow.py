"""Hollow things on tables, and into how many items they fall: `python -m benchmarks.hollow [--scenes 4] [--seed 9]`.

A bowl, a mug and an open carton stand on a table, seen by one camera and by four. One item for each is right; an item
counts for the thing over whose footprint most of what was seen of it lies.
"""

from __future__ import annotations

import argparse
from collections import defaultdict

import numpy as np

from benchmarks.support.hollow import HOLLOW
from benchmarks.tables import perceived
from perception.depth_image import DepthImage
from perception.pose import Pose
from perception.scene import ItemShape
from sim.render.scene import SCENERY
from sim.render.visual import VisualMesh
from sim.table_scenes import eyes, grained
from sim.tables import camera_at, table

PLACES = np.array(((-0.13, -0.10), (0.12, -0.08), (0.0, 0.14)))
NEAR = 0.11  # metres from a thing's middle within which an item is part of it


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenes", type=int, default=4)
    parser.add_argument("--seed", type=int, default=9)
    options = parser.parse_args()
    items, bins = defaultdict[str, list[int]](list), 0
    for number in range(options.scenes):
        images = photos(np.random.default_rng([options.seed, number]))
        for count in (1, 4):
            scene, _, support = perceived(images[:count])
            bins += support.tote.inner[2] > 0
            found = [item.moved(support.T_base_support) for item in scene.items]
            for name, place in zip(HOLLOW, PLACES):
                items[f"{name}, views: {count}"].append(sum(_at(item, place) for item in found))
    for name, counts in sorted(items.items()):
        print(f"{name}: {np.mean(counts):.1f} items (mean), one in {counts.count(1)} of {len(counts)}")
    print(f"taken for a bin: {bins} of {2 * options.scenes} looks")


def photos(rng: np.random.Generator) -> list[DepthImage]:
    """A table with one thing of each kind, from four sides."""
    with table(grained(rng)) as made:
        for make, place in zip(HOLLOW.values(), PLACES):
            vertices, triangles, _ = make(rng)
            look = VisualMesh(vertices.astype(np.float32), triangles, rng.uniform(0.2, 0.9, 3).astype(np.float32))
            made.scene.add(SCENERY, None, look, Pose.from_euler((*place, 0), (0, 0, rng.uniform(0, np.pi))))
        cameras = [
            camera_at(eye, np.array((0, 0, 0.03)), 600.0, name=f"camera{index}") for index, eye in enumerate(eyes(rng))
        ]
        return [made.photo(camera, rng) for camera in cameras]


def _at(item: ItemShape, place: np.ndarray) -> bool:
    """Whether what was seen of an item lies at a place, (2,)."""
    return bool(np.linalg.norm(np.median(item.points[item.seen][:, :2], axis=0) - place) < NEAR)


if __name__ == "__main__":
    main()
