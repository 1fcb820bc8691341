"""Figures against an item's limits: what breaks it, and how badly, under both sets of rules."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from handpick.harm import RuleSet
from sim.damage.ledger import Severity, gravity
from sim.damage.squeeze import Patch
from sim.items.limits import Limit
from sim.items.spec import Fragility, ItemSpec
from sim.world import GRAVITY

DEGREE = float(np.rad2deg(1))


@dataclass(frozen=True)
class Verdict:
    """A figure beyond a threshold: the strict rules', or that of a risk. How grave it is under both sets of rules."""

    figure: float
    threshold: float
    unit: str
    strict: Severity | None = None
    practical: Severity | None = None


def graded(figure: float, limit: Limit, unit: str, scale: float = 1.0) -> Verdict | None:
    """The verdict on a figure, None where it harms under neither set; figure and threshold are told times `scale`."""
    strict, practical = (_severity(figure, limit.under(rules)) for rules in (RuleSet.STRICT, RuleSet.PRACTICAL))
    if strict is None:
        return None
    threshold = limit.strict[gravity(strict) - 1]
    return Verdict(figure * scale, threshold * scale, unit, strict, practical)


def _severity(figure: float, thresholds: tuple[float, float]) -> Severity | None:
    minor, major = thresholds
    if figure > major:
        return Severity.MAJOR
    return Severity.MINOR if figure > minor else None


def impact_verdict(fragility: Fragility, dv: float, rebound: float = 0.0) -> Verdict | None:
    """A blow against the limits of velocity and of shock, G = pi / 2 dv (1 + e) / (tau g) of a half-sine pulse.

    Args:
        dv: change of velocity until the rebound, m/s: of a drop, the speed at which it lands.
        rebound: coefficient of restitution e.
    """
    shock = np.pi / 2 * dv * (1 + rebound) / (fragility.pulse * GRAVITY)
    return worst(graded(dv, fragility.dv, "m/s"), graded(float(shock), fragility.shock, "g"))


def corner_verdict(fragility: Fragility, dv: float) -> Verdict | None:
    """A blow on a corner or an edge, m/s as in `impact_verdict`."""
    return graded(dv, fragility.corner, "m/s")


def squeeze_verdict(spec: ItemSpec, patch: Patch, force: float, axis: int = 2) -> Verdict | None:
    """A sustained force, newtons, over a patch, along one of the item's axes: sheets lie along the first two."""
    fragility, pressure = spec.fragility, force / patch.area
    edgewise = axis < 2 and np.isfinite(fragility.edgewise.strict[0])
    over = graded(pressure, fragility.edgewise if edgewise else fragility.pressure, "Pa")
    on_edge = graded(pressure, fragility.edge_pressure, "Pa") if patch.on_edge else None
    return worst(over, on_edge)


def bow_verdict(spec: ItemSpec, force: float, axis: int) -> Verdict | None:
    """A sustained force, newtons, on leaves along their own plane, one of the item's first two axes."""
    bows_at = spec.bows_at[axis] if axis < 2 else np.inf
    return graded(force / bows_at, spec.fragility.bow, "N", bows_at)


def film_verdict(fragility: Fragility, vacuum: float, radius: float) -> Verdict | None:
    """Membrane stress of film under a cup, dP r / (2 t) of a spherical cap as wide as the cup."""
    if fragility.film_thickness <= 0:
        return None
    return graded(vacuum * radius / (2 * fragility.film_thickness), fragility.film_stress, "Pa")


def bend_verdict(spec: ItemSpec, moment: float, modulus: float) -> Verdict | None:
    """How far a moment, N m, at its middle bends a plate's half: M l / (E I), radians."""
    if not np.isfinite(spec.fragility.bend.strict[0]):
        return None
    thickness, width, length = np.sort(spec.size)
    angle = moment * length / 2 / (modulus * width * thickness**3 / 12)
    return graded(float(angle), spec.fragility.bend, "deg", DEGREE)


def crease_verdict(fragility: Fragility, bent: float, yields_at: float) -> Verdict | None:
    """A cover's card bent by an angle, where it yields at another, both radians."""
    return graded(bent / yields_at, fragility.crease, "deg", yields_at * DEGREE)


def landing_verdict(fragility: Fragility, opening: float, share: float) -> Verdict | None:
    """A book that lands open by an angle, radians, with a `share` of its weight on what it lands on."""
    loaded = graded(opening, fragility.fold, "deg", DEGREE) if share >= 0.5 else None
    return worst(loaded, graded(opening, fragility.touch, "deg", DEGREE))


def hanging_verdict(fragility: Fragility, opening: float) -> Verdict | None:
    """A book that hangs open by an angle, radians."""
    return graded(opening, fragility.hang, "deg", DEGREE)


def opening_risk(fragility: Fragility, opening: float) -> Verdict | None:
    """A book that is open by an angle, radians: no harm by itself."""
    if opening <= fragility.risk:
        return None
    return Verdict(opening * DEGREE, fragility.risk * DEGREE, "deg")


def worst(*verdicts: Verdict | None) -> Verdict | None:
    """The gravest verdict, the furthest beyond its threshold among equals."""
    found = [verdict for verdict in verdicts if verdict is not None]
    rank = lambda v: (gravity(v.practical), gravity(v.strict), v.figure / v.threshold)
    return max(found, key=rank, default=None)
