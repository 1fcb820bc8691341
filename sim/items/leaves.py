"""Leaves between paper covers, pressed along their own plane: the force at which they bow."""

from __future__ import annotations

import numpy as np

from sim.items.sheet import Sheet

CALIPER = 1e-4  # m: uncoated paper of 80 g/m^2
ACROSS, ALONG = 2.5e9, 5e9  # Pa, across and along the grain (Niskanen, Paper Physics, 2008), which runs along the spine
GLUED = 0.7  # of its length, over which a strut bends whose one end is held and whose other may turn (Euler)


def bowing_loads(width: float, height: float, block: float, card: float) -> tuple[float, float]:
    """Newtons between spine and fore edge, and between head and tail, at which leaves and covers of a paperback bow.

    Each is a strut of its own, pi^2 E I / L^2 (Euler), and none holds the others up: friction between leaves is left
    out, and that pads press on a part of their edges alone.

    Args:
        width: from the spine; height: along it; block: thickness of all leaves; card: of a cover, metres.
    """
    leaves = round(block / CALIPER)

    def load(length: float, edge: float, modulus: float) -> float:
        rigidity = leaves * Sheet(edge, CALIPER, modulus).rigidity + 2 * Sheet(edge, card).rigidity
        return float(np.pi**2 * rigidity / length**2)

    return load(GLUED * width, height, ACROSS), load(height, width, ALONG)
