"""Carry what weights know over to a change of what their inputs mean: `python -m benchmarks carry_over FILE`.

Run it before the change, and what the shipped weights tell of candidates in bins of all suites is written to FILE. Run
it after, and new trees are grown that tell the same of the same candidates by their inputs of now. That carries over
what outcomes had taught, until there are outcomes enough of the new kind. Candidates that differ in more than what is
believed of items are left out.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from benchmarks.shapes import NO_ROBOT, make_bin
from grasping.beliefs.belief import believe_all
from grasping.candidates.clearance import clear
from grasping.candidates.features import describe
from grasping.candidates.table import Candidates
from grasping.propose import CANDIDATES
from grasping.quality.contact_quality import ContactQuality
from grasping.quality.learned import BELIEVED, HEADS, INPUTS, inputs, shipped
from grasping.quality.pinch_force import STEPS, at_force
from grasping.tools import DualTool, Tool
from grasping.trees import Trees
from handpick.layout import standard_layout
from perception.perceiver import Perceiver
from perception.pose import Array
from perception.scene import Scene
from sim.fill import UnrestError
from sim.suites import SUITES
from training.regress import regressed
from training.shard import write_whole
from training.split import FOLDS

FIRST_SEED, FEWEST = 7000, 4  # of bins that nothing else draws; items of the emptiest
MOST = 250  # candidates of a tool and look
SURE = 6.0  # log odds beyond which it does not matter
BELIEFS = ("mass", "mass_spread", "centre_x", "centre_y", "centre_z", "centre_radius", "bookish", *BELIEVED)
KEPT = [i for i, name in enumerate(INPUTS) if name not in BELIEFS]
COLUMNS = ("bins", "T_base_tool", "x")


@dataclass(frozen=True, eq=False)
class Asked:
    """Candidates of one tool: their bins (N,), poses (N, 4, 4), and what the trees see of them, (N, inputs)."""

    tool: Tool
    bins: NDArray[np.int64]
    T_base_tool: Array
    x: Array


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("told", type=Path, help="what was told; written if it is not there")
    parser.add_argument("--bins", type=int, default=60)
    parser.add_argument("--out", type=Path, default=Path("out/carried.safetensors"), help="weights to write")
    options = parser.parse_args()
    seen = [one for number in range(options.bins) for one in looks(number)]
    asked = {kind: joined([one for one in seen if one.tool is kind]) for kind in Tool}
    weights = shipped()
    if not options.told.exists():
        told = {f"{kind.value}.{name}": getattr(one, name) for kind, one in asked.items() for name in COLUMNS}
        told |= {f"{kind.value}.{head}": one.margin(asked[kind].x) for (kind, head), one in weights.trees.items()}
        write_whole(options.told, {}, told)
        return
    with np.load(options.told) as file:
        trees = {key: found for one in asked.values() for key, found in carried(one, file).items()}
    replace(weights, trees=trees).save(options.out)


def joined(some: Sequence[Asked]) -> Asked:
    """All candidates of one tool."""
    columns = (np.concatenate([getattr(one, name) for one in some]) for name in COLUMNS)
    return Asked(some[0].tool, *columns)


def looks(number: int) -> Iterator[Asked]:
    """Candidates in one bin, seen by all cameras and by one."""
    try:
        made = make_bin(list(SUITES)[number % len(SUITES)], FIRST_SEED + number, FEWEST)
    except UnrestError:
        return
    print(f"bin {number}", flush=True)
    layout = standard_layout()
    for frames in (made.frames, made.frames[:1]):
        cameras = tuple(frame.camera for frame in frames)
        scene = Perceiver(layout.source, layout.destination, cameras).perceive(frames, NO_ROBOT)
        for kind in Tool if scene.items else ():
            T_base_tool, x = of_scene(kind, scene, len(frames), np.random.default_rng(number))
            yield Asked(kind, np.full(len(x), number), T_base_tool, x)


def of_scene(kind: Tool, scene: Scene, views: int, rng: Generator) -> tuple[Array, Array]:
    """Poses and inputs of some candidates of a scene, pinched by any force, probed or not."""
    tool, contact = DualTool(), ContactQuality(DualTool())
    every = clear(scene, tool, Candidates.join(kind, [offer(scene, tool) for offer in CANDIDATES[kind]]))
    some = describe(every.only(rng.permutation(len(every))[:MOST]), believe_all(scene))
    if kind is Tool.PINCH:
        least, greatest = tool.gripper.force
        tried = [at_force(some, float(force), tool.gripper) for force in least * (greatest / least) ** STEPS]
        which = rng.integers(len(tried), size=len(some))
        features = np.stack([one.features for one in tried])[which, np.arange(len(some))]
    else:
        features = some.features.copy()
        features["probe"] = np.where(features["spine_at"] == 0, rng.integers(2, size=len(some)), 0.0)
    varied = Candidates(kind, some.item, some.T_base_tool, some.opening, features)
    return some.T_base_tool, inputs(features, np.full(len(some), views), contact.odds(varied))


def carried(asked: Asked, told: Any) -> dict[tuple[Tool, str], Trees]:
    """Trees of a tool that tell by the inputs of now what was told. Prints how near they come in bins left out."""
    kind, found = asked.tool, {}
    before = Asked(kind, *(told[f"{kind.value}.{name}"] for name in COLUMNS))
    rows, was = same(asked, before)
    print(f"{kind.value}: {len(rows)} of {len(asked.x)} candidates are those of before")
    if len(rows) < len(asked.x) / 2:
        raise SystemExit("expected the candidates of before, got others; change nothing but what is believed of items")
    x, check = asked.x[rows], asked.bins[rows] % FOLDS == 0
    for head in HEADS:
        margin = np.clip(told[f"{kind.value}.{head}"][was], -SURE, SURE)
        grow = lambda some, margin=margin: regressed(x[some], margin[some], 0, line=len(BELIEVED))
        left = grow(~check).raw(x[check]) - margin[check]
        share = float(np.var(left)) / max(float(np.var(margin[check])), 1e-9)
        print(f"  {head}: {share:.0%} of the variance of log odds is not carried")
        found[kind, head] = grow(np.ones(len(margin), bool))
    return found


def same(now: Asked, before: Asked) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows of candidates of now, and those of before that differ in nothing but what is believed of their items."""
    known = {key: row for row, key in enumerate(keys(before))}
    pairs = [(row, known[key]) for row, key in enumerate(keys(now)) if key in known]
    rows, was = np.array(pairs, np.int64).reshape(-1, 2).T
    return rows, was


def keys(asked: Asked) -> Iterator[tuple[int, bytes, bytes]]:
    """What tells candidates apart, beliefs left out."""
    for number, T, x in zip(asked.bins, asked.T_base_tool, asked.x):
        yield int(number), T.tobytes(), x[KEPT].tobytes()


if __name__ == "__main__":
    main()
