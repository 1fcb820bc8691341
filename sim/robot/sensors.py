"""The tool's own sensors: a little noise, a little delay."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator


class ToolSensors:
    """Vacuum gauge, finger encoder and pad force sensors, read once per physics step.

    Args:
        rng: draws the noise.
        dt: physics step, seconds.
        delay: time constant of vacuum gauge and force sensors, seconds.
    """

    def __init__(self, rng: Generator, dt: float, delay: float = 0.008) -> None:
        self._rng = rng
        self._share = 1.0 - float(np.exp(-dt / delay))
        self._vacuum = self._force = 0.0
        self.vacuum = self.gap = self.force = 0.0  # readings: Pa, m, N

    def observe(self, vacuum: float, gap: float, force: float) -> None:
        """Take the true vacuum (Pa below atmosphere), finger gap (m) and mean pad force (N) of a step."""
        self._vacuum += self._share * (vacuum - self._vacuum)
        self._force += self._share * (force - self._force)
        noise = self._rng.normal(size=3)
        self.vacuum = max(0.0, self._vacuum + 150.0 * float(noise[0]))
        self.gap = gap + 5e-5 * float(noise[1])
        self.force = max(0.0, self._force + 0.3 * float(noise[2]))
