"""An arm as data: a chain of turning joints with its limits, its shape, and hints for planning."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from motion.robot.limits import Limits
from motion.robot.link_shapes import Capsule
from perception.arrays import readonly
from perception.errors import HandpickError
from perception.pose import Array, Pose


class ArmError(HandpickError):
    """An arm's folder that cannot be read, or an arm that Handpick cannot move."""


@dataclass(frozen=True, eq=False)
class Mesh:
    """A mesh file that shows a link, as its URDF names it; scale (3,)."""

    filename: str
    T_link_mesh: Pose
    scale: tuple[float, float, float] = (1.0, 1.0, 1.0)


@dataclass(frozen=True, eq=False)
class Link:
    """One rigid part: mass, kg, its centre (3,), metres, inertia (3, 3) about that, kg m^2, and how it looks."""

    name: str
    mass: float
    centre: Array
    inertia: Array
    meshes: tuple[Mesh, ...] = ()


@dataclass(frozen=True, eq=False)
class Joint:
    """A joint that turns its link about z. T_parent_joint: its frame in the parent link's at zero."""

    name: str
    T_parent_joint: Pose


@dataclass(frozen=True, eq=False)
class ArmDescription:
    """What an arm's folder says. `motion.robot.load` reads it; docs/architecture/arm.md tells how to write one.

    All joints turn about z of their links' frames, the first one upright, and the last link's frame stands parallel to
    the flange.

    Attributes:
        folder: where its files lie.
        links: J + 1 of them, the base first. joints: J, from the base on.
        flange: of the flange from the last link's origin, along the last joint's axis and aside (3,), metres.
        capsules: the solids of its links.
        inverse: name of its closed-form inverse kinematics, None where that is found numerically.
        held: index of the joint that is held at an angle of choice, None where six joints leave no choice.
        wrist: number of the link whose origin is the wrist's centre. easy_reach: metres from the shoulder to there that
            the arm reaches with ease.
        base_height: of the base link over the table in the standard cell, metres.
        home: joint positions (J,) in which it begins, upright. facing: (J,) with the tool down before it, joint 1
            at zero: the posture in which it works.
        apart: links so many joints apart are tested against each other.
    """

    name: str
    folder: Path
    links: tuple[Link, ...]
    joints: tuple[Joint, ...]
    limits: Limits
    flange: Array
    capsules: tuple[Capsule, ...]
    inverse: str | None
    held: int | None
    wrist: int
    easy_reach: float
    base_height: float
    home: Array
    facing: Array
    apart: int

    def __post_init__(self) -> None:
        count = len(self.joints)
        for name, shape in (("flange", (3,)), ("home", (count,)), ("facing", (count,))):
            object.__setattr__(self, name, readonly(getattr(self, name), np.float64, shape, f"{name} of {self.name}"))

    @property
    def last(self) -> str:
        """Name of the link that carries the flange."""
        return self.links[-1].name

    @property
    def joint_names(self) -> tuple[str, ...]:
        return tuple(joint.name for joint in self.joints)

    def number(self, link: str) -> int:
        """A link's place in the chain, 0 for the base."""
        return [each.name for each in self.links].index(link)
