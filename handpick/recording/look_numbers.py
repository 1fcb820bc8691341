"""Numbers of looks, by which what came of one is told later."""

from __future__ import annotations

from collections import deque

from handpick.picking.decide import Look

RECENT = 4  # looks whose outcome may still come


class LookNumbers:
    """Counts looks, and remembers the last few."""

    def __init__(self) -> None:
        self.count = 0
        self._recent = deque[tuple[int, Look]](maxlen=RECENT)

    def add(self, look: Look) -> int:
        """The number of a new look."""
        self._recent.append((self.count, look))
        self.count += 1
        return self.count - 1

    def of(self, look: Look | None) -> int | None:
        """The number of a look that was added lately."""
        return next((number for number, other in self._recent if other is look), None)
