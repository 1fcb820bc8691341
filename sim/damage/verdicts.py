"""Figures against an item's limits: what breaks it, and how badly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.damage.ledger import Severity
from sim.damage.squeeze import Patch
from sim.items.spec import Fragility, ItemSpec
from sim.world import GRAVITY


@dataclass(frozen=True)
class Verdict:
    """A figure beyond its threshold."""

    figure: float
    threshold: float
    severity: Severity
    unit: str


def graded(figure: float, limits: tuple[float, float], unit: str, scale: float = 1.0) -> Verdict | None:
    """The verdict on a figure against its minor and major limits; both are reported times `scale`."""
    minor, major = limits
    if figure > major:
        return Verdict(figure * scale, major * scale, Severity.MAJOR, unit)
    return Verdict(figure * scale, minor * scale, Severity.MINOR, unit) if figure > minor else None


def impact_verdict(fragility: Fragility, dv: float, points: int) -> Verdict | None:
    """A change of velocity `dv`, m/s, through `points` contact points: against the limits of velocity, of shock
    G = pi / 2 dv / (tau g) of a half-sine pulse, and of corners and edges (one or two points)."""
    shock = np.pi / 2 * dv / (fragility.pulse * GRAVITY)
    corner = fragility.dv_corner if points <= 2 else np.inf
    return worst(
        graded(dv, fragility.dv, "m/s"),
        graded(float(shock), fragility.shock, "g"),
        graded(dv, (corner, np.inf), "m/s"),
    )


def squeeze_verdict(fragility: Fragility, patch: Patch, force: float) -> Verdict | None:
    """A sustained force, newtons, over a patch."""
    pressure = force / patch.area
    edge = fragility.edge_pressure if patch.on_edge else np.inf
    return worst(graded(pressure, fragility.pressure, "Pa"), graded(pressure, (edge, np.inf), "Pa"))


def film_verdict(fragility: Fragility, vacuum: float, radius: float) -> Verdict | None:
    """Membrane stress of film under a cup, dP r / (2 t) of a spherical cap as wide as the cup."""
    if fragility.film_thickness <= 0:
        return None
    return graded(vacuum * radius / (2 * fragility.film_thickness), fragility.film_stress, "Pa")


def bend_verdict(spec: ItemSpec, moment: float, modulus: float) -> Verdict | None:
    """How far a moment, N m, at its middle bends a plate's half: M l / (E I), radians."""
    if not np.isfinite(spec.fragility.bend):
        return None
    thickness, width, length = np.sort(spec.size)
    angle = moment * length / 2 / (modulus * width * thickness**3 / 12)
    return graded(float(angle), (spec.fragility.bend, np.inf), "deg", scale=float(np.rad2deg(1)))


def opening_verdict(fragility: Fragility, opening: float, landed_open: bool) -> Verdict | None:
    """A book's covers at an angle, radians; any harmful opening is major where the book lands on it."""
    minor, major = fragility.opening
    return graded(opening, (minor, minor if landed_open else major), "deg", scale=float(np.rad2deg(1)))


def worst(*verdicts: Verdict | None) -> Verdict | None:
    """The gravest verdict, the furthest beyond its threshold among equals."""
    found = [verdict for verdict in verdicts if verdict is not None]
    return max(found, key=lambda v: (v.severity is Severity.MAJOR, v.figure / v.threshold), default=None)
