"""What an item made to order is, as numbers: its shape, print, material, mass and openings."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from perception.arrays import readonly
from perception.errors import GeometryError
from perception.pose import Array
from sim.items.damage_classes import CLASSES

SLICES, ANGLES = 9, 16  # of the shape's height map: across the longest axis, and around it
PIXELS = 8  # along the edge of a face's print
ALONG = np.linspace(-0.5, 0.5, SLICES)
AROUND = 2 * np.pi * np.arange(ANGLES) / ANGLES
LEAST_RADIUS = 0.02  # of the item's extents


@dataclass(frozen=True, eq=False)
class Description:
    """An item of one rigid solid.

    Attributes:
        size: extents along x, y and z, longest first, metres, shape (3,).
        radii: from the x axis to the surface, shape (SLICES, ANGLES), at `ALONG` and `AROUND`: shares of the extents,
            so that a box has sqrt(1/2) at its edges and a cylinder 1/2 all around.
        print: RGB of the six faces in the order of `meshes.FACES`, uint8, shape (6, PIXELS, PIXELS, 3).
        openings: radius of a window of netting in the middle of each face, as a share of what would fit, shape (6,).
        balance: from the middle of the solid to the centre of mass, as shares of the extents, shape (3,).
        density: kg/m^3.
        friction, leak_conductance, gap_height, compliance, restitution: as `spec.Surface`.
        gloss: 0 matt .. 1 mirror-like.
        kind: what harms it, a name in `damage_classes.CLASSES`.

    Raises:
        GeometryError: a number that no item has; the message says which one.
    """

    size: Array
    radii: Array
    print: NDArray[np.uint8]
    openings: Array
    balance: Array
    density: float
    friction: float
    leak_conductance: float
    gap_height: float
    compliance: float
    restitution: float
    gloss: float
    kind: str = "sturdy"

    def __post_init__(self) -> None:
        shapes = {"size": (3,), "radii": (SLICES, ANGLES), "openings": (6,), "balance": (3,)}
        for name, shape in shapes.items():
            object.__setattr__(self, name, readonly(getattr(self, name), np.float64, shape, f"item: {name}"))
        texture = readonly(self.print, np.uint8, (6, PIXELS, PIXELS, 3), "item: print")
        object.__setattr__(self, "print", texture)
        for field in fields(self):
            if (bound := BOUNDS.get(field.name)) is not None:
                value = np.asarray(getattr(self, field.name), np.float64)
                if not ((value >= bound[0]) & (value <= bound[1])).all():
                    expected = f"item: expected {field.name} of {bound[0]:g} to {bound[1]:g}"
                    raise GeometryError(f"{expected}, got {np.round(value, 6).tolist()}")
        if self.kind not in CLASSES:
            raise GeometryError(f"item: expected a kind of {', '.join(CLASSES)}; got {self.kind!r}")


# Least and greatest value. Those of materials are what the families of `catalog` draw from, and a little beyond.
BOUNDS: dict[str, tuple[float, float]] = {
    "size": (7e-4, 0.52),
    "radii": (LEAST_RADIUS, np.sqrt(0.5) + 1e-9),
    "openings": (0.0, 1.0),
    "balance": (-0.3, 0.3),
    "density": (50.0, 8000.0),
    "friction": (0.2, 0.85),
    "leak_conductance": (0.0, 1e-7),
    "gap_height": (0.0, 6e-5),
    "compliance": (0.0, 3e-3),
    "restitution": (0.0, 0.6),
    "gloss": (0.0, 1.0),
}
