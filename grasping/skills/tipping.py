"""Tipping: how a cup draws the top of an item away from what it stands at, about the edge that it stands on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from perception.arrays import readonly
from perception.pose import Array, Pose


@dataclass(frozen=True, eq=False)
class Tipping:
    """How an item that stands is tipped before the fingers go down on both sides of it.

    It turns first about the lower edge that it leans over, until it stands upright, then about the other one.

    Attributes:
        foot, edge: points on these two edges in the base frame, shape (3,), metres.
        axis: unit vector along both in the base frame, shape (3,), about which it turns.
        upright, angle: what it turns by until it stands upright, and altogether, rad.
        site: where on its top, as it stands, the middle of the cup is put, base frame, shape (3,), metres.
        lean: of the tool about `axis` while the cup is put on, beyond its attitude at the grasp, rad: the fingers then
            stay clear of what the item stands at.
        opening: of the fingers until the item is tipped, metres.
    """

    foot: Array
    edge: Array
    axis: Array
    upright: float
    angle: float
    site: Array
    lean: float
    opening: float

    def __post_init__(self) -> None:
        for name in ("foot", "edge", "axis", "site"):
            object.__setattr__(self, name, readonly(getattr(self, name), np.float64, (3,), f"tipping: {name}"))

    def turned(self, angle: float) -> Pose:
        """What moves points of the standing item, in the base frame, to where they are once it turned by `angle`."""
        first = min(angle, self.upright)
        return turn(self.edge, self.axis, angle - first) @ turn(self.foot, self.axis, first)

    def leaning(self, share: float) -> Array:
        """Rotation (3, 3) from the tool's attitude at the grasp to the one with this share of the lean."""
        return Rotation.from_rotvec(share * self.lean * self.axis).as_matrix()

    @property
    def whole(self) -> Pose:
        """The same for the tipped item."""
        return self.turned(self.angle)


def turn(point: Array, axis: Array, angle: float) -> Pose:
    """The rotation by `angle` rad about the line through `point` (3,) along the unit vector `axis` (3,)."""
    rotation = Rotation.from_rotvec(angle * axis).as_matrix()
    return Pose.from_rotation(point - rotation @ point, rotation)
