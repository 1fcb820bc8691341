"""Processor time of `handpick plan`, as a ratio: `python -m benchmarks.plan_speed [--repeat 7]`.

One view of a table with eight items, 640x480 and 1280x720, perceived and planned for both tools, against what people
write by hand for the same picture: Open3D's plane segmentation and DBSCAN on the same cloud. All in one run, cold start
aside; the processor time of all threads, medians.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np
import open3d as o3d

from handpick.grasp_plan.plan import found_support, placed, plan
from perception.depth_image import DepthImage
from perception.support.on_support import perceive_on_support
from sim.suites import SUITES
from sim.tables import camera_at, draw_specs, packed, table

SIZES = ((640, 480, 600.0), (1280, 720, 910.0))
EYE = np.array((0.1, -0.45, 0.62))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=7)
    options = parser.parse_args()
    for width, height, focal in SIZES:
        image = photo(width, height, focal)
        frames, posed = placed([image])
        times = {
            "plan": median(lambda i=image: plan([i]), options.repeat),
            "of that perceiving": median(
                lambda f=frames, p=posed: perceive_on_support(f, found_support(f, p)), options.repeat
            ),
            "Open3D plane and DBSCAN": median(lambda i=image: by_hand(i), max(3, options.repeat // 2)),
        }
        parts = ", ".join(f"{name} {1e3 * seconds:.0f} ms" for name, seconds in times.items())
        ratio = times["plan"] / times["Open3D plane and DBSCAN"]
        print(
            f"{width}x{height}: {ratio:.2f} of the processor time of Open3D's plane segmentation and DBSCAN ({parts})"
        )


def photo(width: int, height: int, focal: float) -> DepthImage:
    rng = np.random.default_rng(5)
    with table() as made:
        packed(made, draw_specs(dict(SUITES["mixed"]), 8, rng, graspable=False), rng, 0.5)
        return made.photo(camera_at(EYE, np.array((0, 0, 0.02)), focal, (width, height)), rng)


def by_hand(image: DepthImage) -> None:
    """Plane and clusters of the same cloud, as in Open3D's own tutorial."""
    depth = image.metres
    rows, columns = np.nonzero(np.isfinite(depth))
    z = depth[rows, columns].astype(np.float64)
    x, y = (columns - image.k[0, 2]) / image.k[0, 0] * z, (rows - image.k[1, 2]) / image.k[1, 1] * z
    cloud = o3d.geometry.PointCloud(o3d.utility.Vector3dVector(np.column_stack([x, y, z])))
    _, on = cloud.segment_plane(0.01, 3, 1000)
    cloud.select_by_index(on, invert=True).cluster_dbscan(0.01, 20)


def median(work: Callable[[], object], repeat: int) -> float:
    """Seconds of processor time, all threads, after one run that loads what is compiled."""
    work()
    seconds = []
    for _ in range(repeat):
        start = time.process_time()
        work()
        seconds.append(time.process_time() - start)
    return float(np.median(seconds))


if __name__ == "__main__":
    main()
