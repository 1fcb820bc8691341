"""Set aside: an item that covers others is lifted as any, and put down elsewhere in the tote that it lies in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from grasping.grasp import Grasp
from grasping.skill import Lift


@dataclass(frozen=True, eq=False)
class Aside(Lift):
    """Grip the item as it lies, carry it to another place in its tote, put it down.

    free: ids of the items on which it must not come to lie.
    """

    name: ClassVar[str] = "set aside"
    leaves_tote: ClassVar[bool] = False

    free: tuple[int, ...] = ()


def asides(options: Sequence[Grasp], free: Sequence[int]) -> tuple[Grasp, ...]:
    """The plain lifts among some options, each to set its item aside, off the items `free`."""
    lifts = (grasp for grasp in options if type(grasp.skill) is Lift and grasp.item not in free)
    return tuple(replace(grasp, skill=Aside(tuple(free))) for grasp in lifts)
