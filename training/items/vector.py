"""Descriptions as rows of numbers that a network takes: logarithms where values span decades."""

from __future__ import annotations

import numpy as np

from perception.pose import Array
from sim.items.description import ANGLES, BOUNDS, LEAST_RADIUS, PIXELS, SLICES, Description

LEAK, GAP, GIVE = 1e-11, 1e-7, 1e-6  # that are added before a logarithm is taken: below them, as good as nothing
SCALARS = (
    *("size_x", "size_y", "size_z", "balance_x", "balance_y", "balance_z"),
    *(f"opening_{face}" for face in range(6)),
    *("density", "friction", "leak", "gap", "give", "restitution", "gloss"),
)
PIXELS_OF = (6, PIXELS, PIXELS, 3)
SHAPE, PRINT = SLICES * ANGLES, 6 * PIXELS * PIXELS * 3
LENGTH = len(SCALARS) + SHAPE + PRINT


def vector_of(d: Description) -> Array:
    """Scalars, radii and print of a description, shape (LENGTH,)."""
    material = (
        np.log(d.density),
        d.friction,
        np.log10(d.leak_conductance + LEAK),
        np.log10(d.gap_height + GAP),
        np.log10(d.compliance + GIVE),
        d.restitution,
        d.gloss,
    )
    scalars = np.concatenate([np.log(d.size), d.balance, d.openings, material])
    return np.concatenate([scalars, d.radii.ravel(), d.print.ravel() / 255])


def description_of(vector: Array, kind: str) -> Description:
    """The description of a row (LENGTH,); what is out of bounds is brought back to them."""
    scalars, radii, texture = np.split(vector, [len(SCALARS), len(SCALARS) + SHAPE])
    balance, openings, material = scalars[3:6], scalars[6:12], scalars[12:]

    def within(name: str, values: Array) -> Array:
        return np.clip(values, *BOUNDS[name])

    return Description(
        size=within("size", np.exp(np.clip(scalars[:3], -20, 5))),
        radii=filled(radii.reshape(SLICES, ANGLES)),
        print=np.round(255 * np.clip(texture, 0, 1)).astype(np.uint8).reshape(PIXELS_OF),
        openings=within("openings", openings),
        balance=within("balance", balance),
        density=float(within("density", np.exp(np.clip(material[0], -5, 15)))),
        friction=float(within("friction", material[1])),
        leak_conductance=float(within("leak_conductance", 10 ** np.clip(material[2], -15, 0) - LEAK)),
        gap_height=float(within("gap_height", 10 ** np.clip(material[3], -15, 0) - GAP)),
        compliance=float(within("compliance", 10 ** np.clip(material[4], -15, 0) - GIVE)),
        restitution=float(within("restitution", material[5])),
        gloss=float(within("gloss", material[6])),
        kind=kind,
    )


def filled(radii: Array) -> Array:
    """Radii (SLICES, ANGLES) within bounds: no slice stands out of the item's extents."""
    turn = 2 * np.pi * np.arange(ANGLES) / ANGLES
    box = 0.5 / np.maximum(np.abs(np.cos(turn)), np.abs(np.sin(turn)))
    return np.clip(radii, LEAST_RADIUS, box)
