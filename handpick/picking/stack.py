"""The stack: perceiver, planner, tool and all else on the planner side of a cell, put together."""

from __future__ import annotations

import gc
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from grasping.policy import DEFAULT
from grasping.propose import propose
from grasping.quality.contact_quality import ContactQuality, Quality
from grasping.quality.policies import quality_of
from grasping.quality.worth import Stakes
from grasping.skills.table import ASIDE
from grasping.tools import DualTool, Tool
from handpick.cell import Cell, CellLayout
from handpick.picking.camera_monitor import OpenEyes
from handpick.picking.canary import Canary
from handpick.picking.chooser import Anything, Chooser
from handpick.picking.grip import Hold
from handpick.picking.latency import Inline
from handpick.picking.monitor import Eyes
from motion.planner import Planner
from motion.robot.arm import Arm
from motion.robot.description import ArmDescription
from motion.timing.time_optimal import Pace
from perception.perceiver import Perceiver
from perception.watch.watch import Watch

if TYPE_CHECKING:
    from handpick.picking.decide import Thought


@dataclass(frozen=True)
class Declared:
    """Seconds of thinking that are charged per pick; a benchmark shows that the measured p95 keeps within them."""

    perceive: float = 0.300
    plan: float = 0.300


@dataclass(frozen=True)
class Patience:
    """When a bin is given up."""

    failures: int = 15  # picks in a row without a placed item
    empty_looks: int = 4  # looks in a row without anything to pick
    plans: int = 8  # grasps and drags that are planned before a look is given up
    blind: float = 2.0  # seconds that the halted arm waits for its cameras


def closed(cell: Cell, arm: Arm) -> Eyes:
    """Cameras that look only while the arm rests or has passed."""
    return Eyes()


def opened(cell: Cell, arm: Arm) -> Eyes:
    """Cameras that watch every motion of a pick."""
    return OpenEyes(cell, arm, Watch(cell.layout.source, cell.layout.destination))


@dataclass(frozen=True)
class Stack:
    """Everything that turns images into motion. It never sees the truth.

    stakes: what outcomes are worth, by which grasps are proposed and chosen. eyes: made for a cell.
    thinker: runs the thinking; a pool of one thread where the cell's clock runs by itself.
    canary: new weights on trial, which decide a share of the picks. chooser: says what is taken next.
    on_thought: hears of every look as soon as it is decided, even of one that leads to no pick.
    """

    arm: Arm
    perceiver: Perceiver
    planner: Planner
    tool: DualTool = field(default_factory=DualTool)
    tools: frozenset[Tool] = frozenset(Tool)
    quality: Quality | None = None
    stakes: Stakes = field(default_factory=Stakes)
    declared: Declared = Declared()
    patience: Patience = Patience()
    hold: Hold = field(default_factory=Hold)
    thinker: Executor = field(default_factory=Inline)
    eyes: Callable[[Cell, Arm], Eyes] = closed
    on_thought: Callable[[Thought], None] = lambda thought: None
    canary: Canary | None = None
    chooser: Chooser = field(default_factory=Anything)

    @staticmethod
    def build(
        layout: CellLayout,
        tool: DualTool,
        tools: frozenset[Tool],
        declared: Declared | None = None,
        eyes: Callable[[Cell, Arm], Eyes] = closed,
        arm: ArmDescription | None = None,
        pace: Pace | None = None,
        policy: str = DEFAULT,
        stakes: Stakes | None = None,
    ) -> Stack:
        """The standard stack for a cell's layout and an arm (a Panda if None), warm: compiled code is loaded, and the
        garbage collector passes over all that is there by now, since a look at it would stop thinking for 0.1 to 0.2 s.

        Raises:
            PolicyError, WeightsError: there is no such policy, or its odds or weights cannot be used.
        """
        robot = Arm(tool, arm)
        perceiver = Perceiver(layout.source, layout.destination, layout.cameras)
        planner = Planner(robot, layout.source, layout.destination, layout.obstacles, layout.cameras, pace)
        quality = quality_of(policy, ContactQuality(tool))
        made_up = perceiver.warm_up()
        options = propose(made_up, tool, tools, quality)
        planner.warm_up(made_up, options)
        for offer in ASIDE:
            offer(made_up, options)
        gc.unfreeze()
        gc.collect()
        gc.freeze()
        worth, charged = stakes or Stakes(), declared or Declared()
        return Stack(robot, perceiver, planner, tool, tools, quality, worth, charged, eyes=eyes)
