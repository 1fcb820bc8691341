"""Run tasks in worker processes that can be lost or interrupted without losing what was measured."""

from __future__ import annotations

import contextlib
import multiprocessing as mp
import os
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from typing import Any, Generic, TypeVar

from handpick.interrupts import blocked
from handpick.machine import pinned
from sim.workers.interrupt import Interrupt

T = TypeVar("T")  # a task
N = TypeVar("N")  # news from within a task
R = TypeVar("R")  # a task's result

Work = Callable[[T, Callable[[N], None]], R]

LAST_WORDS = 2.5  # seconds that interrupted workers have to tell what they have measured
NOT_DONE = "not done"

LAST_WORDS = 2.5  # seconds that interrupted workers have to tell what they have measured
NOT_DONE = "not done"

# Workers share the cores: one thread each, which also keeps sums in the same order for any number of workers.
SINGLE_THREADED = {
    name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "LP_NUM_THREADS")
}


@dataclass
class Progress(Generic[R, N]):
    """What is known of one task: its result, or the error or loss in its place, and the news it sent."""

    result: R | None = None
    error: str = NOT_DONE
    news: list[N] = field(default_factory=list)


def run_pool(
    work: Work[T, N, R],
    tasks: Sequence[T],
    jobs: int,
    on_news: Callable[[int, N], None] = lambda index, news: None,
    first: Worker | None = None,
) -> tuple[list[Progress[R, N]], bool]:
    """Run `work(task, tell)` for each task; progress in the tasks' order, and whether it was interrupted.

    A worker tells its news as it goes. At the first Ctrl-C it gets a KeyboardInterrupt, whatever it does, and may still
    return a result; soon after, or at the second Ctrl-C, it is killed and its news is kept.

    first: a worker that is on its way already.
    """
    started = [first] if first else []
    progress: list[Progress[R, N]] = [Progress() for _ in tasks]
    waiting = deque(enumerate(tasks))
    busy: dict[Connection, Worker] = {}
    until = float("inf")
    try:
        while (waiting or busy) and time.monotonic() < until:
            try:
                while waiting and len(busy) < jobs:
                    worker = started.pop() if started else start_worker()
                    busy[worker.pipe] = worker
                    hand_out(work, worker, waiting)
                for worker in [busy[pipe] for pipe in wait(list(busy), timeout=0.5)]:  # type: ignore[index]
                    hear(worker, progress, on_news)
                    if worker.index is None and not hand_out(work, worker, waiting):
                        del busy[worker.pipe]
                        worker.process.kill()
            except KeyboardInterrupt:
                if until < float("inf"):
                    break
                until = time.monotonic() + LAST_WORDS
                waiting.clear()
                for worker in busy.values():
                    os.kill(worker.process.pid, Interrupt.SIGNAL)
    finally:
        for worker in busy.values():
            worker.process.kill()
        for worker in busy.values():
            worker.process.join(1.0)
    return progress, until < float("inf")


@dataclass
class Worker:
    """A process with a pipe of its own, so that its death can block nobody else; `index` is its task in hand."""

    process: Any
    pipe: Connection
    index: int | None = None
    alive: bool = True


def start_worker(imports: str = "") -> Worker:
    """A new process, which imports a module while it waits for its first task.

    To stop is the parent's to handle: the signals that ask for it are blocked in the worker from its birth.
    """
    context = mp.get_context("spawn")
    near, far = context.Pipe()
    resource_tracker.ensure_running()  # else starting a process does it, which would unblock the signals
    with environment(pinned()), blocked():
        process = context.Process(target=serve, args=(far, imports), daemon=True)
        process.start()
    far.close()  # so that the pipe ends when the worker does
    return Worker(process, near)


@contextlib.contextmanager
def early_worker(imports: str) -> Iterator[Worker]:
    """A worker that imports what it will need while this process does the same."""
    worker = start_worker(imports)
    try:
        yield worker
    finally:
        worker.process.kill()


def hand_out(work: Work[T, N, R], worker: Worker, waiting: deque[tuple[int, T]]) -> bool:
    """Give an idle worker its next task, if there is one and it is alive."""
    if not waiting or not worker.alive:
        return False
    worker.index, task = waiting.popleft()
    with contextlib.suppress(BrokenPipeError):  # it died meanwhile: hearing from it will say so
        worker.pipe.send((work, task))
    return True


def hear(worker: Worker, progress: list[Progress[R, N]], on_news: Callable[[int, N], None]) -> None:
    """Take in one message of a worker, or its death."""
    assert worker.index is not None
    task = progress[worker.index]
    try:
        kind, content = worker.pipe.recv()
    except (EOFError, ConnectionResetError):
        task.error = "the worker process was lost (killed, or out of memory)"
        worker.index, worker.alive = None, False
        return
    if kind == "news":
        task.news.append(content)
        on_news(worker.index, content)
    else:
        task.result, task.error = content
        worker.index = None


def serve(pipe: Connection, imports: str) -> None:
    """A worker process: tasks one after the other. An unexpected failure becomes its traceback."""
    interrupt = Interrupt()
    threading.Thread(target=end_with_parent, daemon=True).start()

    def tell(news: Any) -> None:
        with interrupt.held():
            pipe.send(("news", news))

    if imports:
        import_module(imports)
    while True:
        try:
            work, task = pipe.recv()
        except EOFError:  # the parent is gone
            return
        result, error = None, ""
        try:
            with interrupt.heard():
                result = work(task, tell)
        except KeyboardInterrupt:
            error = NOT_DONE
        except Exception:
            error = traceback.format_exc()
        pipe.send(("end", (result, error)))


def end_with_parent() -> None:
    """End this process when its parent has ended, however that came about."""
    parent = mp.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


@contextlib.contextmanager
def environment(variables: dict[str, str]) -> Iterator[None]:
    """Set environment variables for the processes started meanwhile."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
