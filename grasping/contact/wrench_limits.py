"""Contact mechanics: which wrenches a seal or a pinch can carry, and what a load asks of it.

Wrenches w = (fx, fy, fz, tx, ty, tz) are what the contact exerts on the item, in the contact's frame: z into the item
along the approach, y along the fingers' closing direction. Each contact has one strength: the force by which vacuum
presses the cup on, or the force of the fingers. `*_needed` tells the strength that a wrench asks for (exact cones),
`*_limits` the same as a polyhedron for motion planning (its octagons lie inside the cones and touch them).
"""

from __future__ import annotations

import numpy as np
from numba import guvectorize, njit

from grasping.grasp import Load, WrenchLimits
from grasping.tools import SuctionCup
from perception.arrays import cross
from perception.pose import Array, Pose

GRAVITY = 9.81
MOTION_SAFETY = 1.5  # what a hold is believed to carry, over what motion may ask of it
WEAK = 0.85  # share of a hold's limits above which a load at rest leaves nothing to move it with
AIR_DENSITY = 1.2  # kg/m^3
DISCHARGE = 0.6  # of a sharp-edged gap
PUMP_FLOW = 1.0e-3  # m^3/s without vacuum (60 L/min), as believed

ALONE = np.eye(6)[None]  # the share of a cup that is alone

Wrench = tuple[float, float, float, float, float, float]  # fx, fy, fz, tx, ty, tz

_ANGLES = (np.arange(8) + 0.5) * np.pi / 4
_SENSES = np.concatenate([np.zeros((1, 3)), np.eye(3), -np.eye(3)])
OCTAGON = float(np.cos(np.pi / 8))  # apothem of the octagon inscribed in a unit circle, for the cones of limits


def suction_limits(force: float, friction: float, radius: float) -> WrenchLimits:
    """19 rows of a sealed cup that vacuum presses on with `force` newtons; radius of the lip in metres.

    With N = force + fz: fz >= -force (pull-off); |ft| <= friction N (shear, 8 facets); |(tx, ty)| <= r N / 2
    (the ring begins to open, 8 facets); |tz| <= 2/3 r friction N (twist). After Pham & Pham, "Critically fast
    pick-and-place with suction cups" (ICRA 2019), with peel counted from the first opening of the ring.
    """
    rows, bounds = np.zeros((19, 6)), np.zeros(19)
    rows[0, 2], bounds[0] = -1.0, force
    _facets(rows[1:9], bounds[1:9], (0, 1), friction, force)
    _facets(rows[9:17], bounds[9:17], (3, 4), radius / 2, force)
    twist = 2 / 3 * radius * friction
    rows[17:, 5], rows[17:, 2], bounds[17:] = (1.0, -1.0), -twist, twist * force
    return WrenchLimits(rows, bounds)


def _facets(rows: Array, bounds: Array, axes: tuple[int, int], ratio: float, force: float) -> None:
    """|w[axes]| <= ratio (force + fz), as the octagon inside the circle."""
    rows[:, axes[0]], rows[:, axes[1]] = np.cos(_ANGLES), np.sin(_ANGLES)
    rows[:, 2] = -ratio * OCTAGON
    bounds[:] = ratio * OCTAGON * force


@njit(cache=True)
def suction_needed(wrench: Wrench, friction: float, radius: float) -> float:
    """Newtons of vacuum force under which a wrench just holds; exact cones of `suction_limits`."""
    shear = np.sqrt(wrench[0] ** 2 + wrench[1] ** 2) / friction
    peel = np.sqrt(wrench[3] ** 2 + wrench[4] ** 2) * 2 / radius
    twist = abs(wrench[5]) * 1.5 / (radius * friction)
    return float(max(shear, peel, twist) - wrench[2])


@njit(cache=True)
def pinch_lever(friction: float, width: float, patch_radius: float) -> float:
    """Metres by which pinch force resists moments across the closing axis.

    The friction couple of two pads `width` apart, or, for thin items, what a flat patch resists before it opens.
    """
    return max(friction * width, patch_radius / 2)


def pinch_limits(force: float, friction: float, width: float, patch_radius: float) -> WrenchLimits:
    """16 rows of two opposite flat pads at `force` newtons, `width` metres apart, patches of `patch_radius` metres.

    |f tangential| <= 2 friction F (8 facets); |f closing| <= F; |t closing| <= 2 friction F 2/3 patch_radius (two
    uniformly pressed discs); other moments <= F pinch_lever.
    """
    rows, bounds = np.zeros((16, 6)), np.zeros(16)
    rows[:8, 0], rows[:8, 2] = np.cos(_ANGLES), np.sin(_ANGLES)
    bounds[:8] = 2 * friction * force * OCTAGON
    lever = pinch_lever(friction, width, patch_radius)
    axes = ((1, force), (4, 4 / 3 * friction * force * patch_radius), (3, lever * force), (5, lever * force))
    for i, (axis, bound) in enumerate(axes):
        rows[8 + 2 * i : 10 + 2 * i, axis] = (1.0, -1.0)
        bounds[8 + 2 * i : 10 + 2 * i] = bound
    return WrenchLimits(rows, bounds)


@njit(cache=True)
def pinch_needed(wrench: Wrench, friction: float, width: float, patch_radius: float) -> float:
    """Newtons of pinch force under which a wrench just holds; exact cones of `pinch_limits`."""
    slip = np.sqrt(wrench[0] ** 2 + wrench[2] ** 2) / (2 * friction)
    twist = abs(wrench[4]) * 0.75 / (friction * max(patch_radius, 1e-6))
    tilt = max(abs(wrench[3]), abs(wrench[5])) / max(pinch_lever(friction, width, patch_radius), 1e-6)
    return float(max(slip, abs(wrench[1]), twist, tilt))


def moved(limits: WrenchLimits, T_tool_contact: Pose) -> WrenchLimits:
    """The same limits for wrenches given in the tool frame, at the tool's origin."""
    x, y, z = T_tool_contact.position
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    R_contact_tool = T_tool_contact.rotation.T
    transfer = np.zeros((6, 6))
    transfer[:3, :3] = transfer[3:, 3:] = R_contact_tool
    transfer[3:, :3] = -R_contact_tool @ cross
    return WrenchLimits(limits.rows @ transfer, limits.bounds)


def rest_share(load: Load, limits: WrenchLimits, T_base_tool: Pose) -> float:
    """The share of a hold's limits that `load` uses at rest; above 1 the hold cannot bear it."""
    return float(rest_shares(load, limits, T_base_tool.rotation[None]).max())


def rest_shares(load: Load, limits: WrenchLimits, rotations: Array) -> Array:
    """Shares (N, K) of a hold's limits that `load` uses at rest, the tool turned as in rotations (N, 3, 3)."""
    lift = load.mass * GRAVITY * rotations[:, 2]
    wrench = np.hstack([lift, cross(load.centre, lift)])
    return np.asarray(wrench @ limits.rows.T / limits.bounds)


def lip_leak(gap: Array, bend: Array, cup: SuctionCup) -> Array:
    """Area in m^2 that stays open under a lip, from the mean height of gaps and the bending of the surface, metres.

    bend: peak to peak of the second harmonic of the surface's height around the lip. The lip rests on its highest
    points and follows what lies less than `cup.conform` lower; shift and tilt are left to the bellows.
    """
    angle = np.pi / 4 * np.arange(8)
    sag = np.asarray(bend)[..., None] / 2 * (1 - np.cos(angle))
    height = gap + np.maximum(sag - cup.conform, 0.0).mean(axis=-1)
    return np.asarray(2 * np.pi * cup.radius * height)


def seal_vacuum(
    gap: Array, conductance: Array, cup: SuctionCup, flow: float = PUMP_FLOW, cups: Array | float = 1.0
) -> Array:
    """Steady vacuum in pascals under each of `cups` lips with a gap of `gap` m^2 each, on walls of `conductance`
    m^3/(s Pa) each.

    Where pump and leaks balance: flow (1 - p / p_full) = 0.6 gap sqrt(2 p / rho) + conductance p, a quadratic in
    sqrt(p) solved in the form that keeps its digits for any gap. Gap and channel are two orifices in series: they pass
    what one of gap / sqrt(1 + (gap / channel)^2) does, and the cup keeps 1 / (1 + (gap / channel)^2) of the vacuum.
    """
    kept = 1 / (1 + (np.asarray(gap) / cup.channel) ** 2)
    orifice = DISCHARGE * cups * np.asarray(gap) * np.sqrt(kept) * np.sqrt(2 / AIR_DENSITY)
    linear = flow / cup.pressure_full + cups * np.asarray(conductance)
    return np.asarray(kept * (2 * flow / (orifice + np.sqrt(orifice**2 + 4 * linear * flow))) ** 2)


@njit(cache=True)
def carried(mass: float, centre: Array, down: Array, acceleration: float, sense: Array) -> Wrench:
    """The wrench that holds a point mass against gravity while it accelerates.

    Args:
        mass: kilograms. centre: (3,) metres from the contact. down: (3,) unit vector of gravity in the contact's frame.
        acceleration: m/s^2, along `sense` (3,), a unit vector of that frame.
    """
    x, y, z = centre
    fx = mass * (acceleration * sense[0] - GRAVITY * down[0])
    fy = mass * (acceleration * sense[1] - GRAVITY * down[1])
    fz = mass * (acceleration * sense[2] - GRAVITY * down[2])
    return fx, fy, fz, y * fz - z * fy, z * fx - x * fz, x * fy - y * fx


def suction_asked(
    mass: Array,
    centre: Array,
    down: Array,
    acceleration: Array | float,
    friction: Array,
    radius: float,
    shares: Array = ALONE,
) -> Array:
    """Newtons of vacuum force, of each cup, under which point masses (...) just hold, at rest and accelerated along any
    axis.

    Arguments as of `carried` and `suction_needed`, each with leading dimensions (...); they broadcast.
    shares: of the cups that hold, (K, 6, 6), as of `grasping.contact.shared_load.shares`.
    """
    return np.asarray(_suction_asked(mass, centre, down, acceleration, friction, radius, shares))


def pinch_asked(
    mass: Array,
    centre: Array,
    down: Array,
    acceleration: Array | float,
    friction: Array,
    width: Array,
    patch_radius: Array,
) -> Array:
    """Newtons of pinch force under which point masses (...) just hold, at rest and accelerated along any axis.

    Arguments as of `carried` and `pinch_needed`, each with leading dimensions (...); they broadcast.
    """
    return np.asarray(_pinch_asked(mass, centre, down, acceleration, friction, width, patch_radius))


@njit(cache=True)
def _borne(share: Array, wrench: Wrench) -> Wrench:
    """What a cup bears of a wrench, by its share (6, 6)."""
    own = np.zeros(6)
    for i in range(6):
        for j, part in enumerate(wrench):
            own[i] += share[i, j] * part
    return own[0], own[1], own[2], own[3], own[4], own[5]


@guvectorize(
    ["void(float64, float64[:], float64[:], float64, float64, float64, float64[:, :, :], float64[:])"],
    "(),(d),(d),(),(),(),(k,w,w)->()",
    cache=True,
)
def _suction_asked(mass, centre, down, acceleration, friction, radius, shares, asked):  # type: ignore[no-untyped-def]
    asked[0] = -np.inf
    for s in range(len(_SENSES)):
        wrench = carried(mass, centre, down, acceleration, _SENSES[s])
        for k in range(len(shares)):
            asked[0] = max(asked[0], suction_needed(_borne(shares[k], wrench), friction, radius))


@guvectorize(
    ["void(float64, float64[:], float64[:], float64, float64, float64, float64, float64[:])"],
    "(),(d),(d),(),(),(),()->()",
    cache=True,
)
def _pinch_asked(mass, centre, down, acceleration, friction, width, patch_radius, asked):  # type: ignore[no-untyped-def]
    asked[0] = -np.inf
    for s in range(len(_SENSES)):
        wrench = carried(mass, centre, down, acceleration, _SENSES[s])
        asked[0] = max(asked[0], pinch_needed(wrench, friction, width, patch_radius))
