"""Run tasks in worker processes that can be halted, lost or interrupted without losing what was measured."""

from __future__ import annotations

import contextlib
import multiprocessing as mp
import os
import signal
import sys
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from typing import Any, Generic, TypeVar

T = TypeVar("T")  # a task
N = TypeVar("N")  # news from within a task
R = TypeVar("R")  # a task's result

Work = Callable[[T, Callable[[N], None], Callable[[], bool]], R]

# Workers share the cores: one thread each, which also keeps sums in the same order for any number of workers.
SINGLE_THREADED = {
    name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "LP_NUM_THREADS")
}


@dataclass
class Progress(Generic[R, N]):
    """What is known of one task: its result, or the error or loss in its place, and the news it sent."""

    result: R | None = None
    error: str = "not done"
    news: list[N] = field(default_factory=list)


def run_pool(
    work: Work[T, N, R],
    tasks: Sequence[T],
    jobs: int,
    on_news: Callable[[int, N], None] = lambda index, news: None,
) -> tuple[list[Progress[R, N]], bool]:
    """Run `work(task, tell, proceed)` for each task; progress in the tasks' order, and whether it was interrupted.

    A worker tells its news as it goes and ends its task early when proceed() says no. At the first Ctrl-C workers
    finish what they have in hand; at the second they are killed and their news is kept.
    """
    context = mp.get_context("spawn")
    halt = context.Event()
    progress: list[Progress[R, N]] = [Progress() for _ in tasks]
    waiting = deque(enumerate(tasks))
    busy: dict[Connection, Worker] = {}
    interrupted = False
    try:
        while waiting or busy:
            try:
                while waiting and len(busy) < jobs:
                    worker = start_worker(context, work, halt)
                    busy[worker.pipe] = worker
                    hand_out(worker, waiting)
                for worker in [busy[pipe] for pipe in wait(list(busy), timeout=1.0)]:  # type: ignore[index]
                    hear(worker, progress, on_news)
                    if worker.index is None and not hand_out(worker, waiting):
                        del busy[worker.pipe]
                        worker.process.kill()
            except KeyboardInterrupt:
                if interrupted:
                    break
                interrupted = True
                halt.set()
                waiting.clear()
                print("\nfinishing the picks in hand; Ctrl-C again to abandon them", file=sys.stderr)
    finally:
        for worker in busy.values():
            worker.process.kill()
    return progress, interrupted


@dataclass
class Worker:
    """A process with a pipe of its own, so that its death can block nobody else; `index` is its task in hand."""

    process: Any
    pipe: Connection
    index: int | None = None
    alive: bool = True


def start_worker(context: Any, work: Work[T, N, R], halt: Any) -> Worker:
    near, far = context.Pipe()
    with environment(SINGLE_THREADED):
        process = context.Process(target=serve, args=(work, far, halt), daemon=True)
        process.start()
    far.close()  # so that the pipe ends when the worker does
    return Worker(process, near)


def hand_out(worker: Worker, waiting: deque[tuple[int, T]]) -> bool:
    """Give an idle worker its next task, if there is one and it is alive."""
    if not waiting or not worker.alive:
        return False
    worker.index, task = waiting.popleft()
    with contextlib.suppress(BrokenPipeError):  # it died meanwhile: hearing from it will say so
        worker.pipe.send(task)
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


def serve(work: Work[T, N, R], pipe: Connection, halt: Any) -> None:
    """A worker process: tasks one after the other. An unexpected failure becomes its traceback."""
    for asked in (signal.SIGINT, signal.SIGTERM):  # to stop is the parent's to handle
        signal.signal(asked, signal.SIG_IGN)
    while True:
        try:
            task = pipe.recv()
        except EOFError:  # the parent is gone
            return
        result, error = None, ""
        try:
            result = work(task, lambda news: pipe.send(("news", news)), lambda: not halt.is_set())
        except Exception:
            error = traceback.format_exc()
        pipe.send(("end", (result, error)))


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
