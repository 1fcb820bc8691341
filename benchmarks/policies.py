"""What each policy's own choice brings: in the same states of bins, tried by the free-flying tool.

python -m benchmarks policies --bins 10 --jobs 2
"""

from __future__ import annotations

import argparse
import gc
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from grasping.grasp import Grasp
from grasping.propose import propose
from grasping.quality.contact_quality import ContactQuality, Quality
from grasping.quality.policies import quality_of
from grasping.quality.worth import Stakes
from grasping.refine import Refinement
from grasping.tools import DualTool, Tool
from handpick.grasp_plan.read_tool import read_tool
from perception.scene import Scene
from sim.fill import UnrestError
from sim.render.renderer import make_renderer
from sim.trial.attempt import Attempt, flyable
from sim.trial.branch import branched
from sim.trial.rays import item_under
from sim.workers.pool import run_pool
from training.bin import Bin, filled_bin
from training.emptying import Way, alone, take_one
from training.metrics import brought, interval

BOTH = frozenset(Tool)
SUCTION, PINCH = frozenset({Tool.SUCTION}), frozenset({Tool.PINCH})

Choice = Callable[[Scene], Grasp | None]


@dataclass(frozen=True)
class Task:
    """A bin to be emptied with a tool. policies: by name, as `--policy` takes them."""

    suite: str
    seed: int
    bin: int
    policies: tuple[str, ...]
    tool: DualTool


@dataclass(frozen=True)
class Came:
    """What came of a policy's choice in a look."""

    bin: int
    views: int
    policy: str
    believed: float
    held: bool
    damaged: bool
    lost: bool
    seconds: float

    @property
    def worth(self) -> float:
        return float(brought(self.held, self.damaged, self.lost))


def choices(tool: DualTool, policies: tuple[str, ...]) -> dict[str, Choice]:
    """What each policy takes of a scene; refined: its best lifts are moved before. Either tool alone, and suction
    wherever a cup is worth a try, are by the odds of contact mechanics."""
    contact, found = ContactQuality(tool), {}
    for name in policies:
        quality = quality_of(name, contact)
        found[name] = choice(tool, BOTH, quality)
        found[f"{name}, refined"] = choice(tool, BOTH, quality, Refinement())
    cup, pads = choice(tool, SUCTION, contact), choice(tool, PINCH, contact)
    first = lambda scene: grasp if (grasp := cup(scene)) and Stakes().gain(grasp) > 0 else pads(scene) or grasp
    return {**found, "suction": cup, "pinch": pads, "suction first": first}


def choice(tool: DualTool, tools: frozenset[Tool], quality: Quality, refinement: Refinement | None = None) -> Choice:
    """The grasp that promises most, of those with a way to move the item."""

    def best(scene: Scene) -> Grasp | None:
        options = propose(scene, tool, tools, quality, refinement=refinement)
        some = [grasp for grasp in options if flyable(grasp, scene)]
        return max(some, key=Stakes().gain) if some else None

    return best


def same(a: Grasp, b: Grasp) -> bool:
    return a.tool is b.tool and a.probe == b.probe and a.force == b.force and np.array_equal(
        a.T_base_tool.matrix, b.T_base_tool.matrix
    )  # fmt: skip


def work(task: Task, tell: Callable[[str], None]) -> list[Came]:
    """Empty a bin; in each state every policy's choice is tried."""
    rng = np.random.default_rng([task.seed, task.bin])
    offers, renderer, found = choices(task.tool, task.policies), make_renderer(), []
    try:
        with filled_bin(task.suite, task.tool, renderer, rng.spawn(1)[0]) as bin_:
            while bin_.world.items:
                worked: list[Way] = []
                for views, _ in bin_.eyes:
                    scene = bin_.look(bin_.capture(views))
                    if scene is not None and scene.items:
                        found += look(task, bin_, views, scene, offers, worked, rng)
                        tell(f"{len(found)} choices")
                take_one(bin_, worked, rng)
                if not bin_.settle():
                    break
    except UnrestError:
        pass
    finally:
        renderer.close()
    return found


def look(
    task: Task, bin_: Bin, views: int, scene: Scene, offers: dict[str, Choice],
    worked: list[Way], rng: np.random.Generator,
) -> list[Came]:  # fmt: skip
    """Try what each policy chooses of a scene, each grasp once."""
    found, here = [], []
    noise = rng.spawn(1)[0].bit_generator.state
    for name, offer in offers.items():
        began = time.perf_counter()
        grasp = offer(scene)
        seconds = time.perf_counter() - began
        if grasp is None:
            found.append(Came(task.bin, views, name, 0.0, False, False, False, seconds))
            continue
        known = [outcome for other, outcome in here if same(grasp, other)]
        if known:
            outcome = known[0]
        else:
            way = Way(grasp, scene, item_under(bin_.world, scene.item(grasp.item)))
            outcome = fly(bin_, way, noise)
            here.append((grasp, outcome))
            worked += [way] * outcome.held
        harmed = bool(outcome.practical.own | outcome.practical.others)
        lost = outcome.acquired and not outcome.held and not outcome.returned
        found.append(Came(task.bin, views, name, grasp.odds.placed_undamaged, outcome.held, harmed, lost, seconds))
    return found


def fly(bin_: Bin, way: Way, noise: dict) -> Attempt:  # type: ignore[type-arg]
    """Try a grasp in a copy of this process, with the same noise of the sensors as the others."""
    rng = np.random.default_rng()
    rng.bit_generator.state = noise
    gc.freeze()
    outcome = branched(lambda: alone(bin_, way.grasp, way.scene, way.target, rng))
    gc.unfreeze()
    return outcome


def report(found: list[Came], ours: str) -> None:
    """Shares by policy, and what the first one brings beyond each, with intervals over bins."""
    names = list(dict.fromkeys(came.policy for came in found))
    by = {name: [came for came in found if came.policy == name] for name in names}
    bins = np.array([came.bin for came in by[names[0]]])
    for views in sorted({came.views for came in found}):
        rows = np.array([came.views == views for came in by[names[0]]])
        print(f"\n{rows.sum()} looks of {len(np.unique(bins))} bins, {views} view{'s' * (views > 1)}")
        print(f"{'':20}held undamaged   damaged   believed     worth   seconds   {ours} brings more")
        worth = {name: np.array([came.worth for came in by[name]])[rows] for name in names}
        for name in names:
            came = [one for one, here in zip(by[name], rows) if here]
            good = np.mean([one.held and not one.damaged for one in came])
            mean, low, high = interval(worth[ours] - worth[name], bins[rows], 0)
            print(
                f"{name:20}{good:14.1%}{np.mean([c.damaged for c in came]):10.1%}"
                f"{np.mean([c.believed for c in came]):11.1%}{worth[name].mean():10.3f}"
                f"{np.median([c.seconds for c in came]):10.3f}   {mean:+.3f} ({low:+.3f} to {high:+.3f})"
            )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--suites", default="mixed,boxes,books,bags,unseen")
    parser.add_argument("--bins", type=int, default=10)
    parser.add_argument("--seed", type=int, default=900, help="of bins that no weights were trained on")
    parser.add_argument("--policies", default="learned,analytic", help="as --policy takes them; the first is ours")
    parser.add_argument("--tool", type=Path, help="file, as `handpick plan --tool` takes it")
    parser.add_argument("--jobs", type=int, default=1)
    options = parser.parse_args()
    suites, policies = options.suites.split(","), tuple(options.policies.split(","))
    tool = read_tool(options.tool)[0] if options.tool else DualTool()
    tasks = [Task(suites[i % len(suites)], options.seed, i, policies, tool) for i in range(options.bins)]
    show = lambda index, said: print(f"\r{tasks[index].suite} {index}: {said}   ", end="", file=sys.stderr)
    done, _ = run_pool(work, tasks, options.jobs, show)
    report([came for progress in done for came in progress.result or []], policies[0])


if __name__ == "__main__":
    main()
