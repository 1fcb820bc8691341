"""The pick loop: the same for simulation, replay and robot."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from grasping.choice import Attempts, choose
from grasping.grasp import Grasp
from grasping.propose import propose
from grasping.quality import ContactQuality, Quality
from grasping.tools import DualTool, Tool
from handpick.cell import Cell, CellLayout, CellStopped
from handpick.execute import Executed, Hold, Stopwatch, execute, follow
from handpick.outcome import PickOutcome, Result
from handpick.touch import Touch
from motion.arm import Arm
from motion.planner import PickMotion, PlanError, Planner
from perception.camera import CameraFrame
from perception.perceiver import Perceiver
from perception.scene import Scene


@dataclass(frozen=True)
class Declared:
    """Seconds of thinking that are charged per pick; a benchmark shows that the measured p95 keeps within them."""

    perceive: float = 0.300
    plan: float = 0.300


@dataclass(frozen=True)
class Patience:
    """When a bin is given up."""

    failures: int = 6  # picks in a row without a placed item
    empty_looks: int = 4  # looks in a row without anything to pick
    plans: int = 8  # grasps tried to plan before a look is given up


@dataclass(frozen=True)
class Stack:
    """The planner side of a cell: everything that turns images into motion. It never sees the truth."""

    arm: Arm
    perceiver: Perceiver
    planner: Planner
    tool: DualTool = field(default_factory=DualTool)
    tools: frozenset[Tool] = frozenset(Tool)
    quality: Quality | None = None
    declared: Declared = Declared()
    patience: Patience = Patience()
    hold: Hold = field(default_factory=Hold)

    @staticmethod
    def build(layout: CellLayout, tool: DualTool, tools: frozenset[Tool], declared: Declared | None = None) -> Stack:
        """The standard stack for a cell's layout."""
        arm = Arm(tool)
        perceiver = Perceiver(layout.source, layout.destination, layout.cameras)
        planner = Planner(arm, layout.source, layout.destination, layout.obstacles, layout.cameras)
        return Stack(arm, perceiver, planner, tool, tools, ContactQuality(tool), declared or Declared())


@dataclass(frozen=True)
class Look:
    """One pass's view of the cell, handed to whoever draws it."""

    frames: tuple[CameraFrame, ...]
    scene: Scene
    grasp: Grasp | None


def run_bin(
    cell: Cell,
    stack: Stack,
    orders: int,
    rng: np.random.Generator,
    on_pick: Callable[[PickOutcome, Look | None], None] = lambda outcome, look: None,
    proceed: Callable[[], bool] = lambda: True,
) -> list[PickOutcome]:
    """Pick `orders` items out of the source tote, or as many as can be picked before patience ends.

    Raises:
        CellStopped: the cell stopped by itself; the outcomes so far went to `on_pick`.
        BlindError: no camera sees anything any more.
    """
    past = Attempts()
    outcomes: list[PickOutcome] = []
    go_home(cell, stack, None)
    while proceed() and not finished(outcomes, orders, stack.patience):
        outcome, look = pick_one(cell, stack, past, len(outcomes), rng)
        outcomes.append(outcome)
        on_pick(outcome, look)
    return outcomes


def pick_one(
    cell: Cell, stack: Stack, past: Attempts, index: int, rng: np.random.Generator
) -> tuple[PickOutcome, Look]:
    """Look, choose, plan, execute: one pass of the loop."""
    watch, started = Stopwatch(cell), cell.clock()
    frames = cell.capture()
    state = cell.state()
    with Thinking(cell, watch, "perceive", stack.declared.perceive) as perceiving:
        robot = stack.arm.capsules(state.positions, state.finger_gap, state.cup_travel)
        scene = stack.perceiver.perceive(frames, robot)
    with Thinking(cell, watch, "plan", stack.declared.plan) as planning:
        options = propose(scene, stack.tool, stack.tools, rng, stack.quality)
        ranked = choose(options, stack.planner.time, past)
        grasp, motion, cause = first_plan(stack, ranked, scene, state.positions, past)
    if grasp is None or motion is None:
        done = Executed(Result.NOT_EXECUTED, cause, None)
    else:
        done = execute(cell, motion, grasp, stack.tool, Touch(stack.arm), stack.hold, watch)
        past.record(grasp, scene, done.result is Result.PLACED, done.cause)
        if done.result is not Result.PLACED:
            watch.run("retreat", lambda: go_home(cell, stack, scene))
    outcome = PickOutcome(
        index=index,
        result=done.result,
        tool=grasp.tool if grasp else None,
        cause=done.cause,
        started=started,
        ended=cell.clock(),
        released=done.released,
        stages=watch.stages,
        perceive_ms=perceiving.milliseconds,
        plan_ms=planning.milliseconds,
        grasp=grasp,
    )
    return outcome, Look(frames, scene, grasp)


def first_plan(
    stack: Stack, ranked: tuple[Grasp, ...], scene: Scene, positions: np.ndarray, past: Attempts
) -> tuple[Grasp | None, PickMotion | None, str]:
    """The best grasp that the planner finds a motion for, and the last reason why not."""
    cause = "nothing graspable" if scene.items else "nothing seen"
    for grasp in ranked[: stack.patience.plans]:
        try:
            return grasp, stack.planner.plan(grasp, scene, positions), ""
        except PlanError as error:
            cause = type(error).__name__
            past.record(grasp, scene, False, cause, executed=False)
    return None, None, cause


def finished(outcomes: list[PickOutcome], orders: int, patience: Patience) -> bool:
    """All orders are placed, or the bin is given up."""
    results = [outcome.result for outcome in outcomes]
    since = len(results) - max((i + 1 for i, r in enumerate(results) if r is Result.PLACED), default=0)
    idle = len(results) - max((i + 1 for i, r in enumerate(results) if r is not Result.NOT_EXECUTED), default=0)
    return results.count(Result.PLACED) >= orders or since >= patience.failures or idle >= patience.empty_looks


def go_home(cell: Cell, stack: Stack, scene: Scene | None) -> bool:
    """Out of the cameras' view of the source.

    Where the items as they were seen before the pick are in the way, the pick has moved them: then past them, up
    from where the tool is, minding totes and table only.

    Raises:
        CellStopped: there is no safe way there; the arm stays where it is.
    """
    positions = cell.state().positions
    try:
        motion = stack.planner.home(positions, scene)
    except PlanError:
        try:
            motion = stack.planner.home(positions, None)
        except PlanError as error:
            cell.stop()
            raise CellStopped(f"no safe way home: {error}") from error
    return follow(cell, motion)


class Thinking:
    """Charges thinking to the cell's clock: the declared latency in simulation, what it took on a robot.

    A simulated clock does not run while we think, a robot's does: so wait for what is left of the declared time.
    """

    def __init__(self, cell: Cell, watch: Stopwatch, stage: str, declared: float) -> None:
        self.cell, self.watch, self.stage, self.declared = cell, watch, stage, declared
        self.milliseconds = 0.0

    def __enter__(self) -> Thinking:
        self.began, self.wall = self.cell.clock(), time.perf_counter()
        return self

    def __exit__(self, *failure: object) -> None:
        self.milliseconds = 1e3 * (time.perf_counter() - self.wall)
        if (left := self.began + self.declared - self.cell.clock()) > 0:
            self.cell.wait(left)
        self.watch.stages[self.stage] = self.cell.clock() - self.began
