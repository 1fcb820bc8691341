"""The planner side of a cell, put together."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass, field

from grasping.quality import ContactQuality, Quality
from grasping.tools import DualTool, Tool
from handpick.cell import CellLayout
from handpick.execute import Hold
from handpick.thinking import Inline
from motion.arm import Arm
from motion.planner import Planner
from perception.perceiver import Perceiver


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
    """Everything that turns images into motion. It never sees the truth.

    thinker: runs the thinking; a pool of one thread where the cell's clock runs by itself.
    """

    arm: Arm
    perceiver: Perceiver
    planner: Planner
    tool: DualTool = field(default_factory=DualTool)
    tools: frozenset[Tool] = frozenset(Tool)
    quality: Quality | None = None
    declared: Declared = Declared()
    patience: Patience = Patience()
    hold: Hold = field(default_factory=Hold)
    thinker: Executor = field(default_factory=Inline)

    @staticmethod
    def build(layout: CellLayout, tool: DualTool, tools: frozenset[Tool], declared: Declared | None = None) -> Stack:
        """The standard stack for a cell's layout."""
        arm = Arm(tool)
        perceiver = Perceiver(layout.source, layout.destination, layout.cameras)
        perceiver.warm_up()
        planner = Planner(arm, layout.source, layout.destination, layout.obstacles, layout.cameras)
        return Stack(arm, perceiver, planner, tool, tools, ContactQuality(tool), declared or Declared())
