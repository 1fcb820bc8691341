"""Worker processes: results in order, failures named, nothing told is lost."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable

from sim.workers.pool import run_pool

Tell = Callable[[object], None]
Proceed = Callable[[], bool]


def square(task: int, tell: Tell, proceed: Proceed) -> int:
    tell(f"squaring {task}")
    time.sleep(0.05 * (3 - task))  # later tasks end first
    return task * task


def fail(task: int, tell: Tell, proceed: Proceed) -> int:
    tell(task)
    if task == 1:
        raise ValueError("no such item")
    if task == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return task


def last(task: int, tell: Tell, proceed: Proceed) -> int:
    """Works until it is halted."""
    count = 0
    while proceed() and count < 400:
        tell(count)
        count += 1
        time.sleep(0.05)
    return count


def threads(task: int, tell: Tell, proceed: Proceed) -> str | None:
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


def test_an_interrupt_lets_workers_finish_and_keeps_their_news() -> None:
    threading.Timer(3.0, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
    done, interrupted = run_pool(last, [0, 1], 1)
    assert interrupted
    assert done[0].result is not None and 0 < done[0].result < 400 and len(done[0].news) == done[0].result
    assert done[1].error == "not done"


def test_workers_run_single_threaded_and_leave_the_environment_alone() -> None:
    before = os.environ.get("OMP_NUM_THREADS")
    done, _ = run_pool(threads, [0], 1)
    assert done[0].result == "1" and os.environ.get("OMP_NUM_THREADS") == before
