"""The kinds of disturbances, and which of them hits a pick when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from perception.errors import HandpickError

if TYPE_CHECKING:
    from numpy.random import Generator

SHARE = 0.5  # of the picks are disturbed unless told otherwise; the others are the calm ones of the same run
WITHIN = (0.05, 0.9)  # share of the motion after which a disturbance comes


class UnknownDisturbanceError(HandpickError):
    """No disturbance has this name."""


class Kind(str, Enum):
    """The kind of a disturbance."""

    TARGET_NUDGED = "target_nudged"  # the item that the arm approaches is pushed aside
    NEIGHBOUR_TOPPLED = "neighbour_toppled"  # an item beside it is pushed over
    WEAK_GRASP = "weak_grasp"  # seal and pads hold less than believed
    PUMP_LOST = "pump_lost"  # the pump draws no more air
    DESTINATION_SHIFTED = "destination_shifted"  # the destination tote moves by 5 cm, with what is in it
    OBSTACLE = "obstacle"  # a box is held into the path
    ITEM_KNOCKED = "item_knocked"  # something hits the item in the hand
    CAMERAS_LOST = "cameras_lost"  # one to three cameras give no frames
    LATENCY_SPIKE = "latency_spike"  # the computer answers late
    PERSON_STOP = "person_stop"  # somebody presses the stop button


class Moment(str, Enum):
    """The part of a pick in which a disturbance comes."""

    LOOK = "look"  # at its beginning, while the robot looks or thinks
    APPROACH = "approach"  # while the arm goes to the item
    CARRY = "carry"  # with the item lifted


MOMENTS: Mapping[Kind, tuple[Moment, ...]] = {
    Kind.TARGET_NUDGED: (Moment.APPROACH,),
    Kind.NEIGHBOUR_TOPPLED: (Moment.APPROACH,),
    Kind.WEAK_GRASP: (Moment.LOOK,),
    Kind.PUMP_LOST: (Moment.APPROACH, Moment.CARRY),
    Kind.DESTINATION_SHIFTED: (Moment.APPROACH, Moment.CARRY),
    Kind.OBSTACLE: (Moment.APPROACH, Moment.CARRY),
    Kind.ITEM_KNOCKED: (Moment.CARRY,),
    Kind.CAMERAS_LOST: tuple(Moment),
    Kind.LATENCY_SPIKE: tuple(Moment),
    Kind.PERSON_STOP: tuple(Moment),
}


@dataclass(frozen=True)
class Planned:
    """A disturbance to come: at `share` of the motion that is under way when its moment begins."""

    kind: Kind
    moment: Moment
    share: float


@dataclass(frozen=True)
class Record:
    """A pick that the arm set out for, and what disturbed it.

    Attributes:
        kind: None for a calm pick.
        time: of the disturbance; of a calm pick, when the arm set out; seconds. ended: when the pick was over.
        item: what the pick was about: in the hand, or approached; None where neither was.
        stopped: the cell stopped meanwhile.
    """

    pick: int
    kind: Kind | None
    time: float
    item: int | None
    ended: float = float("inf")
    stopped: bool = False


def named(text: str) -> tuple[Kind, ...]:
    """`none`, `all`, or names with commas between them.

    Raises:
        UnknownDisturbanceError: lists the valid names.
    """
    if text in ("none", "all"):
        return tuple(Kind) if text == "all" else ()
    valid = {kind.value: kind for kind in Kind}
    names = [name.strip() for name in text.split(",")]
    unknown = [name for name in names if name not in valid]
    if unknown:
        raise UnknownDisturbanceError(
            f"unknown disturbance {unknown[0]!r}; choose none, all, or some of {', '.join(valid)}"
        )
    return tuple(kind for kind in Kind if kind.value in names)


def draw(kinds: tuple[Kind, ...], rng: Generator, share: float = SHARE) -> Planned | None:
    """What hits one pick, of which this `share` is disturbed: nothing, or one of `kinds`, each as likely as another."""
    if not kinds or rng.random() >= share:
        return None
    kind = kinds[int(rng.integers(len(kinds)))]
    moment = MOMENTS[kind][int(rng.integers(len(MOMENTS[kind])))]
    return Planned(kind, moment, float(rng.uniform(*WITHIN)))
