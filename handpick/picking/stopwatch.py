"""A stopwatch: the cell's seconds by stage of a pick."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from handpick.cell import Cell

T = TypeVar("T")


@dataclass
class Stopwatch:
    """Adds up the cell's seconds by stage."""

    cell: Cell
    stages: dict[str, float] = field(default_factory=dict)
    hidden: dict[str, float] = field(default_factory=dict)  # seconds of thinking that ran beside the motion

    def run(self, stage: str, action: Callable[[], T]) -> T:
        started = self.cell.clock()
        try:
            return action()
        finally:
            self.stages[stage] = self.stages.get(stage, 0.0) + self.cell.clock() - started

    def hide(self, stage: str, seconds: float) -> None:
        self.hidden[stage] = self.hidden.get(stage, 0.0) + seconds
