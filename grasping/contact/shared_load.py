"""Several cups on one plate: how they share a load, and what they carry together."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from grasping.contact.wrench_limits import suction_limits
from grasping.grasp import WrenchLimits
from grasping.tools import Cups, SuctionCup
from perception.arrays import readonly
from perception.pose import Array

SEALED = 5e3  # Pa below atmosphere from which a cup counts as holding something


@lru_cache(maxsize=256)
def shares(cup: SuctionCup, held: Cups) -> Array:
    """How a wrench on the plate is borne by the cups that hold, shape (len(held), 6, 6).

    Each maps a wrench (fx..tz) at the cup frame's origin to the one at that cup's middle. Item and plate are rigid and
    every bellows, once the vacuum has folded it, a ring of springs: the cups bear shear and bending all alike, and
    pulling and twisting by their levers, too. What presses them on is thus linear over all rings together, as it is
    over the ring of one, and a seal begins to open where it falls to zero.
    """
    own, placed = _stiffness(cup.radius), [_displaced(*cup.places[i]) for i in held]
    hung = sum((moved.T @ own @ moved for moved in placed), np.zeros((6, 6)))  # of the plate
    return readonly(
        np.array([np.linalg.solve(hung.T, (own @ moved).T).T for moved in placed]),
        np.float64,
        (len(held), 6, 6),
        "shares",
    )


def seal_limits(vacuum: Sequence[float] | Array, safety: float, cup: SuctionCup) -> WrenchLimits:
    """What motion may ask of seals, over `safety`: every cup that holds stays within its own limits.

    Args:
        vacuum: under each cup, pascals below atmosphere; those with less than SEALED hold nothing, if any has more.
    """
    held = tuple(i for i, pascals in enumerate(vacuum) if pascals >= SEALED) or (int(np.argmax(vacuum)),)
    rows, bounds = [], []
    for share, i in zip(shares(cup, held), held):
        own = suction_limits(vacuum[i] * cup.area / safety, cup.friction, cup.radius)
        rows.append(own.rows @ share)
        bounds.append(own.bounds)
    return WrenchLimits(np.concatenate(rows), np.concatenate(bounds))


def _stiffness(radius: float) -> Array:
    """Of a ring of springs against displacements of its middle, shape (6, 6), in units of that against bending.

    Shear and twist are as stiff as the bending over its radius, which decides nothing where all cups are alike.
    """
    return np.diag([1 / radius**2] * 2 + [2 / radius**2] + [1.0] * 3)


def _displaced(x: float, y: float) -> Array:
    """Displacement of a point fixed to the plate from the plate's own, shape (6, 6): u + theta x p, theta."""
    moved = np.eye(6)
    moved[:3, 3:] = [[0, 0, -y], [0, 0, x], [y, -x, 0]]
    return moved
