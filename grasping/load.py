"""What an item weighs, and where: believed from its completed shape alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from grasping.grasp import Load
from perception.pose import Array
from perception.scene import ItemShape


@dataclass(frozen=True)
class DensityPrior:
    """Log-normal belief about an unseen item's density, and the heaviest item of the work.

    Attributes:
        median: kg/m^3. spread: standard deviation of the logarithm. heaviest: kilograms.
    """

    median: float = 380.0
    spread: float = 0.6
    heaviest: float = 0.9
    lightest: float = 0.003

    def mass(self, volume: float, deviations: float = 0.0) -> float:
        """Kilograms of `volume` m^3, `deviations` standard deviations above the median."""
        mass = volume * self.median * np.exp(self.spread * deviations)
        return float(np.clip(mass, self.lightest, self.heaviest))


def load(item: ItemShape, prior: DensityPrior) -> Load:
    """The load that `item` is believed to be, in the base frame."""
    centre, radius = mass_centre(item)
    mass = prior.mass(item.volume)
    R_base_box = item.T_base_box.rotation
    squares = item.size**2
    return Load(
        mass=mass,
        centre=centre,
        inertia=R_base_box @ np.diag(mass / 12 * (squares.sum() - squares)) @ R_base_box.T,
        mass_range=(prior.mass(item.volume, -1.645), prior.mass(item.volume, 1.645)),
        centre_radius=radius,
    )


def in_tool(load: Load, T_base_tool: Array) -> Load:
    """A load of the base frame in the frame of a tool at T_base_tool, shape (4, 4)."""
    R = T_base_tool[:3, :3]
    centre = R.T @ (load.centre - T_base_tool[:3, 3])
    return Load(load.mass, centre, R.T @ load.inertia @ R, load.mass_range, load.centre_radius)


def mass_centre(item: ItemShape) -> tuple[Array, float]:
    """Centroid of the completed volume in the base frame, shape (3,), and the radius it is known to, metres.

    Where the surface encloses no sensible volume the box's centre stands in. The radius grows with what was guessed.
    """
    centre, box = centroid(item.vertices, item.triangles), item.T_base_box
    if centre is None or (np.abs(box.inverse().apply(centre)) > 0.4 * item.size).any():
        centre = box.position
    guessed = 1.0 - float(item.confidence.mean()) if len(item.confidence) else 1.0
    return centre, float(item.size.max()) * (0.05 + 0.10 * guessed)


def centroid(vertices: Array, triangles: NDArray[np.int32]) -> Array | None:
    """Centroid of the solid inside a closed surface (sum of signed tetrahedra), None where it has no volume."""
    if len(triangles) < 4:
        return None
    origin = vertices.mean(axis=0)
    a, b, c = (vertices[triangles[:, k]] - origin for k in range(3))
    volumes = np.einsum("ij,ij->i", a, np.cross(b, c))
    total = volumes.sum()
    if abs(total) < 1e-9:
        return None
    return np.asarray(origin + volumes @ (a + b + c) / (4 * total))
