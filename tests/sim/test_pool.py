"""Worker processes: results in order, failures named, nothing told is lost."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Callable

from sim.workers.pool import early_worker, run_pool

Tell = Callable[[object], None]


def square(task: int, tell: Tell) -> int:
    tell(f"squaring {task}")
    time.sleep(0.05 * (3 - task))  # later tasks end first
    return task * task


def fail(task: int, tell: Tell) -> int:
    tell(task)
    if task == 1:
        raise ValueError("no such item")
    if task == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return task


def long(task: int, tell: Tell) -> int:
    """Works until it is interrupted, then says how much it had told."""
    told = 0
    try:
        for told in range(1, 4000):
            tell(told)
            time.sleep(0.005)
    except KeyboardInterrupt:
        return told
    return -1


def deaf(task: int, tell: Tell) -> None:
    """Tells something, then goes on whatever comes."""
    tell("begun")
    while True:
        with contextlib.suppress(KeyboardInterrupt):
            time.sleep(60)


class Slow:
    """Takes its time to be deleted; what is raised meanwhile is dropped by Python."""

    def __del__(self) -> None:
        for _ in range(40):
            time.sleep(0.1)


def deleting(task: int, tell: Tell) -> str:
    """Interrupted in a destructor, then at work."""
    slow = Slow()
    try:
        tell("begun")
        del slow
        time.sleep(60)
    except KeyboardInterrupt:
        return "ended"
    return "went on"


def process(task: int, tell: Tell) -> tuple[int, bool]:
    return os.getpid(), "colorsys" in sys.modules


def threads(task: int, tell: Tell) -> str | None:
    return os.environ.get("OMP_NUM_THREADS")


def test_results_come_in_the_order_of_tasks() -> None:
    heard: list[tuple[int, object]] = []
    done, interrupted = run_pool(square, [0, 1, 2, 3], 2, lambda index, news: heard.append((index, news)))
    assert [task.result for task in done] == [0, 1, 4, 9] and not interrupted
    assert sorted(heard) == [(i, f"squaring {i}") for i in range(4)]


def test_a_failure_or_a_lost_worker_costs_its_own_task_only() -> None:
    done, _ = run_pool(fail, [0, 1, 2, 3, 4], 2)
    assert [task.result for task in done] == [0, None, None, 3, 4]
    assert "ValueError: no such item" in done[1].error
    assert "worker process was lost" in done[2].error and done[2].news == [2]


def test_a_lost_worker_is_replaced() -> None:
    done, _ = run_pool(fail, [2, 3], 1)
    assert "lost" in done[0].error and done[1].result == 3


def interrupt_after(seconds: float) -> None:
    threading.Timer(seconds, lambda: os.kill(os.getpid(), signal.SIGINT)).start()


def test_an_interrupt_reaches_workers_and_keeps_what_they_have() -> None:
    interrupt_after(3.0)
    done, interrupted = run_pool(long, [0, 1], 1)
    assert interrupted
    assert done[0].result is not None and done[0].result > 0 and done[0].news == list(range(1, done[0].result + 1))
    assert done[1].error == "not done"


def test_a_worker_that_does_not_end_is_killed_and_its_news_kept() -> None:
    interrupt_after(3.0)
    began = time.monotonic()
    done, interrupted = run_pool(deaf, [0], 1)
    assert interrupted and time.monotonic() - began < 3.0 + 5.0
    assert done[0].news == ["begun"] and done[0].error == "not done"


def test_an_interrupt_that_is_dropped_comes_again() -> None:
    done, interrupted = run_pool(deleting, [0], 1, lambda index, news: interrupt_after(0.3))
    assert interrupted and done[0].result == "ended"


def test_workers_run_single_threaded_and_leave_the_environment_alone() -> None:
    before = os.environ.get("OMP_NUM_THREADS")
    done, _ = run_pool(threads, [0], 1)
    assert done[0].result == "1"
    assert os.environ.get("OMP_NUM_THREADS") == before


def test_an_early_worker_imports_what_it_is_told_and_takes_the_first_task() -> None:
    with early_worker("colorsys") as worker:
        done, _ = run_pool(process, [0, 1], 1, first=worker)
    assert [task.result for task in done] == [(worker.process.pid, True)] * 2
