"""The card of a cover that bends between a cup's lip and the rest of its book."""

from __future__ import annotations

import numpy as np

from perception.pose import Array
from sim.items.sheet import Sheet

LEAST = 1e-3  # N m: so that the joint which stands for the card never lets go of it


class Cover:
    """A hinge at the lip's edge that resists as its card does, about any axis alike.

    The joint is told how much it may bear, and bears what brings the card back as far as it can: a spring up to the
    moment at which the card creases, and a plastic fold beyond.

    Args:
        sheet: the card. free: from the lip's edge to its hinge, metres. load: that hangs on it, newtons.
        turned: how it is turned from the lip when unbent, a rotation matrix (3, 3).
    """

    def __init__(self, sheet: Sheet, free: float, load: float, turned: Array) -> None:
        self._sheet, self._free, self._load, self._flat = sheet, free, load, turned
        self.bent = 0.0  # radians

    @property
    def moment(self) -> float:
        """What the card bears now, N m."""
        return max(self._sheet.moment(self.bent, self._free, self._load), LEAST)

    @property
    def yields_at(self) -> float:
        """The angle beyond which it stays bent, radians."""
        return self._sheet.yields_at(self._free, self._load)

    def observe(self, turned: Array) -> None:
        """After a step, `turned` as above. Turning in its own plane bends no card."""
        self.bent = float(np.arccos(np.clip(self._flat[2] @ turned[2], -1.0, 1.0)))
