"""Plays the planned motion of a look."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

RATE = 20.0  # pictures a second
REST = 1.0  # seconds that the end is shown for before all begins again


class Player:
    """Tells the seconds of a motion, again and again, while it plays.

    Args:
        tell: is told the seconds since the motion's begin, on a thread of the player's own.
    """

    def __init__(self, tell: Callable[[float], None]) -> None:
        self.tell = tell
        self.duration, self.time = 0.0, 0.0
        self._playing = threading.Event()
        threading.Thread(target=self._play, daemon=True, name="handpick-viewer-player").start()

    @property
    def playing(self) -> bool:
        return self._playing.is_set()

    def load(self, duration: float) -> None:
        """Another motion, from its begin on."""
        self.duration, self.time = duration, 0.0

    def toggle(self) -> None:
        """Play, or stop where the motion is."""
        if self.playing:
            self._playing.clear()
        else:
            self._playing.set()

    def _play(self) -> None:
        last = time.monotonic()
        while True:
            if not self.playing:
                self._playing.wait()
                last = time.monotonic()
            time.sleep(1 / RATE)
            now = time.monotonic()
            if self.duration:
                passed = self.time + now - last
                self.time = passed if passed < self.duration + REST else 0.0
                self.tell(min(self.time, self.duration))
            last = now
