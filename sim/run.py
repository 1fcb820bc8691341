"""Simulate a run: bins in worker processes, each picked by the one pick loop and judged at its end."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from functools import partial

from handpick.cell import CellStopped
from handpick.explain.recorder import Recorder
from handpick.interrupts import handled
from handpick.loop import run_bin
from handpick.orders.book import Book
from handpick.orders.naming import Naming
from handpick.orders.serve import by_order
from handpick.outcome import PickOutcome
from handpick.picking.canary import told
from handpick.picking.decide import Look
from handpick.record import (
    BinRecord,
    PickRecord,
    RunRecord,
    SamplePick,
)
from handpick.recording.inspection import bag_name
from handpick.recording.recorder import BinRecorder
from perception.errors import BlindError, ViewError
from sim.bin_record import bin_record, joined, unless_lost
from sim.cell import Disturbed, SimCell
from sim.disturbances.kinds import named
from sim.pictures import sample_pick
from sim.plan import STEP, BinTask, SimPlan, bin_tasks, generators
from sim.render.renderer import make_renderer
from sim.workers.pool import Progress, Work, Worker, run_pool
from sim.workers.ticker import Ticker, terminal

SAMPLES = (0, 3, 7)  # picks of a bin that are drawn


SAMPLE_BINS = 3


DISTURBANCES = 3  # beside a bin's generators: what its disturbances are drawn from


MOST_STOPS = 20  # of a disturbed bin, after which nobody sets it going again


def simulate(
    plan: SimPlan,
    jobs: int = 1,
    show: Callable[[str], None] | None = None,
    skip: AbstractSet[int] = frozenset(),
    first: Worker | None = None,
) -> RunRecord:
    """Run a plan on `jobs` processes. An interrupted run keeps what was measured until then.

    skip: numbers of bins that are not run. first: a worker that is on its way already.

    Raises:
        UnknownSuiteError, ToolsError, EyesError, PolicyError, UnknownDisturbanceError, ArmError: the plan names
            something that does not exist. WeightsError: the policy's weights cannot be used.
    """
    plan.check()
    tasks = [task for task in bin_tasks(plan) if task.index not in skip]
    ticker = Ticker([(task.index, task.orders) for task in tasks], show or terminal())
    began = time.monotonic()
    with handled(signal.default_int_handler):  # what is measured is kept
        run_tasks = run_pool if plan.canary is None else in_turn
        progress, interrupted = run_tasks(work_bin, tasks, jobs, ticker, first)
    bins = tuple(unless_lost(done, task) for done, task in zip(progress, tasks))
    renderer = next((bin_.renderer for bin_ in bins if bin_.renderer), "")
    return RunRecord(plan.config(), bins, renderer, time.monotonic() - began, interrupted)


def in_turn(
    work: Work[BinTask, PickRecord, BinRecord],
    tasks: Sequence[BinTask],
    jobs: int,
    on_news: Callable[[int, PickRecord], None],
    first: Worker | None = None,
) -> tuple[list[Progress[BinRecord, PickRecord]], bool]:
    """Run bins one after the other, whatever the number of jobs: each begins with what the ones before it have shown of
    weights on trial.
    """
    done: list[Progress[BinRecord, PickRecord]] = []
    for number, task in enumerate(tasks):
        outcomes = [pick.outcome for progress in done for pick in progress.news]
        seen = task.plan.evidence.after_all(filter(None, map(told, outcomes)))
        plan = replace(task.plan, evidence=seen)
        news = partial(_of_bin, on_news, number)
        (progress,), interrupted = run_pool(work, [replace(task, plan=plan)], 1, news, first)
        done.append(progress)
        if interrupted:
            return [*done, *(Progress() for _ in tasks[number + 1 :])], True
        first = None
    return done, False


def _of_bin(on_news: Callable[[int, PickRecord], None], number: int, _: int, news: PickRecord) -> None:
    on_news(number, news)


def work_bin(task: BinTask, tell: Callable[[PickRecord], None]) -> BinRecord:
    """Fill, pick and judge one bin. A KeyboardInterrupt ends it where it is."""
    plan = task.plan
    _, world_rng = generators(plan.seed, task.index)
    named_bin = plan.bin(task.index)
    orders = named_bin.orders[: task.orders]
    renderer = make_renderer()
    picks: list[PickRecord] = []
    samples: list[SamplePick] = []
    kinds = named(plan.disturb)
    disturbed = Disturbed(kinds, (plan.seed, task.index, DISTURBANCES), plan.share) if kinds else None
    cell = SimCell.build(
        plan.layout, plan.tool, named_bin.specs, renderer, world_rng, STEP, disturbed=disturbed, arm=plan.robot
    )
    recorder: Recorder | None = None
    bag: BinRecorder | None = None
    stops, book = 0, Book(orders)

    lay = cell.lays()

    def on_pick(outcome: PickOutcome, look: Look | None) -> None:
        picks.append(joined(task.index, outcome, cell.truth(), lay))
        lay.update(cell.lays())
        book.note(outcome)
        cell.begin_pick(outcome.index + 1)
        if look and task.index < SAMPLE_BINS and picks[-1].outcome.index in SAMPLES:
            samples.append(sample_pick(picks[-1], look, plan.tool))
        if look and recorder:
            recorder.record(outcome, look)
        if bag:
            bag.picked(outcome, look)
        tell(picks[-1])

    def resume() -> bool:
        nonlocal stops
        stops += 1
        return stops <= MOST_STOPS and cell.reset()

    stopped, cut = "", False
    try:
        stack = plan.stack(task.index)
        if plan.explain:
            recorder = Recorder(plan.explain, task.index, stack)
        if plan.record:
            bag = BinRecorder(plan.record / bag_name(task.index), plan.layout, stack, plan.arm)
            stack = replace(stack, on_thought=bag.decided)
        proceed = lambda: True
        if plan.shop is not None and plan.catalogue is not None:
            naming = Naming.open(plan.catalogue, named_bin.manifest)
            stack, proceed = by_order(stack, book, naming), lambda: book.open
        run_bin(cell, stack, task.orders, on_pick, proceed, resume, cell.replace_destination)
    except (CellStopped, BlindError, ViewError) as error:
        stopped = f"{type(error).__name__}: {error}"
    except KeyboardInterrupt:
        cut = True
    finally:
        truth, seconds = cell.truth(), cell.clock()
        cell.close()
        renderer.close()
        if bag:
            bag.close()
    return bin_record(task, truth, picks, samples, lay, seconds, stopped, cut, renderer.name, orders)
