"""Simulate a run: bins in worker processes, each picked by the one pick loop and judged at its end."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

import numpy as np

from grasping.tools import DualTool, Tool
from handpick.cell import CellLayout, CellStopped
from handpick.decide import Look
from handpick.layout import standard_layout
from handpick.loop import run_bin
from handpick.outcome import PickOutcome, Result
from handpick.record import (
    BinRecord,
    Collision,
    Damage,
    Disturbance,
    Fate,
    ItemRecord,
    PickRecord,
    RunRecord,
    SamplePick,
)
from handpick.stack import Declared, Patience, Stack, closed, opened
from perception.errors import BlindError, HandpickError
from sim.cell import Disturbed, SimCell
from sim.damage import Rules
from sim.disturbances.kinds import SHARE, named
from sim.judge import Place, Truth
from sim.noise import DepthNoise
from sim.pictures import sample_pick
from sim.pool import Progress, run_pool
from sim.render import make_renderer
from sim.suites import bin_specs, suite_shares
from sim.ticker import Ticker, terminal

SAMPLES = (0, 3, 7)  # picks of a bin that are drawn
SAMPLE_BINS = 3
STEP = 1 / 240
DISTURBANCES = 3  # beside a bin's generators: what its disturbances are drawn from
MOST_STOPS = 20  # of a disturbed bin, after which nobody sets it going again
EYES = {"closed": closed, "open": opened}  # whether the cameras are watched during motion

FATES = {
    Place.DESTINATION: Fate.PLACED,
    Place.SOURCE: Fate.LEFT,
    Place.OUTSIDE: Fate.DROPPED,
    Place.HAND: Fate.DROPPED,
}


class ToolsError(HandpickError):
    """No such choice of tools."""


class EyesError(HandpickError):
    """The cell cannot be run with such eyes."""


@dataclass(frozen=True)
class SimPlan:
    """Everything that decides a simulated run. The same plan gives the same report to the byte."""

    suite: str = "mixed"
    orders: int = 40
    tools: str = "both"
    seed: int = 0
    eyes: str = "closed"
    disturb: str = "none"
    share: float = SHARE  # of the picks that are disturbed
    layout: CellLayout = dataclasses.field(default_factory=standard_layout)
    tool: DualTool = dataclasses.field(default_factory=DualTool)
    declared: Declared = dataclasses.field(default_factory=Declared)

    @property
    def allowed(self) -> frozenset[Tool]:
        """The tools that may be used. Raises ToolsError."""
        kinds = {tool.value: frozenset({tool}) for tool in Tool} | {"both": frozenset(Tool)}
        if self.tools not in kinds:
            raise ToolsError(f"unknown tools {self.tools!r}; choose one of {', '.join(kinds)}")
        return kinds[self.tools]

    def check(self) -> None:
        """Refuse what does not exist, before any work is done.

        Raises:
            UnknownSuiteError, ToolsError, EyesError, UnknownDisturbanceError: by what it is that does not.
        """
        suite_shares(self.suite)
        named(self.disturb)
        self.allowed  # noqa: B018
        if self.eyes not in EYES:
            raise EyesError(f"eyes {self.eyes!r} cannot be run; choose one of: {', '.join(EYES)}")

    def config(self) -> dict[str, object]:
        """The plan as plain JSON data."""
        settings: dict[str, Any] = {
            "tool": self.tool,
            "declared": self.declared,
            "patience": Patience(),
            "noise": DepthNoise(),
            "damage_rules": Rules(),
        }
        return {
            "suite": self.suite,
            "orders": self.orders,
            "tools": self.tools,
            "eyes": self.eyes,
            "disturb": [kind.value for kind in named(self.disturb)],
            "share": self.share,
            "seed": self.seed,
            "step": STEP,
            **{name: plain(dataclasses.asdict(value)) for name, value in settings.items()},
            "totes": {t.name: plain(t.T_base_tote.matrix) for t in (self.layout.source, self.layout.destination)},
            "cameras": {c.name: plain(c.T_base_camera.matrix) for c in self.layout.cameras},
        }


@dataclass(frozen=True)
class BinTask:
    """One bin's share of a plan."""

    plan: SimPlan
    index: int
    orders: int


def simulate(
    plan: SimPlan, jobs: int = 1, show: Callable[[str], None] | None = None, skip: AbstractSet[int] = frozenset()
) -> RunRecord:
    """Run a plan on `jobs` processes. An interrupted run keeps what was measured until then.

    skip: numbers of bins that are not run.

    Raises:
        UnknownSuiteError, ToolsError, EyesError, UnknownDisturbanceError: the plan names something that does not exist.
        RenderError: neither renderer works on this machine.
    """
    plan.check()
    renderer = make_renderer()
    name = renderer.name
    renderer.close()
    tasks = [task for task in bin_tasks(plan) if task.index not in skip]
    ticker = Ticker([(task.index, task.orders) for task in tasks], show or terminal())
    began = time.monotonic()
    progress, interrupted = run_pool(work_bin, tasks, jobs, ticker)
    bins = tuple(unless_lost(done, task) for done, task in zip(progress, tasks))
    return RunRecord(plan.config(), bins, name, time.monotonic() - began, interrupted)


def bin_tasks(plan: SimPlan) -> list[BinTask]:
    """Bins of 10 to 20 items until every order has its item."""
    tasks: list[BinTask] = []
    left = plan.orders
    while left > 0:
        items = len(bin_specs(plan.suite, generators(plan.seed, len(tasks))[0]))
        tasks.append(BinTask(plan, len(tasks), min(items, left)))
        left -= items
    return tasks


def generators(seed: int, index: int) -> tuple[np.random.Generator, ...]:
    """A bin's generators: for its items, and for its world and sensors."""
    return tuple(np.random.default_rng([seed, index, part]) for part in range(2))


def work_bin(task: BinTask, tell: Callable[[PickRecord], None], proceed: Callable[[], bool]) -> BinRecord:
    """Fill, pick and judge one bin."""
    plan = task.plan
    item_rng, world_rng = generators(plan.seed, task.index)
    renderer = make_renderer()
    picks: list[PickRecord] = []
    samples: list[SamplePick] = []
    specs = bin_specs(plan.suite, item_rng)
    kinds = named(plan.disturb)
    disturbed = Disturbed(kinds, (plan.seed, task.index, DISTURBANCES), plan.share) if kinds else None
    cell = SimCell.build(plan.layout, plan.tool, specs, renderer, world_rng, STEP, disturbed=disturbed)
    stops = 0

    def on_pick(outcome: PickOutcome, look: Look | None) -> None:
        picks.append(joined(task.index, outcome, cell.truth()))
        cell.begin_pick(outcome.index + 1)
        if look and task.index < SAMPLE_BINS and picks[-1].outcome.index in SAMPLES:
            samples.append(sample_pick(picks[-1], look, plan.tool))
        tell(picks[-1])

    def resume() -> bool:
        nonlocal stops
        stops += 1
        return stops <= MOST_STOPS and cell.reset()

    stopped = ""
    try:
        stack = Stack.build(plan.layout, plan.tool, plan.allowed, plan.declared, EYES[plan.eyes])
        run_bin(cell, stack, task.orders, on_pick, proceed, resume)
    except (CellStopped, BlindError) as error:
        stopped = f"{type(error).__name__}: {error}"
    finally:
        truth, seconds = cell.truth(), cell.clock()
        cell.close()
        renderer.close()
    return bin_record(task, truth, picks, samples, seconds, stopped, cut=not proceed())


def joined(index: int, outcome: PickOutcome, truth: Truth) -> PickRecord:
    """An outcome with the item that the tool really held, if it held any."""
    held = truth.moved(outcome.started, outcome.ended)
    return PickRecord(index, outcome, held[0], truth.items[held[0]].family) if held else PickRecord(index, outcome)


def bin_record(
    task: BinTask,
    truth: Truth,
    picks: list[PickRecord],
    samples: list[SamplePick],
    seconds: float,
    stopped: str,
    cut: bool,
) -> BinRecord:
    """What became of one bin."""
    items = tuple(
        ItemRecord(task.index, i.item, i.family, i.mass, FATES[i.place], i.severity.value if i.severity else "")
        for i in truth.items
    )
    ledger = tuple(
        Damage(task.index, e.time, e.item, e.family, e.cause.value, e.figure, e.threshold, e.unit, e.severity.value)
        for e in truth.events
    )
    first = picks[0].outcome.started if picks else 0.0
    last = picks[-1].outcome.ended if picks else 0.0
    released = [p.outcome.released for p in picks if p.outcome.result is Result.PLACED and p.outcome.released]
    until = max(released, default=last)
    dropped = {p.outcome.index for p in picks if p.outcome.result is Result.DROPPED}
    return BinRecord(
        task.index,
        task.orders,
        items,
        tuple(picks),
        ledger,
        seconds=(seconds if stopped else last) - first,
        seconds_to_last=until - first,
        samples=tuple(samples),
        stopped=stopped,
        cut=cut,
        collisions=tuple(Collision(task.index, c.time, c.link, c.other, c.force) for c in truth.collisions),
        disturbances=tuple(
            Disturbance(
                *(task.index, d.pick, d.kind.value if d.kind else "", d.time),
                *(min(d.ended, seconds), d.item, d.stopped),
                lost=truth.freed(d.time, d.ended) if d.pick in dropped else None,
            )
            for d in truth.disturbances
        ),
    )


def unless_lost(done: Progress[BinRecord, PickRecord], task: BinTask) -> BinRecord:
    """A bin's record, or what its worker had told before it failed; its orders then count as missed."""
    if done.result is not None:
        return done.result
    last = done.news[-1].outcome.ended if done.news else 0.0
    return BinRecord(task.index, task.orders, (), tuple(done.news), (), last, last, error=done.error)


def plain(value: Any) -> Any:
    """Arrays, enums and infinities as JSON data."""
    if isinstance(value, dict):
        return {str(getattr(key, "value", key)): plain(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(entry) for entry in value]
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float):
        return round(value, 9) if np.isfinite(value) else str(value)
    return value
