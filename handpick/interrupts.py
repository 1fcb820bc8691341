"""What Ctrl-C and a time limit (SIGTERM) do: end at once with one line, unless something is to be kept first."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import NoReturn

SIGNALS = signal.SIGINT, signal.SIGTERM
CODE = 130  # what a program returns that was interrupted

Handler = Callable[[int, FrameType | None], object]


def leave(signum: int = signal.SIGINT, frame: FrameType | None = None, kept: str = "") -> NoReturn:
    """End this process now. Not by an exception, which libraries may swallow while they are imported."""
    begin = "\r\x1b[K" if sys.stderr.isatty() else ""  # over a line of progress
    with contextlib.suppress(OSError):
        sys.stdout.flush()
        os.write(2, f"{begin}handpick: interrupted{kept and '; '}{kept}\n".encode())
    os._exit(CODE)


@contextlib.contextmanager
def handled(handler: Handler) -> Iterator[None]:
    """Let a handler have these signals meanwhile; one that the process was started to ignore stays ignored.

    Only the main thread may choose handlers: in another one nothing changes.
    """
    main = threading.current_thread() is threading.main_thread()
    heard = [asked for asked in SIGNALS if main and signal.getsignal(asked) is not signal.SIG_IGN]
    before = {asked: signal.signal(asked, handler) for asked in heard}
    try:
        yield
    finally:
        for asked, old in before.items():
            signal.signal(asked, old)


@contextlib.contextmanager
def finished_first() -> Iterator[None]:
    """A few seconds of work that are finished before an interrupt ends the process."""
    came: list[int] = []
    with handled(lambda signum, frame: came.append(signum)):
        yield
    if came:
        leave()


@contextlib.contextmanager
def blocked() -> Iterator[None]:
    """Keep the signals waiting until this is done; processes that are started meanwhile never hear them."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
