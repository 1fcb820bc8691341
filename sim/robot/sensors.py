"""The tool's own sensors: a little noise, a little delay."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from perception.pose import Array


class ToolSensors:
    """Vacuum gauges, finger encoder and pad force sensors, read once per physics step.

    Args:
        rng: draws the noise.
        dt: physics step, seconds.
        delay: time constant of vacuum gauges and force sensors, seconds.
        cups: each has a gauge.
    """

    def __init__(self, rng: Generator, dt: float, delay: float = 0.008, cups: int = 1) -> None:
        self._rng = rng
        self._share = 1.0 - float(np.exp(-dt / delay))
        self._vacuum, self._force = np.zeros(cups), 0.0
        self.vacuum, self.gap, self.force = np.zeros(cups), 0.0, 0.0  # readings: Pa (K,), m, N

    def observe(self, vacuum: Array, gap: float, force: float) -> None:
        """Take the true vacuum of each cup (Pa below atmosphere), finger gap (m) and mean pad force (N) of a step."""
        self._vacuum = self._vacuum + self._share * (vacuum - self._vacuum)
        self._force += self._share * (force - self._force)
        *noise, on_gap, on_force = self._rng.normal(size=len(vacuum) + 2)
        self.vacuum = np.maximum(0.0, self._vacuum + 150.0 * np.array(noise))
        self.gap = gap + 5e-5 * float(on_gap)
        self.force = max(0.0, self._force + 0.3 * float(on_force))
