"""What harms kinds of goods, and from where on. docs/harm.md shows these limits; a test keeps both alike."""

from __future__ import annotations

import numpy as np

from sim.items.limits import JUDGEMENT, NEVER, Limit, alike
from sim.items.spec import Fragility

CRUSH = f"{JUDGEMENT}: a range; board is sold by flat crush (TAPPI T 825), of which folding cartons have no figure"
PAPER = f"{JUDGEMENT}: a range; no source was found for books, 1 MPa is the order at which presses emboss paper"
BOWS = "times the load at which Euler's struts bow; the elastica bends card beyond 20 MPa at 1.5"
BOARD = f"{JUDGEMENT}: practical: a quarter and half of the 20 MPa at which card fails, binder's board being weaker"
PICKING = "practical: the Amazon Picking Challenge 2016 deducted drops above 30 cm; strict: judgement, 15 and 46 cm"

REBOUND = 0.3  # coefficient of restitution of filled cartons and bottles (judgement: parcels are given 0.3 to 0.5)
DROPPED = Limit((1.7, 3.0), (2.43, 3.0), PICKING)

BOXED = Fragility("boxed", pulse=5e-3, dv=DROPPED, pressure=Limit((100e3, 200e3), (200e3, 400e3), CRUSH))
ELECTRONICS = Fragility(
    "electronics",
    pulse=5e-3,
    shock=alike(40.0, 80.0, f"{JUDGEMENT}: fragility classes of packaging engineering put 40 to 80 g at delicate"),
    pressure=Limit((100e3, 200e3), (200e3, 400e3), CRUSH),
    edge_pressure=alike(50e3, source=f"{JUDGEMENT}: the open end of a sleeve"),
    bend=alike(0.35, source=f"{JUDGEMENT}: a sleeve of card buckles"),
)
PLASTIC_BOTTLE = Fragility(
    "bottle",
    pulse=4e-3,
    dv=alike(2.5, 4.0, f"{JUDGEMENT}: 32 and 82 cm"),
    pressure=alike(150e3, 300e3, f"{JUDGEMENT}: a filled bottle's wall dents"),
    topples=True,
)
CAN = Fragility(
    "can",
    pulse=2e-3,
    dv=alike(2.0, 4.0, f"{JUDGEMENT}: 20 and 82 cm"),
    pressure=alike(300e3, 600e3, f"{JUDGEMENT}: a filled can's wall dents"),
)
BOOK = Fragility(
    "book",
    pulse=5e-3,
    dv=Limit((1.7, 3.0), (2.43, 3.0), f"{PICKING}; harsh for a book that lands flat"),
    corner=Limit((1.2, 3.0), (1.7, 3.0), f"{JUDGEMENT}: 7 and 15 cm onto a corner; returns name dented covers"),
    pressure=Limit((150e3, 300e3), (300e3, 1e6), PAPER),
    edgewise=Limit((300e3, 1e6), (5e6, 10e6), BOARD),
    bow=Limit((1.0, 1.5), (1.5, 2.0), BOWS),
    touch=Limit(
        (np.deg2rad(30), np.deg2rad(90)), NEVER, f"{JUDGEMENT}: whoever returns a book names folded pages first"
    ),
    fold=alike(
        np.deg2rad(30),
        np.deg2rad(90),
        f"{JUDGEMENT}: leaves that bear half of the book fold, as returns name",
    ),
    hang=alike(np.pi, np.deg2rad(270), f"{JUDGEMENT}: page-flex tests lay covers flat 500 times, no further"),
    crease=alike(1.0, 2.0, f"{JUDGEMENT}: times the angle at which its card yields; double that leaves a fold"),
    risk=np.deg2rad(30),
)
CARD = Fragility(
    "card",
    pulse=5e-3,
    pressure=alike(300e3, 600e3, f"{JUDGEMENT}: plastic marks"),
    edge_pressure=alike(50e3, source=f"{JUDGEMENT}: pressed on its edge, a card bows"),
    bend=alike(0.6, source=f"{JUDGEMENT}: a card stays bent"),
)
BAR = Fragility(
    "boxed",
    pulse=4e-3,
    dv=DROPPED,
    pressure=Limit((100e3, 200e3), (200e3, 400e3), CRUSH),
    bend=alike(0.2, source=f"{JUDGEMENT}: chocolate breaks"),
)
SOFT = Fragility("soft", pulse=20e-3)
STURDY = Fragility(
    "sturdy",
    pulse=2e-3,
    dv=alike(3.0, 6.0, f"{JUDGEMENT}: 46 and 183 cm"),
    pressure=alike(1e6, 3e6, f"{JUDGEMENT}: wood and plastic mark"),
)


def film(thickness: float) -> Fragility:
    """A bag of LDPE film of `thickness` metres."""
    return Fragility(
        "film",
        pulse=20e-3,
        film_thickness=thickness,
        film_stress=alike(9.2e6, 18.5e6, "data sheets of 40 um LDPE film: yields at 9.2 MPa, breaks at 18.5"),
    )


CLASSES = {
    "boxed": BOXED,
    "chocolate bar": BAR,
    "electronics": ELECTRONICS,
    "bottle": PLASTIC_BOTTLE,
    "can": CAN,
    "book": BOOK,
    "card": CARD,
    "sturdy": STURDY,
    "film bag": film(40e-6),
}
