"""Skills: ways to move an item, and what they mean to everyone who does not plan them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from perception.pose import Array, Pose
from perception.scene import ItemShape

if TYPE_CHECKING:
    from grasping.grasp import Load


@dataclass(frozen=True, eq=False)
class Skill:
    """A way to move an item; `grasping.skills` offers grasps for each, `motion.skills` plans them.

    Attributes:
        name: in reports. hold: by what it holds, in reports; empty: by the grasp's tool alone.
        seconds: that a pick takes longer with it than with a plain lift.
        leaves_tote: whether the item is to end in the destination, else it stays in the source.
        needs_room: whether room around the item decides if it can be planned, so that a drag may help.
        paced: whether a measured seal says how fast it may be carried; else it goes gently in any case.
        cup_out: whether the cup is out of the palm while the fingers close.
        push: newtons that hold the cup out at most; where more meets it, its rod gives way.
    """

    name: ClassVar[str]
    hold: ClassVar[str] = ""
    seconds: ClassVar[float] = 0.0
    leaves_tote: ClassVar[bool] = True
    needs_room: ClassVar[bool] = False
    paced: ClassVar[bool] = True
    cup_out: ClassVar[bool] = False
    push: ClassVar[float] = np.inf

    @property
    def way(self) -> Array:
        """The way (3,) in the base frame, metres, on which an item is moved that stays in its tote."""
        return np.zeros(3)

    @property
    def before_grip(self) -> Pose | None:
        """What moves the item, in the base frame, before the tool closes on it; None: nothing."""
        return None

    def carried(self, load: Load) -> Load:
        """What the hold must carry of an item's `load`, both in the tool frame."""
        return load

    def at_grip(self, item: ItemShape) -> ItemShape:
        """The item as it is when the tool closes on it."""
        return item if self.before_grip is None else item.moved(self.before_grip)

    def opening(self, opening: float) -> float:
        """How far the fingers are open on the approach, metres, for a grasp that opens by `opening`."""
        return opening


@dataclass(frozen=True, eq=False)
class Lift(Skill):
    """Grip the item as it lies, carry it, put it down."""

    name: ClassVar[str] = "lift"
