"""How fast bins are simulated: `python -m benchmarks.simulation [--suite mixed] [--seed 0] [--bins 1]`.

Picks whole bins in one worker process, as a run does, and prints attempts a minute and core, and where the processor's
time goes: a timer of processor time interrupts the worker and looks at what it is in. Filling the tote and loading
compiled code stand apart. Beside it stands what the same world costs without the arm and without anything that reads
it: that ratio tells versions of the code apart on machines of any speed.
"""

from __future__ import annotations

import argparse
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from types import FrameType

from handpick.cell import CellStopped
from handpick.loop import run_bin
from handpick.outcome import PickOutcome
from perception.errors import BlindError
from sim.cell import SimCell, filled
from sim.plan import STEP, BinTask, SimPlan, bin_tasks, generators
from sim.render.renderer import make_renderer
from sim.suites import bin_specs
from sim.workers.pool import run_pool

PERIOD = 0.005  # s of processor time between looks at what is being done
BARE = 1000  # steps of the world that nobody reads
PLANNER = {"perception": "perceiving", "grasping": "planning", "motion": "planning"}
PARTS = "stepping", "around each step", "cameras", "perceiving", "planning", "rest"


@dataclass
class Cost:
    """Seconds of processor time of bins.

    Attributes:
        bare: of a second of the world that nobody reads.
        picking: from the filled bin to its end; simulated: the cell's seconds meanwhile.
        looks: what was found being done, by part.
    """

    setting_up: float = 0.0
    bare: float = 0.0
    picking: float = 0.0
    simulated: float = 0.0
    attempts: int = 0
    looks: Counter[str] = field(default_factory=Counter)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--suite", default="mixed")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--bins", type=int, default=1)
    parser.add_argument("--tools", default="both")
    parser.add_argument("--eyes", default="closed")
    options = parser.parse_args()
    plan = SimPlan(options.suite, 100 * options.bins, options.tools, options.seed, options.eyes)
    tasks = bin_tasks(plan)[: options.bins]
    print(f"{'bin':>4s} {'attempts':>8s} {'a minute':>9s} {'x real time':>11s} {'x bare':>7s} {'set-up s':>8s}  shares")
    progress, _ = run_pool(measure, tasks, jobs=1)
    for task, done in zip(tasks, progress):
        print(done.error if done.result is None else line(task.index, done.result), flush=True)


def line(index: int, cost: Cost) -> str:
    """One bin's figures."""
    total = sum(cost.looks.values())
    shares = ", ".join(f"{part} {cost.looks[part] / total:.1%}" for part in PARTS)
    second = cost.picking / cost.simulated
    return (
        f"{index:4d} {cost.attempts:8d} {60 * cost.attempts / cost.picking:9.1f} {1 / second:11.2f}"
        f" {second / cost.bare:7.2f} {cost.setting_up:8.1f}  {shares}"
    )


def measure(task: BinTask, tell: Callable[[None], None]) -> Cost:
    """Fill and pick one bin, as `sim.run` does."""
    plan, cost = task.plan, Cost()
    cost.bare = bare(task)
    began = time.process_time()
    item_rng, world_rng = generators(plan.seed, task.index)
    renderer = make_renderer()
    specs = bin_specs(plan.suite, item_rng)
    cell = SimCell.build(plan.layout, plan.tool, specs, renderer, world_rng, STEP, arm=plan.robot)
    stack = plan.stack()
    cost.setting_up = time.process_time() - began
    start = cell.clock()

    def count(outcome: PickOutcome, look: object) -> None:
        cost.attempts += 1
        cell.truth()

    signal.signal(signal.SIGPROF, lambda number, frame: cost.looks.update([part(frame)]))
    signal.setitimer(signal.ITIMER_PROF, PERIOD, PERIOD)
    began = time.process_time()
    try:
        run_bin(cell, stack, task.orders, count)
    except (CellStopped, BlindError) as error:
        print(error)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    cost.picking, cost.simulated = time.process_time() - began, cell.clock() - start
    cell.close()
    renderer.close()
    return cost


def bare(task: BinTask) -> float:
    """Seconds of processor time that a second of the bin's world takes, without the arm."""
    item_rng, world_rng = generators(task.plan.seed, task.index)
    specs = bin_specs(task.plan.suite, item_rng)
    world = filled(task.plan.layout, specs, world_rng.spawn(2)[0], STEP, iterations=50)
    began = time.process_time()
    for _ in range(BARE):
        world.step()
    seconds = time.process_time() - began
    world.close()
    return seconds / (BARE * STEP)


def part(frame: FrameType | None) -> str:
    """What is being done in a frame, by the functions that led there."""
    places: list[tuple[str, str]] = []
    while frame is not None:
        places.append((str(frame.f_globals.get("__name__")), frame.f_code.co_name))
        frame = frame.f_back
    if ("sim.world", "step") in places:
        return "stepping"
    if ("sim.cell", "capture") in places:
        return "cameras"
    if any(module.startswith("sim.") and not module.startswith("sim.workers") for module, _ in places):
        return "around each step"
    rooms = (module.split(".")[0] for module, _ in reversed(places))
    return next((PLANNER[room] for room in rooms if room in PLANNER), "rest")


if __name__ == "__main__":
    main()
