"""Several suction cups on one plate, as data."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from grasping.tools import SuctionCup
from perception.errors import GeometryError
from perception.pose import Array

Place = tuple[float, float]


def grid(columns: int, rows: int, pitch: float) -> tuple[Place, ...]:
    """Places of columns x rows cups, `pitch` metres apart, about the plate's middle."""
    x, y = ((np.arange(n) - (n - 1) / 2) * pitch for n in (columns, rows))
    return tuple((float(a), float(b)) for b in y for a in x)


@dataclass(frozen=True)
class CupArray:
    """Cups of one make on a rigid plate, each with a valve and a gauge of its own, on one pump.

    The plate's frame is that of a single cup: z out of the tool into the item, the origin amid the cups' faces.

    Attributes:
        places: of the cups' middles in the plate's frame, metres.
        stretching: stiffness of a bellows against being pulled longer, N/m.
        channel: free area of one cup's valve, m^2.

    Raises:
        GeometryError: no cups, or cups that overlap.
    """

    cup: SuctionCup = field(default_factory=SuctionCup)
    places: tuple[Place, ...] = ((0.0, 0.0),)
    stretching: float = 4500.0
    channel: float = 7e-6  # 3 mm bore

    def __post_init__(self) -> None:
        apart = [float(np.hypot(a[0] - b[0], a[1] - b[1])) for i, a in enumerate(self.places) for b in self.places[:i]]
        if not self.places or min(apart, default=np.inf) < 2 * self.cup.radius:
            raise GeometryError(
                f"cup array: expected cups of {2 * self.cup.radius} m beside each other, got them at {self.places}"
            )
        if not (self.stretching > 0 and self.channel > 0):
            raise GeometryError(f"cup array: expected a stiffness and a channel, got {self.stretching}, {self.channel}")

    def shares(self, held: tuple[int, ...]) -> Array:
        """How a wrench on the plate is borne by the cups that hold, shape (len(held), 6, 6).

        Each maps a wrench (fx..tz) at the plate's origin to the one at that cup's middle. The item and the plate are
        rigid and the bellows springs, so that the cups bear by their stiffness: all alike against shear and against
        bending, and by their levers, too, against pulling and twisting.

        Raises:
            GeometryError: no cup holds.
        """
        if not held:
            raise GeometryError("cup array: expected a cup that holds, got none")
        hung = np.zeros((6, 6))  # stiffness of the plate against a displacement (x, y, z, turns)
        own, place = self._stiffness(), [_displaced(self.places[i]) for i in held]
        for moved in place:
            hung += moved.T @ own @ moved
        return np.array([own @ moved @ np.linalg.inv(hung) for moved in place])

    def _stiffness(self) -> Array:
        """Of one cup against displacements of its middle, shape (6, 6); shear and twist as stiff as the bellows bends
        over its own radius, which decides nothing where all cups are alike."""
        bending, radius = self.cup.bending_stiffness, self.cup.radius
        return np.diag([bending / radius**2] * 2 + [self.stretching] + [bending] * 3)


def _displaced(place: Place) -> Array:
    """Displacement of a point fixed to the plate from the plate's own, shape (6, 6): u + theta x p, theta."""
    x, y = place
    moved = np.eye(6)
    moved[:3, 3:] = [[0, 0, -y], [0, 0, x], [y, -x, 0]]
    return moved


FOUR_CUPS = CupArray(places=grid(2, 2, 0.060))
"""The reference's tool: 2 x 2 bellows cups of 30 mm, 60 mm apart, as plates of cups for cartons are offered."""
