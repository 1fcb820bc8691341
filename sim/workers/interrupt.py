"""An interrupt that comes in the midst of a task, but never in the midst of a message."""

from __future__ import annotations

import contextlib
import signal
import sys
from collections.abc import Iterator
from typing import Any, ClassVar


class Interrupt:
    """Raises KeyboardInterrupt once in a task when SIGNAL comes; before and after a task, nothing happens.

    The terminal's own interrupt goes to all processes of a run at once: another signal leaves it to one of them.
    Where nothing can be raised, in a destructor or a callback from C, Python drops an exception: it is raised anew.
    """

    SIGNAL: ClassVar = signal.SIGUSR1
    AGAIN: ClassVar = 0.02  # seconds until an interrupt that was dropped is raised anew

    def __init__(self) -> None:
        self._armed = self._came = False
        signal.signal(self.SIGNAL, self._on_signal)
        signal.signal(signal.SIGALRM, self._on_signal)
        self._report = sys.unraisablehook
        sys.unraisablehook = self._on_dropped

    @contextlib.contextmanager
    def heard(self) -> Iterator[None]:
        """A task, which the signal may end."""
        self._armed, self._came = True, False
        try:
            yield
        finally:
            self._armed = False

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """A part of a task that is finished first."""
        self._armed = False
        try:
            yield
        finally:
            self._armed = True
        if self._came:
            self._on_signal()

    def _on_signal(self, *_: Any) -> None:
        self._came = True
        if self._armed:
            self._armed = self._came = False
            raise KeyboardInterrupt

    def _on_dropped(self, dropped: Any) -> None:
        if dropped.exc_type is not KeyboardInterrupt:
            return self._report(dropped)
        self._armed = True
        signal.setitimer(signal.ITIMER_REAL, self.AGAIN)
