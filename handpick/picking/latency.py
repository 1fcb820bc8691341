"""The latency of thinking: what runs while the arm moves is free, only the rest is charged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future
from functools import partial
from typing import Generic, ParamSpec, TypeVar

from handpick.cell import Cell
from handpick.picking.stopwatch import Stopwatch

P = ParamSpec("P")
T = TypeVar("T")


class Inline(Executor):
    """Runs at once what it is given. A simulated clock stands still meanwhile, and the result depends on no thread."""

    def submit(self, work: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        future: Future[T] = Future()
        try:
            future.set_result(work(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


class Thinking(Generic[T]):
    """Work that began when this was made, and is done no earlier than the declared seconds after that.

    Args:
        declared: seconds by stage, one stage after the other.
        done: the work.
    """

    def __init__(self, cell: Cell, declared: Mapping[str, float], done: Future[T]) -> None:
        self.cell, self.declared, self.done = cell, declared, done
        self.began = cell.clock()

    def result(self, watch: Stopwatch) -> T:
        """Wait until the work is done; what is left of each stage is charged.

        A simulated clock does not run while we think, a robot's does: both wait for what is left of the declared time,
        and a robot as long as it takes.
        """
        asked, due = self.cell.clock(), self.began
        for stage, seconds in self.declared.items():
            watch.hide(stage, min(max(asked - due, 0.0), seconds))
            due += seconds
            watch.run(stage, partial(self._wait_until, due))
        return watch.run(stage, self.done.result)

    def _wait_until(self, due: float) -> None:
        if (left := due - self.cell.clock()) > 0:
            self.cell.wait(left)
