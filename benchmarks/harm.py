"""The table of harm as docs/harm.md shows it: every limit of the simulation's goods, and where it comes from."""

from __future__ import annotations

from dataclasses import fields

import numpy as np

from handpick.harm import RuleSet
from sim.items.damage_classes import CLASSES
from sim.items.limits import Limit
from sim.items.spec import Fragility

HEADER = ("| goods | figure | strict | practical | source |", "| --- | --- | --- | --- | --- |")
FIGURES = {  # what a limit is of, its unit, and what it is multiplied with to be told in that unit
    "dv": ("change of velocity in a blow, until the rebound", "m/s", 1.0),
    "corner": ("the same, on a corner or an edge", "m/s", 1.0),
    "shock": ("shock of a half-sine pulse", "g", 1.0),
    "pressure": ("sustained pressure under pad, finger or lip", "kPa", 1e-3),
    "edge_pressure": ("the same, on an edge", "kPa", 1e-3),
    "edgewise": ("the same, along the plane of its boards", "kPa", 1e-3),
    "bow": ("force along its leaves, over that at which they bow", "x", 1.0),
    "touch": ("covers open at a touch, after a flight", "deg", float(np.rad2deg(1))),
    "fold": ("covers open while half of the weight bears on what it lands on", "deg", float(np.rad2deg(1))),
    "hang": ("hangs open", "deg", float(np.rad2deg(1))),
    "crease": ("bending of a cover's card, over that at which it yields", "x", 1.0),
    "bend": ("bending by a cup", "deg", float(np.rad2deg(1))),
    "film_stress": ("membrane stress of the film under a cup", "MPa", 1e-6),
}


def rows() -> list[str]:
    """The table's lines, one a limit."""
    found = list(HEADER)
    for goods, fragility in CLASSES.items():
        for name, (figure, unit, scale) in FIGURES.items():
            limit: Limit = getattr(fragility, name)
            if np.isfinite(limit.strict[0]):
                told = " | ".join(thresholds(limit.under(rules), unit, scale) for rules in RuleSet)
                found.append(f"| {goods} | {figure} | {told} | {limit.source} |")
    return found


def thresholds(pair: tuple[float, float], unit: str, scale: float) -> str:
    """Minor and major threshold in words."""
    shown = [f"{round(value * scale, 6):g}" for value in pair if np.isfinite(value)]
    return f"{' / '.join(shown)} {unit}" if shown else "no harm"


def limits() -> set[str]:
    """The names of all limits that goods can have."""
    return {field.name for field in fields(Fragility) if field.type == "Limit"}


if __name__ == "__main__":
    print("\n".join(rows()))
