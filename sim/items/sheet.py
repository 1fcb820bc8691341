"""Thin card that hangs on a cup: how it bends, and when it creases."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

MODULUS = 3e9  # Pa: folding boxboard in bending, the mean of its two directions
STRENGTH = 20e6  # Pa: board yields on its compressed side, at a third of its tensile strength of some 60 MPa
REACH = np.pi / 2 / np.sqrt(2)  # of the natural length sqrt(E I / W), over which a long strip under W bends


@dataclass(frozen=True)
class Sheet:
    """A sheet of card between a cup's lip and the hinge at its edge.

    Where a load W hangs on a long sheet that is clamped level, the sheet turns down and its root bears
    sqrt(2 E I W): the first integral of the elastica (Landau & Lifshitz, Theory of Elasticity, section 19). A short one
    bears its moment M along all of its length l and turns by M l / (E I). `stiffness` lumps both into one hinge at the
    lip, exact in both cases: E I over l, or over that part of it that bends.

    Attributes:
        width: metres along the hinge; thickness: metres.
        modulus: of bending, pascals; strength: bending stress beyond which the card stays bent, pascals.
    """

    width: float
    thickness: float
    modulus: float = MODULUS
    strength: float = STRENGTH

    @property
    def rigidity(self) -> float:
        """E I, N m^2."""
        return self.modulus * self.width * self.thickness**3 / 12

    @property
    def crease_moment(self) -> float:
        """The moment at which its outer fibres yield, N m: strength times b t^2 / 6."""
        return self.strength * self.width * self.thickness**2 / 6

    def stiffness(self, free: float, load: float) -> float:
        """Of the hinge that stands for it, N m/rad.

        Args:
            free: from the lip's edge to the hinge, metres; load: that hangs on it, newtons.
        """
        return self.rigidity / max(min(free, REACH * float(np.sqrt(self.rigidity / load))), self.thickness)

    def moment(self, angle: float, free: float, load: float) -> float:
        """What it resists with when bent by `angle`, N m: elastic up to its crease moment, and no more beyond."""
        return min(self.stiffness(free, load) * angle, self.crease_moment)

    def yields_at(self, free: float, load: float) -> float:
        """The angle beyond which it stays bent, radians."""
        return self.crease_moment / self.stiffness(free, load)
