"""How long looks take: `python -m benchmarks.thinking [--suite mixed] [--seed 0] [--bins 2] [--repeats 3]`.

Picks bins of a simulated run, and then thinks over every look again, alone and as often as asked: its least time
counts. Beside milliseconds stands what they are in times of Open3D's UniformTSDFVolume fusing four of the same views at
4 mm, in the same run: that tells versions of the code apart on machines of any speed.
"""

from __future__ import annotations

import argparse
import copy
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks.fusion import VOXEL, Picture, open3d_fusion
from grasping.attempts import Attempts
from grasping.tools import DualTool, Tool
from handpick.layout import standard_layout
from handpick.loop import run_bin
from handpick.picking.decide import think
from handpick.picking.latency import Inline
from handpick.picking.outlook import View
from handpick.picking.stack import Stack
from perception.camera import CameraFrame
from perception.fusion.volume import VolumeGrid
from perception.perceiver import Perceiver
from sim.cell import SimCell
from sim.plan import STEP, generators
from sim.render.renderer import make_renderer
from sim.suites import bin_specs

LAYOUT, TOOL = standard_layout(), DualTool()
STAGES = "perceive", "plan"


class Recorder(Inline):
    """Thinks at once, and keeps what each thought started from: the view, and what had failed before."""

    def __init__(self) -> None:
        self.looks = list[tuple[View, Attempts]]()

    def submit(self, work: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        _, view, past = args
        self.looks.append((view, copy.deepcopy(past)))
        return super().submit(work, *args, **kwargs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--suite", default="mixed")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--bins", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    stack = Stack.build(LAYOUT, TOOL, frozenset(Tool))
    milliseconds, references = list[np.ndarray](), list[float]()
    for index in range(options.bins):
        looks = looks_of(stack, options.suite, options.seed, index)
        rounds = []
        for _ in range(options.repeats):
            rounds.append(replayed(stack, looks))
            references.append(open3d_milliseconds(looks[0][0].frames))
        milliseconds.append(np.min(rounds, axis=0))
        print(f"bin {index + 1} of {options.bins}: {len(looks)} looks", flush=True)
    reference = float(np.median(references))
    print(f"{sum(map(len, milliseconds))} looks; Open3D fuses four views in {reference:.0f} ms")
    for name, column in zip(STAGES, np.concatenate(milliseconds).T):
        middle, most = np.percentile(column, (50, 95))
        print(f"{name:8} p50 {middle:4.0f} ms ({middle / reference:.2f} of that), "
              f"p95 {most:4.0f} ms ({most / reference:.2f})")  # fmt: skip


def looks_of(stack: Stack, suite: str, seed: int, index: int) -> list[tuple[View, Attempts]]:
    """What every look at one bin started from, until it is empty or given up."""
    item_rng, world_rng = generators(seed, index)
    specs, renderer, recorder = bin_specs(suite, item_rng), make_renderer(), Recorder()
    cell = SimCell.build(LAYOUT, TOOL, specs, renderer, world_rng, STEP)
    try:
        run_bin(cell, replace(stack, perceiver=fresh(), thinker=recorder), len(specs))
    finally:
        cell.close()
        renderer.close()
    return recorder.looks


def replayed(stack: Stack, looks: Sequence[tuple[View, Attempts]]) -> np.ndarray:
    """Milliseconds of each look's stages, shape (N, 2), when it is thought over again after those before it."""
    stack = replace(stack, perceiver=fresh())
    thoughts = [think(stack, view, copy.deepcopy(past)) for view, past in looks]
    return np.array([(thought.perceive_ms, thought.plan_ms) for thought in thoughts])


def fresh() -> Perceiver:
    """It remembers earlier looks, which are to be the same each time."""
    return Perceiver(LAYOUT.source, LAYOUT.destination, LAYOUT.cameras)


def open3d_milliseconds(frames: Sequence[CameraFrame]) -> float:
    """Of Open3D's fusion of the first four views, the least of a few."""
    pictures = [Picture(frame.camera, frame.camera.T_base_camera, frame.depth) for frame in frames[:4]]
    fuse, times = open3d_fusion(pictures, VolumeGrid.over(LAYOUT.source, VOXEL)), list[float]()
    for _ in range(4):
        began = time.perf_counter()
        fuse()
        times.append(1e3 * (time.perf_counter() - began))
    return min(times)


if __name__ == "__main__":
    main()
