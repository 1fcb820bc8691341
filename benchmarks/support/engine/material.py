"""What two surfaces do to each other, in MuJoCo's terms, from the numbers that PyBullet is given.

Friction. Bullet multiplies two coefficients, and MuJoCo would take the greater one: every pair of solids that may touch
is therefore named with a product of its own.

Rebound. A contact of MuJoCo is a spring with a damper that only pushes. Of damping ratio z it gives back the share
e = exp(-2 z / w atan(w / z)) of the speed of a blow, w = sqrt(1 - z^2), and its continuation beyond z = 1 (Schwager and
Poeschel, Granular Matter 9, 2007, for the force that never pulls). The ratio is solved for from the same coefficient of
restitution that Bullet has; below `LEAST` it gives back next to nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from sim.items.body import CONTACT_RADIUS
from sim.items.spec import LinkSpec
from sim.robot.cup import LIP_FRICTION
from sim.robot.fingers import PAD_FRICTION
from sim.world import TOTE_FRICTION

FREQUENCY = 250.0  # rad/s of a hard contact: a blow lasts some 10 ms, and 10 m/s^2 press things 0.16 mm together
LEAST = 0.05  # of the speed of a blow: what the most damped contact gives back
POINTS = 4  # contact points that share what rests on a soft thing


@dataclass(frozen=True)
class Material:
    """A solid's own part of its contacts.

    Attributes:
        friction: sliding coefficient. spinning, rolling: metres. restitution: 0..1.
        soft: squared frequency, 1/s^2, and damping, 1/s, of a soft thing on its own; None: hard.
    """

    friction: float
    spinning: float = 0.0
    rolling: float = 0.0
    restitution: float = 0.0
    soft: tuple[float, float] | None = None

    @staticmethod
    def of(link: LinkSpec, mass: float) -> Material:
        """Of a link of an item of `mass` kilograms."""
        mu, rebound = link.surface.friction, link.surface.restitution
        soft = None
        if link.stiffness is not None:
            soft = POINTS * link.stiffness / mass, POINTS * float(link.damping or 0.0) / mass
        return Material(mu, 2 / 3 * mu * CONTACT_RADIUS, link.rolling, rebound, soft)


SCENERY = Material(TOTE_FRICTION, restitution=1.0)
PAD = Material(PAD_FRICTION, spinning=0.002)
LIP = Material(LIP_FRICTION)
PART = Material(0.5)  # of the robot, that is neither pad nor lip: PyBullet's own default


@dataclass(frozen=True)
class Contact:
    """A pair in MuJoCo's terms: friction (5,), solref (2,), and the dimensions of its friction."""

    friction: tuple[float, float, float, float, float]
    solref: tuple[float, float]
    dimensions: int


def between(a: Material, b: Material) -> Contact:
    """Two materials' contact. Friction is multiplied; spinning and rolling are summed as Bullet does."""
    slide = a.friction * b.friction
    spin = a.friction * b.spinning + b.friction * a.spinning
    roll = a.friction * b.rolling + b.friction * a.rolling
    dimensions = 6 if roll > 0 else 4 if spin > 0 else 3
    friction = (slide, slide, max(spin, 1e-6), max(roll, 1e-7), max(roll, 1e-7))
    soft = a.soft or b.soft
    if soft is not None:
        return Contact(friction, (-soft[0], -soft[1]), dimensions)
    ratio = damping_ratio(a.restitution * b.restitution)
    return Contact(friction, (-(FREQUENCY**2), -2 * ratio * FREQUENCY), dimensions)


def rebound(ratio: float) -> float:
    """Share of the speed of a blow that a spring with a damper of this ratio gives back, if it never pulls."""
    if abs(ratio - 1) < 1e-6:
        return float(np.exp(-2))
    if ratio < 1:
        w = np.sqrt(1 - ratio**2)
        return float(np.exp(-2 * ratio / w * np.arctan2(w, ratio)))
    w = np.sqrt(ratio**2 - 1)
    return float(np.exp(-ratio / w * np.log((ratio + w) / (ratio - w))))


def damping_ratio(restitution: float) -> float:
    """The damping ratio of a contact that rebounds so."""
    wanted = min(max(restitution, LEAST), 0.99)
    return float(brentq(lambda ratio: rebound(ratio) - wanted, 1e-3, 10.0))
