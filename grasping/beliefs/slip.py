"""What a lost pinch says of a book's leaves: maybe they bowed, and slipped out of the pads."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Slip:
    """A pinch that was lost.

    Attributes:
        odds: probability that leaves between covers of card bowed and slipped out of the pads.
        pressed: how hard the pads pressed, as multiples of the force at which such leaves were believed to slip.
    """

    odds: float
    pressed: float
