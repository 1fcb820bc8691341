"""Drops from 8 to 60 cm, flat and on corners: the greatest change of velocity, and the verdict by both rule sets.

The figure is the impulse over m (1 + e), as contacts have it; for the verdict it counts no more than the speed at which
the two met, as in the cell's own inspector.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from benchmarks.support.bench import box_spec
from benchmarks.support.engine.rig import DT, ENGINES, Rig, Setting
from benchmarks.support.engine.rows import NO_LIMIT, SEAL, Found, Row
from handpick.layout import standard_layout
from perception.pose import Array, Pose
from sim.damage.corners import struck_on_rim
from sim.damage.impulse import ImpulseMeter
from sim.damage.inspector import CLOSED
from sim.damage.past import velocity_at
from sim.damage.verdicts import Verdict, corner_verdict, impact_verdict, worst
from sim.items.catalog import make_item
from sim.items.damage_classes import BOXED, REBOUND
from sim.items.spec import ItemSpec
from sim.world import GRAVITY, Contacts

HEIGHTS = (0.08, 0.15, 0.30, 0.46, 0.60)  # metres that the lowest point falls
TILTS = {"flat": (0.0, 0.0), "on a corner": (40.0, 30.0)}  # degrees about x and y
WATCHED = 0.5  # seconds after landing
BLOW = 0.012  # seconds before a blow in which the bodies close in, as `sim.damage.inspector.Rules`


@dataclass(frozen=True, eq=False)
class Step:
    """One step of a fall: contacts of the item, its first link's twist (3, 3), its T_base_item, its opening in rad."""

    touching: Contacts
    twist: Array
    T_base_item: Pose
    opening: float


def rows() -> Iterator[Row]:
    """Cartons and books, each height, each way."""
    carton = box_spec((0.16, 0.11, 0.06), 0.5, 0.5, BOXED, restitution=REBOUND)
    book = make_item("hardcover", np.random.default_rng(5))
    for name, spec in (("carton", carton), ("book", book)):
        for way, tilt in TILTS.items():
            for height in HEIGHTS:
                found = (drop(spec, tilt, height, engine) for engine in ENGINES)
                tolerance = SEAL if way == "flat" else NO_LIMIT
                yield Row(f"{name} {spec.mass:.2f} kg dropped {100 * height:.0f} cm {way}", "m/s", *found, tolerance)


def drop(spec: ItemSpec, tilt: tuple[float, float], height: float, engine: Callable[[Setting], Rig]) -> Found:
    """The greatest change of velocity until the rebound, m/s, and the verdicts of strict and practical rules."""
    rotation = Rotation.from_euler("xy", tilt, degrees=True).as_matrix()
    floor = standard_layout().destination.T_base_tote
    lowest = float(np.abs(rotation @ np.diag(spec.size) / 2)[2].sum())
    rig = engine(Setting([(spec, floor @ Pose.from_rotation((0, 0, height + lowest), rotation))]))
    past: list[Step] = []
    try:
        keep = lambda t: past.append(Step(rig.touching, rig.twist(), rig.item.pose(), rig.item.opening()))
        rig.step(float(np.sqrt(2 * height / GRAVITY)) + WATCHED, keep)
        return judged(spec, rig.item.bodies, past)
    finally:
        rig.close()


def judged(spec: ItemSpec, bodies: tuple[int, ...], past: list[Step]) -> Found:
    """The inspector's own measures and rules, on what happened to one item alone."""
    meter = ImpulseMeter(np.array([spec.mass]), 1, DT)
    greatest, verdict = 0.0, None
    for number, step in enumerate(past):
        force = step.touching.force[outward(step.touching, bodies)[0]].sum()
        for pulse in meter.push(number * DT, np.array([[force]])):
            at = number - round(meter.delay / DT)
            dv = pulse.impulse / spec.mass / (1 + spec.restitution)
            greatest, speed = max(greatest, dv), closing_speed(past, at, bodies)
            verdict = worst(verdict, blow(spec, min(dv, speed), past[at], bodies, speed * DT))
    grades = [g.value if g else "none" for g in ((verdict.strict, verdict.practical) if verdict else (None, None))]
    return Found(greatest, "/".join(grades))


def blow(spec: ItemSpec, dv: float, step: Step, bodies: tuple[int, ...], sunk: float) -> Verdict | None:
    """The verdict on one blow: as such, and on a corner or an edge if it struck there, `sunk` metres deep."""
    rows, _ = outward(step.touching, bodies)
    struck = step.T_base_item.inverse().apply(step.touching.positions[rows])
    on_rim = step.opening > CLOSED or struck_on_rim(struck, spec.size, sunk)  # of an open book nobody can say
    corner = corner_verdict(spec.fragility, dv) if on_rim else None
    return worst(impact_verdict(spec.fragility, dv, spec.restitution), corner)


def closing_speed(past: list[Step], at: int, bodies: tuple[int, ...]) -> float:
    """How fast the item came upon what it struck at step `at`, along the contact's normal, m/s."""
    rows, toward = outward(past[at].touching, bodies)
    points = past[at].touching.positions[rows]
    earlier = past[max(0, at - 1 - round(BLOW / DT)) : at]
    speeds = [np.einsum("nk,nk->n", velocity_at(step.twist, points), toward).max(initial=0.0) for step in earlier]
    return float(max(speeds, default=0.0))


def outward(touching: Contacts, bodies: tuple[int, ...]) -> tuple[Array, Array]:
    """The contacts of an item with anything else, (N,), and the normals from the item to that, (N, 3)."""
    own = np.isin(touching.bodies, bodies)
    rows = np.flatnonzero(own[:, 0] != own[:, 1])
    sign = np.where(own[rows, 0], -1.0, 1.0)
    return rows, touching.normals[rows] * sign[:, None]
