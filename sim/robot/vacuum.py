"""The vacuum in the cup: pump, leaks through the gap under the lip and through the item, vent."""

from __future__ import annotations

import math
from dataclasses import dataclass

ATMOSPHERE = 101325.0  # Pa
AIR_DENSITY = 1.2  # kg/m^3
DISCHARGE = 0.6  # of a sharp-edged gap


@dataclass(frozen=True)
class Pump:
    """An ejector, its hose and its vent valve.

    Attributes:
        flow: free suction flow, m^3/s (60 L/min).
        pressure: greatest vacuum, pascals below atmosphere.
        volume: of hose and cup, m^3.
        vent: area that opens when the vacuum is switched off, m^2.
    """

    flow: float = 1.0e-3
    pressure: float = 80e3
    volume: float = 30e-6
    vent: float = 6e-6

    def advance(self, vacuum: float, on: bool, gap: float, conductance: float, dt: float, steps: int = 16) -> float:
        """The vacuum after `dt` seconds, pascals below atmosphere.

        d(dP)/dt = Patm / V * (Q0 (1 - dP / dPmax) - 0.6 A sqrt(2 dP / rho) - g dP), with A the `gap` area in m^2
        (orifice flow) and g the porous `conductance` in m^3/(s Pa). Each sub-step is backward Euler, solved
        exactly as a quadratic in sqrt(dP): stable for any gap, however wide.
        """
        inflow = self.flow if on else 0.0
        area = gap if on else gap + self.vent
        rate = ATMOSPHERE / self.volume * dt / steps
        orifice = rate * DISCHARGE * area * math.sqrt(2.0 / AIR_DENSITY)
        linear = 1.0 + rate * (inflow / self.pressure + conductance)
        for _ in range(steps):
            known = vacuum + rate * inflow
            # linear * y^2 + orifice * y - known = 0, y = sqrt(dP); this form keeps its digits for any orifice
            root = 2.0 * known / (orifice + math.sqrt(orifice**2 + 4.0 * linear * known)) if known > 0 else 0.0
            vacuum = root**2
        return vacuum

    def steady(self, gap: float, conductance: float) -> float:
        """The vacuum that the running pump settles at, pascals below atmosphere."""
        if self.flow <= 0:
            return 0.0
        orifice = DISCHARGE * gap * math.sqrt(2.0 / AIR_DENSITY)
        linear = self.flow / self.pressure + conductance
        return (2.0 * self.flow / (orifice + math.sqrt(orifice**2 + 4.0 * linear * self.flow))) ** 2
