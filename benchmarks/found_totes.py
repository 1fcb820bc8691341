"""Bins found without being told of: `python -m benchmarks.found_totes [--bins 24] [--seed 7] [--tables 10]`.

Rendered bins of unknown size, place and turn, on a table or raised over it, filled with items of all suites, are seen
from straight above, by one oblique camera and by four. Found: inner length and width within 15 mm, depth within 20 mm,
turn within 3 degrees. Open tables bear piles and upright items: what is found there is a false bin.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.support.bins import SIZES, VIEWS, bin_on_table, cameras_over
from perception.camera import CameraFrame, CameraModel
from perception.pose import Pose
from perception.support.plane import find_plane
from perception.support.support import Support, cloud, find_support
from perception.support.walls import find_walls
from perception.tote import Tote
from sim.table_scenes import arrange, eyes, grained
from sim.tables import UnrestError, camera_at, table

SUITES = "mixed", "boxes", "books", "bags"
RAISED = 0.0, 0.0, 0.0, 0.05  # metres, of one bin in four
UP = np.array((0.0, 0.0, 1.0))
NEAR = 0.015, 0.015, 0.020  # metres, of inner length, width and depth
TURN = np.deg2rad(3)


@dataclass(frozen=True)
class Look:
    """One look at a bin or, where `truth` is None, at an open table."""

    name: str
    truth: Tote | None
    frames: Sequence[CameraFrame]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bins", type=int, default=24)
    parser.add_argument("--tables", type=int, default=10)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    right, seconds = defaultdict[str, list[bool]](list), list[float]()
    errors = list[tuple[float, ...]]()
    for look in (*bins(options.bins, options.seed), *tables(options.tables, options.seed)):
        support = find_support(look.frames, UP)
        seconds.append(added(look.frames))
        if look.truth is None:
            right[look.name].append(support.tote.inner[2] == 0)
            continue
        off = error(support, look.truth)
        right[look.name].append(all(np.abs(off) < (*NEAR, TURN)))
        if right[look.name][-1]:
            errors.append(off)
    for name, values in sorted(right.items()):
        print(f"{name}: {sum(values)} of {len(values)}")
    if errors:
        off = np.median(np.abs(errors), axis=0)
        sizes = ", ".join(f"{1e3 * value:.1f}" for value in off[:3])
        print(f"off by {sizes} mm in length, width, depth and {np.rad2deg(off[3]):.2f} degrees (median of those found)")
    print(f"looking for walls: {1e3 * np.median(seconds):.0f} ms CPU (median), {1e3 * np.max(seconds[1:]):.0f} at most")


def bins(count: int, seed: int) -> Iterator[Look]:
    """Each bin as all ways of looking show it."""
    for number in range(count):
        rng = np.random.default_rng([seed, number])
        kind, suite = list(SIZES)[number % 3], SUITES[number // 3 % 4]
        with table(grained(rng)) as made:
            try:
                tote = bin_on_table(made, kind, suite, rng, RAISED[number % 4])
            except UnrestError:
                continue
            for view in VIEWS:
                cameras = cameras_over(tote, view, rng)
                yield Look(f"{kind}, {view.name}", tote, [made.photo(camera, rng).frame() for camera in cameras])


def tables(count: int, seed: int) -> Iterator[Look]:
    """Each open table from one camera and from four."""
    for number in range(count):
        rng = np.random.default_rng([seed, number, 1])
        with table(grained(rng)) as made:
            try:
                arrange(made, SUITES[number % 3], rng)
            except UnrestError:
                continue
            cameras = [_over_table(eye, f"camera{index}") for index, eye in enumerate(eyes(rng))]
            frames = [made.photo(camera, rng).frame() for camera in cameras]
            yield Look("open table, one view", None, frames[:1])
            yield Look("open table, four views", None, frames)


def _over_table(eye: np.ndarray, name: str) -> CameraModel:
    return camera_at(eye, np.array((0, 0, 0.03)), 600.0, name=name)


def error(support: Support, truth: Tote) -> tuple[float, ...]:
    """Of inner length, width and depth, metres, and of the turn, radians."""
    found, true = support.tote.inner, truth.inner
    sizes = [*(np.sort(found[:2]) - np.sort(true[:2]))[::-1], found[2] - true[2]]
    turn = (_yaw(support.T_base_support) - _yaw(truth.T_base_tote) + np.pi / 4) % (np.pi / 2) - np.pi / 4
    return (*sizes, turn)


def _yaw(pose: Pose) -> float:
    return float(np.arctan2(pose.rotation[1, 0], pose.rotation[0, 0]))


def added(frames: Sequence[CameraFrame]) -> float:
    """Processor seconds that looking for walls adds."""
    points, eyes = cloud(frames)
    plane = find_plane(points, eyes, UP)
    local = points - plane.offset * plane.normal
    start = time.process_time()
    find_walls(local, plane.noise)
    return time.process_time() - start


if __name__ == "__main__":
    main()
