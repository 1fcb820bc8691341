"""The believed mass, centre of mass and inertia of an item, from its completed shape alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from grasping.beliefs.kinds import bookish, boxlike, folded, is_lump, toylike
from grasping.beliefs.ramps import smooth
from grasping.grasp import Load
from perception.pose import Array, Pose
from perception.scene import ItemShape


@dataclass(frozen=True)
class Matter:
    """Log-normal belief about a density. median: kg/m^3; spread: standard deviation of the logarithm."""

    median: float
    spread: float


@dataclass(frozen=True)
class DensityPrior:
    """Densities of retail goods by kind of shape, and the bounds of an item's mass.

    Attributes:
        slab: thin things and books are solid. Printed paper has 700 to 900 kg/m^3, chocolate 1200, which a wrapper's
            air and a camera's millimetre of thickness make less.
        box: thick cartons hold mostly air: shipped parcels average 200 to 400 (the carriers' volumetric weights,
            1 kg in 4 to 6 litres, are set by that).
        vessel: rounded things that a hand reaches around are full of water or food: 900 to 1100.
        bag, cloth, toy: wider rounded things are bags of granules (400 to 900 in bulk), folded garments, which are wide
            and flat, or soft toys, which are thick and have limbs.
        hand: width that a hand reaches around, metres.
        thin: thickness below and above which a thing is a slab or not, metres.
        heaviest, lightest: kilograms.
        glimpse: kilograms that anything may weigh, since what is seen may be a part.
        beyond: metres away that the middle of that lies of which a lump is a part.
    """

    slab: Matter = Matter(750.0, 0.35)
    box: Matter = Matter(330.0, 0.5)
    vessel: Matter = Matter(1000.0, 0.45)
    bag: Matter = Matter(550.0, 0.5)
    cloth: Matter = Matter(220.0, 0.4)
    toy: Matter = Matter(150.0, 0.6)
    hand: float = 0.085
    thin: tuple[float, float] = (0.018, 0.026)
    heaviest: float = 0.9
    lightest: float = 0.003
    glimpse: float = 0.15
    beyond: float = 0.06

    def of(self, item: ItemShape) -> Matter:
        """The belief about `item`; kinds pass into each other where its shape lies between them."""
        thickness, width, _ = np.sort(item.size)
        slab = max(1 - smooth(thickness, *self.thin), bookish(item))
        box = (1 - slab) * boxlike(item)
        vessel = (1 - slab - box) * (1 - smooth(width, self.hand, 1.15 * self.hand))
        soft = 1 - slab - box - vessel
        cloth = soft * folded(item)
        toy = (soft - cloth) * toylike(thickness / max(width, 1e-6), item.volume / max(float(np.prod(item.size)), 1e-9))
        shares = np.array([slab, box, vessel, cloth, toy, soft - cloth - toy])
        kinds = (self.slab, self.box, self.vessel, self.cloth, self.toy, self.bag)
        median = np.exp(shares @ [np.log(kind.median) for kind in kinds])
        return Matter(float(median), float(shares @ [kind.spread for kind in kinds]))

    def mass(self, volume: float, matter: Matter, deviations: float = 0.0) -> float:
        """Kilograms of `volume` m^3, `deviations` standard deviations above the median."""
        mass = volume * matter.median * np.exp(matter.spread * deviations)
        return float(np.clip(mass, self.lightest, self.heaviest))


def load(item: ItemShape, prior: DensityPrior, matter: Matter) -> Load:
    """The load that `item` is believed to be, in the base frame, being of such `matter`."""
    centre, radius = mass_centre(item)
    mass, least, most = (prior.mass(item.volume, matter, deviations) for deviations in (0.0, -1.645, 1.645))
    if is_lump(item):
        mass, radius = max(mass, prior.glimpse), max(radius, prior.beyond)
    R_base_box = item.T_base_box.rotation
    squares = item.size**2
    return Load(
        mass=mass,
        centre=centre,
        inertia=R_base_box @ np.diag(mass / 12 * (squares.sum() - squares)) @ R_base_box.T,
        mass_range=(least, max(most, mass, prior.glimpse)),
        centre_radius=radius,
    )


def in_tool(load: Load, T_base_tool: Array) -> Load:
    """A load of the base frame in the frame of a tool at T_base_tool, shape (4, 4)."""
    R = T_base_tool[:3, :3]
    centre = R.T @ (load.centre - T_base_tool[:3, 3])
    return Load(load.mass, centre, R.T @ load.inertia @ R, load.mass_range, load.centre_radius)


def moved_load(load: Load, move: Pose) -> Load:
    """A load of the base frame after its item was moved."""
    R = move.rotation
    return Load(load.mass, move.apply(load.centre), R @ load.inertia @ R.T, load.mass_range, load.centre_radius)


def mass_centre(item: ItemShape) -> tuple[Array, float]:
    """Centroid of the completed volume in the base frame, shape (3,), and the radius it is known to, metres.

    Where the surface encloses no sensible volume the box's centre stands in. The radius grows with what was guessed.
    """
    centre, box = centroid(item.vertices, item.triangles), item.T_base_box
    if centre is None or (np.abs(box.inverse().apply(centre)) > 0.4 * item.size).any():
        centre = box.position
    guessed = 1.0 - float(item.confidence.mean()) if len(item.confidence) else 1.0
    return centre, float(item.size.max()) * (0.05 + 0.10 * guessed)


@njit(cache=True)
def centroid(vertices: Array, triangles: NDArray[np.int32]) -> Array | None:
    """Centroid of the solid inside a closed surface (sum of signed tetrahedra), None where it has no volume."""
    if len(triangles) < 4:
        return None
    offset, total, moment = vertices - vertices[0], 0.0, np.zeros(3)
    for t in range(len(triangles)):
        a, b, c = offset[triangles[t, 0]], offset[triangles[t, 1]], offset[triangles[t, 2]]
        volume = a[0] * (b[1] * c[2] - b[2] * c[1]) + a[1] * (b[2] * c[0] - b[0] * c[2])
        volume += a[2] * (b[0] * c[1] - b[1] * c[0])
        total += volume
        for k in range(3):
            moment[k] += volume * (a[k] + b[k] + c[k])
    if abs(total) < 1e-9:
        return None
    return vertices[0] + moment / (4 * total)
