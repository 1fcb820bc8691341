"""The two tools on one wrist, as data. Change these to describe your own gripper.

Tool frames: z is the approach direction (out of the flange, into the item), the fingers close along y.
The tip frame sits between the fingertips; the cup frame at the centre of the extended cup's face.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

import numpy as np

from perception.errors import GeometryError
from perception.pose import Array, Pose
from perception.quantities import expect_between

EDGE = 0.001, 0.6  # metres: of any part of a tool on a wrist
FRICTION = 0.01, 3.0
WIDE = 1e6  # m^2: of a channel that holds up no air at all
ATMOSPHERE = 101.325e3  # Pa: no cup holds with more


class Tool(str, Enum):
    """Which tool holds the item."""

    SUCTION = "suction"
    PINCH = "pinch"


@dataclass(frozen=True)
class Gripper:
    """Two parallel fingers that close along y of the tip frame. Metres, newtons, m/s, kilograms.

    Stroke, greatest force, speed, housing and mass are those of a Weiss WSG 50-210, which takes a book by its covers,
    or by spine and fore edge where it lies.
    """

    opening: tuple[float, float] = (0.0, 0.210)
    force: tuple[float, float] = (5.0, 80.0)
    speed: float = 0.21  # of each finger
    pad_width: float = 0.022  # along x
    pad_length: float = 0.030  # along z, up from the fingertip
    finger_thickness: float = 0.008  # along y
    finger_length: float = 0.205  # from the palm's face to the fingertip
    palm: tuple[float, float, float] = (0.050, 0.246, 0.073)  # x, y, z: the housing above the fingers
    mass: float = field(default=1.6, metadata={"since": "0.7.0"})  # of the housing, without the fingers
    pad_stiffness: float = 5e8  # Pa/m: 3 mm of rubber of 1.5 MPa
    adjustable: bool = True  # whether the fingers can go in less than fully open
    friction: float = 0.45  # pad on an average item, as believed: plastic, film and tin have less than paper and board

    @property
    def opening_speed(self) -> float:
        """By which the opening changes, m/s: both fingers move."""
        return 2 * self.speed

    def __post_init__(self) -> None:
        if not 0 <= self.opening[0] < self.opening[1]:
            raise GeometryError(f"gripper: expected 0 <= least < widest opening, got {self.opening}")
        if not 0 < self.force[0] < self.force[1]:
            raise GeometryError(f"gripper: expected 0 < least < greatest force, got {self.force}")
        expect_between("gripper: widest opening", self.opening[1], *EDGE, "m")
        expect_between("gripper: greatest force", self.force[1], 1.0, 5000.0, "N")
        expect_between("gripper: speed of the fingers", self.speed, 0.001, 3.0, "m/s")
        for name in ("pad_width", "pad_length", "finger_thickness", "finger_length"):
            expect_between(f"gripper: {name}", getattr(self, name), *EDGE, "m")
        if len(self.palm) != 3:
            raise GeometryError(f"gripper: expected a palm of x, y, z, got {self.palm}")
        for axis, edge in zip("xyz", self.palm):
            expect_between(f"gripper: palm along {axis}", edge, *EDGE, "m")
        if self.pad_length > self.finger_length:
            raise GeometryError(
                f"gripper: expected pads no longer than the fingers, {self.finger_length} m, got {self.pad_length}"
            )
        expect_between("gripper: mass", self.mass, 0.01, 20.0, "kg")
        expect_between("gripper: pad_stiffness", self.pad_stiffness, 1e6, 1e12, "Pa/m")
        expect_between("gripper: friction", self.friction, *FRICTION)


Place = tuple[float, float]
Cups = tuple[int, ...]  # some of a tool's cups, by their numbers in `SuctionCup.places`


def grid(columns: int, rows: int, pitch: float) -> tuple[Place, ...]:
    """Places of columns x rows cups, `pitch` metres apart, about their middle."""
    x, y = ((np.arange(n) - (n - 1) / 2) * pitch for n in (columns, rows))
    return tuple((float(a), float(b)) for b in y for a in x)


def _places(values: object) -> tuple[Place, ...]:
    """Places as tuples, from whatever a file has for them. Raises GeometryError: they are none."""
    try:
        places = np.array(values, dtype=np.float64).reshape(-1, 2)
    except (TypeError, ValueError) as error:
        raise GeometryError(f"suction cup: expected places x, y of its cups, got {values}") from error
    if len(places) == 0 or not (np.abs(places) <= EDGE[1]).all():
        raise GeometryError(f"suction cup: expected places within {EDGE[1]} m of the rod, got {values}")
    return tuple((float(x), float(y)) for x, y in places)


def coded(cups: Cups) -> float:
    """Cups as one number, as features have them: a sum of powers of two."""
    return float(sum(1 << i for i in cups))


def decoded(code: float) -> Cups:
    """The cups of a code; of none, the first."""
    return tuple(i for i in range(int(code).bit_length()) if int(code) >> i & 1) or (0,)


@dataclass(frozen=True)
class SuctionCup:
    """A bellows cup on a telescopic rod, or several of one make on a plate. Metres, pascals, seconds.

    Several share one pump; each has a valve and a gauge of its own. The cup frame's origin is amid their faces.
    """

    radius: float = 0.015
    places: tuple[Place, ...] = ((0.0, 0.0),)  # of the cups' middles in the cup frame
    channel: float = WIDE  # m^2: free area from one cup to the pump, so that one in the air leaves the others some
    extension: float = 0.050  # how far the extended cup's face lies beyond the fingertips
    retraction: float = 0.255  # stroke of the rod: retracted, the cup lies in the palm, clear of fingers and items
    stroke_time: float = 0.25
    rod_radius: float = 0.010
    bellows_stroke: float = 0.008  # how far the bellows compresses when pressed on
    press: float = 0.007  # how far the cup goes on beyond where the surface is believed, until it seals
    bellows_stiffness: float = 900.0  # N/m against compression
    bending_stiffness: float = 3.0  # N m/rad
    conform: float = 1.5e-3  # how far the lip itself bends to follow a surface
    pressure_full: float = 80e3  # below atmosphere, on a tight seal
    # for what may be a bag: the thinnest film that goods are sold in, 25 um (1 mil), then bears 9.0 MPa under this cup
    # (p r / 2 t), and LDPE yields at 9.2
    pressure_gentle: float = 30e3
    friction: float = 0.5  # lip on a dry item, as believed
    fingers_open: float = 0.040  # finger opening while the cup works: around the rod, no wider than needed

    def __post_init__(self) -> None:
        if not (0.003 <= self.radius <= 0.06 and 0 < self.extension < self.retraction):
            raise GeometryError(
                "suction cup: expected a radius of 3 to 60 mm and 0 < extension < retraction, "
                f"got radius {self.radius}, extension {self.extension}, retraction {self.retraction}"
            )
        object.__setattr__(self, "places", _places(self.places))
        apart = [float(np.hypot(a[0] - b[0], a[1] - b[1])) for i, a in enumerate(self.places) for b in self.places[:i]]
        if not min(apart, default=np.inf) >= 2 * self.radius:
            raise GeometryError(
                f"suction cup: expected cups of {2 * self.radius} m beside each other, got them at {self.places}"
            )
        expect_between("suction cup: channel", self.channel, 1e-8, WIDE, "m^2")
        if not 0 <= self.press <= self.bellows_stroke:
            raise GeometryError(
                f"suction cup: expected to press on by no more than the bellows gives, {self.bellows_stroke} m, "
                f"got {self.press}"
            )
        for name in ("retraction", "rod_radius", "bellows_stroke", "fingers_open"):
            expect_between(f"suction cup: {name}", getattr(self, name), *EDGE, "m")
        expect_between("suction cup: conform", self.conform, 0.0, 0.02, "m")
        expect_between("suction cup: stroke_time", self.stroke_time, 0.0, 5.0, "s")
        expect_between("suction cup: bellows_stiffness", self.bellows_stiffness, 10.0, 1e5, "N/m")
        expect_between("suction cup: bending_stiffness", self.bending_stiffness, 1e-3, 1e3, "N m/rad")
        expect_between("suction cup: pressure_full", self.pressure_full, 1e3, ATMOSPHERE, "Pa")
        expect_between("suction cup: pressure_gentle", self.pressure_gentle, 1e3, self.pressure_full, "Pa")
        expect_between("suction cup: friction", self.friction, *FRICTION)
        if self.fingers_open < 2 * self.rod_radius:
            raise GeometryError(
                f"suction cup: expected fingers open around the rod, {2 * self.rod_radius} m, got {self.fingers_open}"
            )

    @property
    def area(self) -> float:
        """Of one cup, m^2."""
        return float(np.pi * self.radius**2)

    @property
    def half(self) -> tuple[float, float]:
        """How far cups and plate reach along x and y from the cup frame's origin."""
        x, y = (max(abs(place[axis]) for place in self.places) + self.radius for axis in range(2))
        return x, y

    def middle(self, cups: Cups) -> Array:
        """The point amid some of the cups, in the cup frame, shape (3,)."""
        return np.append(np.mean([self.places[i] for i in cups], axis=0), 0.0)


@dataclass(frozen=True)
class DualTool:
    """Fingers and cup on one flange, or, where they are `apart`, each on a flange of its own.

    Without `fingers` the cup works alone; what the gripper's numbers say is then only how far from the flange it is.
    """

    gripper: Gripper = field(default_factory=Gripper)
    cup: SuctionCup = field(default_factory=SuctionCup)
    mount: float = 0.020  # adapter plate between flange and palm, metres
    apart: bool = False
    fingers: bool = True

    def __post_init__(self) -> None:
        expect_between("tool: mount", self.mount, 0.0, EDGE[1], "m")
        if not self.apart and self.cup.fingers_open > self.gripper.opening[1]:
            raise GeometryError(
                f"tool: expected fingers that open around the cup's rod by {self.cup.fingers_open} m, "
                f"the gripper opens {self.gripper.opening[1]} m"
            )

    @property
    def T_flange_tip(self) -> Pose:
        reach = self.mount + self.gripper.palm[2] + self.gripper.finger_length
        return Pose.from_rotation((0, 0, reach), np.eye(3))

    @property
    def T_flange_cup(self) -> Pose:
        """The extended cup's face, bellows at rest."""
        return self.T_flange_tip @ Pose.from_rotation((0, 0, self.cup.extension), np.eye(3))

    @property
    def depth(self) -> float:
        """How far an item may reach between the fingers, from the fingertips: to the palm or the retracted cup."""
        fingers = self.gripper.finger_length
        return fingers if self.apart else min(fingers, self.cup.retraction - self.cup.extension)

    def T_flange_tool(self, tool: Tool) -> Pose:
        return self.T_flange_cup if tool is Tool.SUCTION else self.T_flange_tip


@dataclass(frozen=True)
class GripCommand:
    """The goal of the tool from now on. Metres, newtons."""

    opening: float  # finger opening to go to; closing fingers stop at `force`
    force: float = 10.0
    cup_extended: bool = False
    vacuum: float = 0.0  # pascals below atmosphere that the pump reaches at most, held by its relief valve; 0: off
    push: float = np.inf  # newtons that hold the cup out at most: where more meets it, its rod gives way
    cups: Cups = (0,)  # whose valves are open while the pump draws


FOUR_CUPS = DualTool(
    gripper=Gripper(palm=(0.060, 0.180, 0.070), mass=0.8),  # no gripper: valves, ejector and flange
    cup=SuctionCup(places=grid(2, 2, 0.060), channel=12.6e-6),  # hoses and valves of 4 mm bore
    fingers=False,
)
"""The suction robot's tool: 2 x 2 bellows cups of 30 mm, 60 mm apart, each behind a valve and a hose of its own."""
