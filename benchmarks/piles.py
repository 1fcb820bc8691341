"""Piles and packed items picked by a free-flying hand from one noisy side view: the protocol of the peers' planners.

`python -m benchmarks.piles [--scenes pile packed] [--rounds 100] [--seed 0] [--jobs 2] [--opening 0.08]
[--completion WEIGHTS]`

A workspace of 0.30 m on a table, whose height is known, as the peers' grids know it; one depth view of 640x480 from 60
degrees off the plumb line at 0.6 m, times Gamma(1000, 0.001), plus, in half of the views, a smooth field of 5 mm; a
hand that opens 80 mm. A round ends when all is taken, nothing is offered, or after two failures in a row. GSR:
successes of all tries; DR: of all objects, those removed; `moved`: successes in which a neighbour went over 2 cm.
VGN: Breyer et al., CoRL 2020. GIGA: Jiang et al., RSS 2021.
"""

from __future__ import annotations

import argparse
import contextlib
import multiprocessing as mp
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from benchmarks.support.hand import Hand
from grasping.grasp import Grasp
from grasping.tools import DualTool, Gripper, SuctionCup, Tool
from handpick.grasp_plan.plan import plan
from perception.camera import CameraModel
from perception.completion.complete import Completion, complete
from perception.completion.learned import LearnedCompletion
from perception.completion.margins import Weights
from perception.depth_image import DepthImage
from perception.errors import HandpickError
from perception.pose import Pose
from sim.fill import settle
from sim.items.body import ItemBody
from sim.tables import PACKED, PILE, Table, UnrestError, camera_at, draw_specs, packed, pile, table, wavy

SIDE = 0.30
REGION = ((-SIDE / 2, -SIDE / 2, -0.05), (SIDE / 2, SIDE / 2, SIDE))
EYE = 0.6 * np.array((0.0, -np.sin(np.deg2rad(60)), np.cos(np.deg2rad(60))))
BEFORE, RETREAT = 0.05, 0.10  # metres before the grasp and back from it
MOVED = 0.02
STURDY = 10e6  # Pa: nothing can be dented here
OBJECTS = 5
SHARES = {"pile": PILE, "packed": PACKED}
ARRANGE: dict[str, Callable[..., None]] = {"pile": pile, "packed": packed}


@dataclass
class Round:
    """What one round came to."""

    objects: int = 0
    removed: int = 0
    tries: list[tuple[bool, float, bool, str]] = field(default_factory=list)  # success, odds, neighbour moved, why
    ended: str = ""
    plan_ms: list[float] = field(default_factory=list)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenes", nargs="+", default=["packed", "pile"], choices=sorted(SHARES))
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--opening", type=float, default=0.08)
    parser.add_argument("--completion", type=Path, help="weights of the network that completes shapes, else none does")
    options = parser.parse_args()
    for kind in options.scenes:
        tasks = [(kind, options.seed, number, options.opening, options.completion) for number in range(options.rounds)]
        rounds: list[Round] = []
        with mp.get_context("spawn").Pool(options.jobs) as pool:
            for done in pool.imap(play, tasks):
                rounds.append(done)
                print(f"\r{kind}: {len(rounds)} of {options.rounds} rounds", end="", flush=True)
        report(kind, [one for one in rounds if one.objects])


def report(kind: str, rounds: list[Round]) -> None:
    tries = [one for played in rounds for one in played.tries]
    won = [one for one in tries if one[0]]
    objects, removed = sum(r.objects for r in rounds), sum(r.removed for r in rounds)
    rates = np.array([(len([t for t in r.tries if t[0]]), len(r.tries), r.removed, r.objects) for r in rounds])
    rng = np.random.default_rng(0)
    drawn = rates[rng.integers(0, len(rates), (1000, len(rates)))].sum(axis=1)
    spread = np.percentile(100 * drawn[:, [0, 2]] / drawn[:, [1, 3]], (2.5, 97.5), axis=0)
    ends = {end: sum(r.ended == end for r in rounds) for end in sorted({r.ended for r in rounds})}
    why = {word: sum(t[3] == word for t in tries) for word in sorted({t[3] for t in tries})}
    print(
        f"\r{kind}: {len(rounds)} rounds, GSR {100 * len(won) / max(len(tries), 1):.1f} "
        f"({spread[0, 0]:.1f} to {spread[1, 0]:.1f}) DR {100 * removed / objects:.1f} "
        f"({spread[0, 1]:.1f} to {spread[1, 1]:.1f}) moved {100 * sum(t[2] for t in won) / max(len(won), 1):.1f}% of "
        f"successes; believed {np.mean([t[1] for t in tries]):.2f}; rounds ended: {ends}; tries: {why}; "
        f"{np.median([ms for r in rounds for ms in r.plan_ms]):.0f} processor ms a plan"
    )


def play(task: tuple[str, int, int, float, Path | None]) -> Round:
    """One round."""
    kind, seed, number, opening, weights = task
    completion = LearnedCompletion(Weights.read(weights)) if weights else complete
    rng = np.random.default_rng([seed, number, sorted(SHARES).index(kind)])
    played = Round()
    with table() as made:
        try:
            ARRANGE[kind](made, draw_specs(SHARES[kind], OBJECTS, rng), rng, SIDE)
        except UnrestError:
            return played
        played.objects = len(made.items)
        failures = 0
        while made.items and failures < 2:
            start = time.process_time()
            grasp, gripper = best(made, opening, rng, completion)
            played.plan_ms.append(1e3 * (time.process_time() - start))
            if grasp is None:
                played.ended = "no grasp"
                return played
            success, moved, why = attempt(made, gripper, grasp)
            played.tries.append((success, grasp.odds.placed_undamaged, moved, why))
            played.removed += success
            failures = 0 if success else failures + 1
        played.ended = "two failures" if made.items else "empty"
    return played


def best(
    made: Table, opening: float, rng: np.random.Generator, completion: Completion = complete
) -> tuple[Grasp | None, Gripper]:
    """The grasp that is worth most, in the table's frame."""
    gripper = hand_data(opening)
    camera = camera_at(EYE, np.array((0, 0, 0.0)))
    image = noisy(made, camera, rng)
    tool = DualTool(gripper=gripper, cup=SuctionCup(fingers_open=min(0.04, opening)))
    try:
        found = plan(
            [image],
            tool,
            frozenset({Tool.PINCH}),
            region=REGION,
            support=Pose.identity(),
            damage=0.0,
            squeeze_limit=STURDY,
            completion=completion,
        )
    except HandpickError:
        return None, gripper
    if not found.grasps:
        return None, gripper
    grasp = found.grasps[0]
    return replace(grasp, T_base_tool=found.T_base_tool(grasp)), gripper


def hand_data(opening: float) -> Gripper:
    """The hand of a Panda, as data, on goods of friction 1."""
    return Gripper(
        opening=(0.0, opening),
        force=(10.0, 70.0),
        pad_width=0.020,
        pad_length=0.018,
        finger_thickness=0.010,
        finger_length=0.050,
        palm=(0.060, 0.200, 0.070),
        friction=1.0,
    )


def noisy(made: Table, camera: CameraModel, rng: np.random.Generator) -> DepthImage:
    """The peers' noise on an ideal depth image."""
    depth = made.render(camera).depth * np.float32(rng.gamma(1000.0, 0.001))
    if rng.random() < 0.5:
        depth = wavy(depth, 0.005, rng)
    return DepthImage(depth.astype(np.float32), camera.k, T_base_camera=camera.T_base_camera)


def attempt(made: Table, gripper: Gripper, grasp: Grasp) -> tuple[bool, bool, str]:
    """Approach, close, retreat: whether it is held, whether a neighbour moved, and what went wrong."""
    T, approach = grasp.T_base_tool, grasp.T_base_tool.rotation[:, 2]
    hand = Hand(made.client, gripper, moved(T, -BEFORE * approach), min(grasp.opening, gripper.opening[1]))
    places = [middle(item) for item in made.items]
    success, why, held = False, "", None
    if hand.touches() or not hand.go(T, until_touch=True):
        why = "ran into"
    else:
        hand.close(grasp.force)
        up = -approach if -approach[2] > 0.5 else np.array((0.0, 0.0, 1.0))
        hand.go(moved(T, RETREAT * up))
        held = next((item for item in made.items if hand.still(item.bodies)), None)
        success = held is not None
        why = "held" if success else "slipped"
    neighbours = [
        np.linalg.norm(middle(item) - place) > MOVED for item, place in zip(made.items, places) if item is not held
    ]
    hand.remove()
    if held is not None:
        made.take(held)
    for item in list(made.items):
        if not inside(item):
            made.take(item)
    with contextlib.suppress(UnrestError):
        settle(made.client, made.items)
    return success, any(neighbours), why


def moved(T: Pose, way: np.ndarray) -> Pose:
    return Pose.from_rotation(T.position + way, T.rotation)


def middle(item: ItemBody) -> np.ndarray:
    return np.asarray(item.mesh()[0].mean(axis=0))


def inside(item: ItemBody) -> bool:
    place = middle(item)
    return bool((np.abs(place[:2]) < SIDE / 2 + 0.02).all() and place[2] > -0.02)


if __name__ == "__main__":
    main()
