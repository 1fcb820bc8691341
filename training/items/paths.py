"""Paths in the space of items along which one attribute changes and others are held.

At each point the next step is the direction v that maximises a Rayleigh quotient, the change of the wanted attribute
over that of all that should stay:

    (v' J_w' J_w v) / (v' (HELD J_h' J_h + REST R' R + NEAR) v)

with J_w and J_h the Jacobians of wanted and held attributes, R that of everything decoded, and NEAR the metric of the
latent values: the largest generalised eigenvector of the two matrices. After each step the held attributes are brought
back by Newton's method in the same metric. What steers are the space's heads; what came out is measured elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import eigh

from perception.pose import Array
from training.errors import AttributeNameError, HoldError, ItemError
from training.items.measure import ATTRIBUTES, NAMES
from training.items.space import Space

HELD, REST, NEAR = 1e4, 0.02, 0.02
STEP = 0.1  # of the wanted attribute's spread over known items
MOST = 1.0  # latent spreads that a step may go: beyond it the attribute cannot be changed any more from there
REACH = 3.5  # latent spreads from the middle of known items, in root mean square, at which a path ends


@dataclass(frozen=True)
class Order:
    """What to vary and what to hold, by names.

    Raises:
        AttributeNameError: no attribute has such a name. HoldError: one is to be both varied and held.
    """

    vary: str
    hold: tuple[str, ...]

    def __post_init__(self) -> None:
        for name in (self.vary, *self.hold):
            if name not in ATTRIBUTES:
                raise AttributeNameError(f"unknown attribute {name!r}; choose of {', '.join(NAMES)}")
        if self.vary in self.hold:
            raise HoldError(f"expected to hold other attributes than the one to vary, got {self.vary!r} for both")
        if len(set(self.hold)) < len(self.hold):
            raise HoldError(f"expected different attributes to hold, got {', '.join(self.hold)}")

    @property
    def varied(self) -> int:
        return NAMES.index(self.vary)

    @property
    def held(self) -> tuple[int, ...]:
        return tuple(NAMES.index(name) for name in self.hold)


def rest_of(vary: str) -> tuple[str, ...]:
    """All attributes but one."""
    return tuple(name for name in NAMES if name != vary)


def controlled(space: Space, z: Array, order: Order, change: float) -> list[Array]:
    """Latent values (Z,) from `z` on, one STEP apart, until the varied attribute is believed to have changed enough.

    Args:
        change: of the varied attribute, in its spreads over known items; negative for less.

    The path ends earlier where it would leave what is known, or where the attribute cannot be changed further.
    """
    if change == 0 or not np.isfinite(change):
        raise ItemError(f"expected a change of the attribute, in its spreads and not 0, got {change}")
    path, sign, start = [np.asarray(z, np.float64)], float(np.sign(change)), space.attributes(z)
    for _ in range(round(abs(change) / STEP)):
        here = path[-1]
        step = _step(space, here, order, sign * STEP)
        if np.abs(space.scaled(step)).max() > MOST:
            break
        there = _brought_back(space, here + step, order, start)
        if reach(space, there) > max(REACH, reach(space, z)):
            break
        path.append(there)
    return path


def straight(space: Space, z: Array, direction: Array, change: float, order: Order) -> list[Array]:
    """Latent values (Z,) on a straight line from `z` on, until the varied attribute is believed to have changed enough.

    direction: (Z,), in which the varied attribute grows, of any length.
    """
    slope = float(space.jacobian(z)[0][order.varied] @ direction) / space.units[order.varied]
    step = np.sign(change) * STEP * direction / max(abs(slope), 1e-6)
    path = [np.asarray(z, np.float64)]
    start = space.attributes(z)[order.varied]
    while len(path) < 8 * abs(change) / STEP:
        path.append(path[-1] + step)
        done = (space.attributes(path[-1])[order.varied] - start) / space.units[order.varied]
        if done * np.sign(change) >= abs(change):
            break
    return path


def gradient(space: Space, z: Array, order: Order) -> Array:
    """The direction in which the varied attribute grows fastest at `z` in the latent metric, (Z,)."""
    return np.asarray(_metric(space) ** -1 * space.jacobian(z)[0][order.varied])


def tangent(space: Space, z: Array, order: Order) -> Array:
    """The controlled direction at `z`, (Z,), in which the varied attribute grows."""
    return _step(space, z, order, STEP)


def reach(space: Space, z: Array) -> float:
    """How far latent values (Z,) lie from the middle of known items, in root mean square of their spreads."""
    return float(np.sqrt((space.scaled(z) ** 2).mean()))


def _step(space: Space, z: Array, order: Order, change: float) -> Array:
    """The best direction at `z`, as long as it takes to change the varied attribute by `change` of its spreads."""
    wanted, stays = _slopes(space, z, order)
    top = eigh(np.outer(wanted, wanted), stays, subset_by_index=[len(z) - 1] * 2)[1][:, 0]
    return np.asarray(top * change / (wanted @ top))


def _slopes(space: Space, z: Array, order: Order) -> tuple[Array, Array]:
    """Slope of the varied attribute (Z,), and the matrix (Z, Z) of what should stay."""
    slopes, rows = space.jacobian(z)
    slopes = slopes / space.units[:, None]
    held = slopes[list(order.held)]
    stays = HELD * held.T @ held + REST * rows.T @ rows / len(rows) + NEAR * np.diag(_metric(space))
    return slopes[order.varied], np.asarray(stays)


def _metric(space: Space) -> Array:
    return np.asarray(space.tensors["latent_scale"], np.float64) ** -2


def _brought_back(space: Space, z: Array, order: Order, start: Array, steps: int = 2) -> Array:
    """The nearest latent values at which held attributes are as at the start, and the varied one is as at `z`."""
    if not order.held:
        return z
    kept = [*order.held, order.varied]
    goal = start[kept] / space.units[kept]
    goal[-1] = space.attributes(z)[order.varied] / space.units[order.varied]
    for _ in range(steps):
        slopes, rows = space.jacobian(z)
        slopes = slopes[kept] / space.units[kept, None]
        metric = REST * rows.T @ rows / len(rows) + NEAR * np.diag(_metric(space))
        spread = np.linalg.solve(metric, slopes.T)
        wrong = space.attributes(z)[kept] / space.units[kept] - goal
        z = z - spread @ np.linalg.solve(slopes @ spread + 1e-6 * np.eye(len(kept)), wrong)
    return z


Measure = Callable[[Array], Array | None]  # attributes (A,) of what is made at latent values (Z,); None: nothing can be


def leakage(path: Sequence[Array], measure: Measure, order: Order, units: Array, change: float) -> Array | None:
    """Change of held attributes, in spreads (H,), where the varied one is measured to have changed by `change`.

    None where it has not by the path's end, or what is made cannot be.
    """
    start, behind = measure(path[0]), measure(path[-1])
    if start is None or behind is None:
        return None
    moved = lambda there: float((there - start)[order.varied] / units[order.varied] * np.sign(change))
    if moved(behind) < abs(change):
        return None
    low, high, before = 0, len(path) - 1, start  # points before and behind where it has changed enough
    while high - low > 1:
        middle = (low + high) // 2
        now = measure(path[middle])
        if now is None:
            return None
        if moved(now) < abs(change):
            low, before = middle, now
        else:
            high, behind = middle, now
    share = (abs(change) - moved(before)) / max(moved(behind) - moved(before), 1e-12)
    there = before + share * (behind - before)
    return np.asarray(np.abs(there - start)[list(order.held)] / units[list(order.held)])
