"""The contact patch of a rubber pad on a curved surface: its area, and how well it resists being twisted."""

from __future__ import annotations

import numpy as np
from numba import njit

from grasping.tools import Gripper
from perception.arrays import own
from perception.pose import Array

PAD_GIVE = 2.0e-3  # what pad and item yield: surface this close to the outermost point is touched, metres
FLAT = 1e-3  # 1/m: curvature below which a surface counts as that curved
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(6)
ROWS, SHARES = (_NODES + 1) / 2, _WEIGHTS / 2  # strips of half a pad, and their share of its width


def pressed(
    force: Array, area: Array, curve_x: Array, curve_z: Array, angle: Array, gripper: Gripper
) -> tuple[Array, Array]:
    """Area in m^2 that a rubber pad touches at `force` newtons, and the radius of a disc that resists twist alike.

    Winkler's foundation (Johnson, Contact Mechanics, section 4.3): each place of the pad carries its depth of sinking
    in times `gripper.pad_stiffness`. On a paraboloid it touches an ellipse, as far as pad and surface reach. The
    moment about the pad's normal under which an evenly pressed disc slips is 2/3 of its radius times the friction;
    that of any patch is the pressure's mean distance from its centre. All (C,).

    Args:
        area: of the surface within PAD_GIVE of the pad, m^2, beyond which the pad cannot touch.
        curve_x, curve_z: curvatures of the surface, 1/m. angle: between pad and surface about x, radians: a tilted pad
            bears on one end first.
    """
    size = np.array((gripper.pad_width, gripper.pad_length))
    slope = np.tan(angle)
    surface = own(area), own(curve_x), own(curve_z), slope
    rows = _pressed(force / gripper.pad_stiffness, *surface, size, ROWS, SHARES)
    return rows[:, 0], rows[:, 1]


@njit(cache=True)
def _pressed(
    volume: Array, area: Array, curve_x: Array, curve_z: Array, slope: Array, size: Array, strips: Array, shares: Array
) -> Array:
    """Area and radius, (C, 2), where the pad yields by `volume` m^3 (C,). Newton's method on the greatest depth.

    The volume grows convexly with the depth; from above, each step comes closer and stays above.
    """
    found = np.zeros((len(volume), 2))
    for c in range(len(volume)):
        kx, kz, s = max(curve_x[c], FLAT), max(curve_z[c], FLAT), slope[c]
        half = min(size[0] / 2, np.sqrt(2 * PAD_GIVE / kx))
        reach = min(size[1], area[c] / (2 * half)) / 2
        depth = kx * half**2 / 2 + kz * reach**2 / 2 + 2 * s * reach + volume[c] / (4 * half * reach)
        for _ in range(30):
            yielded, touched, wide = 0.0, 0.0, min(half, np.sqrt(2 * depth / kx))
            for i in range(len(strips)):
                low, high, deepest = _strip(depth - kx * (strips[i] * wide) ** 2 / 2, kz, s, reach)
                touched += 2 * wide * shares[i] * (high - low)
                yielded += 2 * wide * shares[i] * _profile(low, high, deepest, kz, s)
            step = (yielded - volume[c]) / max(touched, 1e-12)
            if step < 1e-8:
                break
            depth -= step
        found[c, 0], moment = touched, 0.0
        for i in range(len(strips)):
            x = strips[i] * wide
            low, high, deepest = _strip(depth - kx * x * x / 2, kz, s, reach)
            moment += 2 * wide * shares[i] * _moment(x, low, high, deepest, kz, s)
        found[c, 1] = 1.5 * moment / max(yielded, 1e-15)
    return found


@njit(cache=True)
def _strip(depth: float, kz: float, s: float, reach: float) -> tuple[float, float, float]:
    """Where a strip along z touches, with its lowest place `depth` into the pad: from, to, and depth at z = 0."""
    if depth <= 0:
        return 0.0, 0.0, 0.0
    lowest = max(-s / kz, -reach)
    deepest = depth + kz * lowest * lowest / 2 + s * lowest
    root = np.sqrt(s * s + 2 * kz * deepest)
    return max((-s - root) / kz, -reach), min((-s + root) / kz, reach), deepest


@njit(cache=True)
def _profile(low: float, high: float, deepest: float, kz: float, s: float) -> float:
    """Area of the pressed profile, the integral of deepest - s z - kz z^2 / 2."""
    return deepest * (high - low) - s * (high**2 - low**2) / 2 - kz * (high**3 - low**3) / 6


@njit(cache=True)
def _moment(x: float, low: float, high: float, deepest: float, kz: float, s: float) -> float:
    """The profile's integral weighted with the distance from the middle of what the strip at `x` touches."""
    moment, steps = 0.0, 6
    for j in range(steps):
        z = low + (j + 0.5) / steps * (high - low)
        aside = z - (low + high) / 2
        moment += (deepest - s * z - kz * z * z / 2) * np.sqrt(x * x + aside * aside) * (high - low) / steps
    return moment
