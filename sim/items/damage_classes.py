"""Fragility of kinds of goods. Impact and squeeze thresholds as proposed in the damage classes of the design."""

from __future__ import annotations

import numpy as np

from sim.items.spec import Fragility

BOXED = Fragility("boxed", pulse=5e-3, dv=(1.7, 3.0), pressure=(100e3, 200e3))
ELECTRONICS = Fragility(
    "electronics", pulse=5e-3, shock=(40.0, 80.0), pressure=(100e3, 200e3), edge_pressure=50e3, bend=0.35
)
PLASTIC_BOTTLE = Fragility("bottle", pulse=4e-3, dv=(2.5, 4.0), pressure=(150e3, 300e3), topples=True)
CAN = Fragility("can", pulse=2e-3, dv=(2.0, 4.0), pressure=(300e3, 600e3))
BOOK = Fragility(
    "book", pulse=5e-3, dv=(1.7, 3.0), dv_corner=1.2, pressure=(150e3, 300e3), opening=(np.deg2rad(30), np.deg2rad(90))
)
CARD = Fragility("card", pulse=5e-3, pressure=(300e3, 600e3), edge_pressure=50e3, bend=0.6)
BAR = Fragility("boxed", pulse=4e-3, dv=(1.7, 3.0), pressure=(100e3, 200e3), bend=0.2)
SOFT = Fragility("soft", pulse=20e-3)
STURDY = Fragility("sturdy", pulse=2e-3, dv=(3.0, 6.0), pressure=(1e6, 3e6))


def film(thickness: float) -> Fragility:
    """A bag of LDPE film, which yields from 9.2 MPa and tears above 18.5 MPa."""
    return Fragility("film", pulse=20e-3, film_thickness=thickness, film_stress=(9.2e6, 18.5e6))
