"""Descriptions of items made to order, for tests."""

from __future__ import annotations

import numpy as np

from sim.items.description import ANGLES, AROUND, PIXELS, SLICES, Description

BOX = 0.5 / np.maximum(np.abs(np.cos(AROUND)), np.abs(np.sin(AROUND)))
ROUND = np.full(ANGLES, 0.5)


def described(**changes) -> Description:
    """A carton of 20 x 12 x 6 cm, grey."""
    values = {
        "size": (0.20, 0.12, 0.06),
        "radii": np.tile(BOX, (SLICES, 1)),
        "print": np.full((6, PIXELS, PIXELS, 3), 128),
        "openings": np.zeros(6),
        "balance": np.zeros(3),
        "density": 300.0,
        "friction": 0.5,
        "leak_conductance": 1e-9,
        "gap_height": 3e-6,
        "compliance": 0.0,
        "restitution": 0.3,
        "gloss": 0.2,
        "kind": "boxed",
    }
    return Description(**{**values, **changes})
