"""Which wrenches several cups can carry together, and which of them to open."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from grasping.contact.wrench_limits import suction_limits
from grasping.cup_array import CupArray
from grasping.grasp import WrenchLimits
from perception.pose import Array


def array_limits(tool: CupArray, vacuum: Sequence[float], safety: float = 1.0) -> WrenchLimits:
    """The combined cone of a plate of cups: every cup that holds stays within its own limits.

    Args:
        vacuum: under each cup, pascals below atmosphere; 0 where it is shut or does not seal.
    """
    held = tuple(i for i, pascals in enumerate(vacuum) if pascals > 0)
    rows, bounds = [], []
    for share, i in zip(tool.shares(held), held):
        own = suction_limits(vacuum[i] * tool.cup.area / safety, tool.cup.friction, tool.cup.radius)
        rows.append(own.rows @ share)
        bounds.append(own.bounds)
    return WrenchLimits(np.concatenate(rows), np.concatenate(bounds))


def cups_over(tool: CupArray, on_surface: Array) -> tuple[int, ...]:
    """Which cups to open: those whose lip is whole on the item.

    Args:
        on_surface: share of each cup's lip that lies on the item, shape (K,).
    """
    return tuple(int(i) for i in np.flatnonzero(np.asarray(on_surface) >= 1.0))
