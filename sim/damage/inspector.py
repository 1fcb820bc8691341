"""The damage inspector: watches impacts, pads, covers, films and places, and writes the ledger."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perception.pose import Array
from sim.bullet import pb
from sim.damage.impulse import ImpulseMeter, Parties, Pulse
from sim.damage.ledger import Cause, DamageEvent, Ledger, Severity
from sim.damage.past import Past, velocity_at
from sim.damage.squeeze import Patch, pad_distance
from sim.damage.verdicts import (
    Verdict,
    bend_verdict,
    film_verdict,
    impact_verdict,
    opening_verdict,
    squeeze_verdict,
)
from sim.items.body import poses
from sim.robot.arm import ARM_GROUP, ArmBody
from sim.world import Contacts, World

TOOL = ("arm", "finger_left", "finger_right", "cup")
TOUCHING = 1e-3  # m from a pad's face within which an item that a finger presses on touches it
PADS = {"finger_left": 1.0, "finger_right": -1.0}  # fingers, and the side of y on which their metal is


@dataclass(frozen=True)
class Rules:
    """Thresholds that are not an item's own (those are its `Fragility`).

    Attributes:
        blow: seconds before the peak of an impact in which its bodies close in on each other.
        flight: seconds without any contact after which an impact ends a drop.
        topple: angle from upright beyond which something that stood has toppled, radians.
        standing: angle from upright within which something stands, radians.
        lost: seconds outside both totes, out of the tool, after which an item is lost.
        least_grip: sustained force below which pads do nothing, newtons.
        modulus: of card in bending, pascals.
    """

    blow: float = 0.012
    flight: float = 0.03
    topple: float = float(np.deg2rad(60))
    standing: float = float(np.deg2rad(15))
    lost: float = 1.0
    least_grip: float = 1.0
    modulus: float = 3e9


@dataclass(frozen=True)
class Hand:
    """The tool's hold and its effect on items, at one step.

    Attributes:
        sucked: the item on the cup, None if there is none; vacuum: pascals; moment: bending moment at the cup, N m.
        gripped: items between the fingers.
        speed: greatest speed of any part of the tool, m/s.
    """

    sucked: int | None
    vacuum: float
    moment: float
    gripped: tuple[int, ...]
    speed: float

    @property
    def held(self) -> tuple[int, ...]:
        return self.gripped if self.sucked is None or self.sucked in self.gripped else (*self.gripped, self.sucked)


class Inspector:
    """Looks at every step from its making on and records what gets damaged.

    Args:
        world: with all items of the bin.
        arm: with the tool that works on them.
        parties: numbers whatever can touch.
    """

    def __init__(
        self,
        world: World,
        arm: ArmBody,
        parties: Parties,
        rules: Rules | None = None,
    ) -> None:
        self.ledger = Ledger()
        self._world, self._arm, self._parties = world, arm, parties
        items, dt = world.items, world.dt
        self._items = items
        self._dt, self._rules = dt, rules or Rules()
        self._masses = np.array([item.spec.mass for item in items])
        self._tool = tuple(parties.number(name) for name in TOOL)
        self._impulses = ImpulseMeter(self._masses, parties.count, dt)
        self._past = Past(round(self._impulses.delay / dt) + max(1, round(self._rules.blow / dt)) + 1)
        self._airborne: Array = np.zeros(len(items))  # seconds without contact
        self._landed = np.full(len(items), -np.inf)  # when the last flight ended
        self._outside = np.zeros(len(items))  # seconds outside both totes
        self._stood = np.zeros(len(items), bool)
        self._opened = np.array([item.opening() for item in items])  # widest opening yet, radians
        self._step = 0
        self._every = {seconds: max(1, round(seconds / dt)) for seconds in (0.016, 0.1)}

    def observe(self, contacts: Contacts, forces: Array, points: NDArray[np.int64], hand: Hand) -> None:
        """Judge one step. `forces` and `points` are `Parties.forces` of its contacts."""
        time = self._world.time
        self._past.push(contacts, self._twists(), hand.speed)
        self._fly(time, forces, hand)
        events = [self._impact(pulse, hand) for pulse in self._impulses.push(time, forces, points)]
        events += self._film_and_bend(time, hand)
        if self._due(0.016):
            events += self._covers(time, forces)
        if self._due(0.1):
            T_base_items = poses(self._items)
            events += self._squeezed(time, contacts, forces)
            events += [*self._toppled(time, T_base_items, hand), *self._lost(time, T_base_items, hand)]
        for event in events:
            if event is not None:
                self.ledger.record(event)
        self._step += 1

    def forget(self, items: Sequence[int]) -> None:
        """Items that were taken away with their tote are not lost."""
        self._outside[list(items)] = -np.inf

    def _due(self, seconds: float) -> bool:
        return self._step % self._every[seconds] == 0

    def _twists(self) -> Array:
        """Centre, velocity and angular velocity of each item's first link, shape (items, 3, 3)."""
        found = []
        for item in self._items:
            place = pb.getBasePositionAndOrientation(item.bodies[0], physicsClientId=item.client)[0]
            found.append((place, *pb.getBaseVelocity(item.bodies[0], physicsClientId=item.client)))
        return np.array(found)

    def _fly(self, time: float, forces: Array, hand: Hand) -> None:
        touched = np.asarray(forces.any(axis=1))
        touched[list(hand.held)] = True
        self._landed[touched & (self._airborne >= self._rules.flight)] = time
        self._airborne = np.where(touched, 0.0, self._airborne + self._dt)

    def _impact(self, pulse: Pulse, hand: Hand) -> DamageEvent | None:
        """An impact. Its change of velocity is J / m, and no more than the speed at which the two met.

        Nothing here rebounds (restitution 0), so a free body changes its velocity by less than that; what is caught
        between two others passes on impulses that do not change its own velocity at all.
        """
        fragility = self._items[pulse.item].spec.fragility
        dv = pulse.impulse / self._masses[pulse.item]
        if impact_verdict(fragility, dv, pulse.points) is None:
            return None
        verdict = impact_verdict(fragility, min(dv, self._closing_speed(pulse)), pulse.points)
        return self._event(pulse.time, pulse.item, self._impact_cause(pulse, hand), verdict)

    def _closing_speed(self, pulse: Pulse) -> float:
        """How fast the two bodies of an impact came together at their contact, along its normal, m/s."""
        back = round(self._impulses.delay / self._dt)
        contacts, _, _ = self._past.at(back)
        pairs = self._parties.of(contacts)
        rows = np.flatnonzero((np.sort(pairs, axis=1) == sorted((pulse.item, pulse.other))).all(axis=1))
        points = contacts.positions[rows]
        toward = contacts.normals[rows] * np.where(pairs[rows, 0] == pulse.item, -1.0, 1.0)[:, None]  # to the other
        fastest = 0.0
        for age in range(back + 1, len(self._past)):
            _, twists, tool = self._past.at(age)
            relative = velocity_at(twists[pulse.item], points)
            if pulse.other < self._parties.items:
                relative = relative - velocity_at(twists[pulse.other], points)
            moving = tool if pulse.other in self._tool else 0.0
            fastest = max(fastest, float(np.einsum("nk,nk->n", relative, toward).max(initial=0.0)) + moving)
        return fastest

    def _impact_cause(self, pulse: Pulse, hand: Hand) -> Cause:
        if abs(pulse.time - self._landed[pulse.item]) <= 0.2:
            return Cause.DROP
        struck = pulse.other < self._parties.items and pulse.item not in hand.held
        return Cause.NEIGHBOUR_HIT if struck else Cause.IMPACT

    def _film_and_bend(self, time: float, hand: Hand) -> Iterator[DamageEvent | None]:
        if hand.sucked is None:
            return
        spec = self._items[hand.sucked].spec
        for cause, verdict in (
            (Cause.FILM_STRESS, film_verdict(spec.fragility, hand.vacuum, self._arm.tool.cup.radius)),
            (Cause.CREASE, bend_verdict(spec, hand.moment, self._rules.modulus)),
        ):
            yield self._event(time, hand.sucked, cause, verdict)

    def _covers(self, time: float, forces: Array) -> Iterator[DamageEvent | None]:
        """Books that open further than they ever were, and books that reach the tote open."""
        destination = self._parties.number("destination")
        for i, item in enumerate(self._items):
            if not item.spec.spread:
                continue
            opening = item.opening()
            landed_open = forces[i, destination] > 0 and self._opened[i] > item.spec.fragility.opening[0]
            if opening > self._opened[i]:
                self._opened[i] = opening
                verdict = opening_verdict(item.spec.fragility, opening, landed_open)
                yield self._event(time, i, Cause.CREASE, verdict)

    def _squeezed(self, time: float, contacts: Contacts, forces: Array) -> Iterator[DamageEvent | None]:
        sustained = np.minimum(self._impulses.sustained(), forces)
        for name, tool in zip(TOOL, self._tool):
            for i in np.flatnonzero(sustained[:, tool] > self._rules.least_grip):
                force = float(sustained[i, tool])
                patch = self._patch(name, int(i), force, contacts)
                if patch is not None:
                    verdict = squeeze_verdict(self._items[i].spec.fragility, patch, force)
                    yield self._event(time, int(i), Cause.SQUEEZE, verdict)

    def _patch(self, name: str, i: int, force: float, contacts: Contacts) -> Patch | None:
        """Where a part of the tool presses on an item: under the soft lip, under a pad's face, or under bare metal."""
        if name == "cup":
            return Patch.of_lip(self._arm.tool.cup.radius)
        pairs = np.sort(self._parties.of(contacts), axis=1)
        rows = np.flatnonzero((pairs == (i, self._parties.number(name))).all(axis=1) & (contacts.force > 0))
        if len(rows) == 0:
            return None
        faces = name in PADS and self._faces(name, contacts.normals[rows], contacts.force[rows])
        on_pad = self._pad_patch(name, i, force, faces) if name in PADS else None
        return on_pad or Patch.of_points(contacts.positions[rows], contacts.normals[rows])

    def _faces(self, name: str, normals: Array, force: Array) -> bool:
        """Whether a finger presses with its pad rather than with its tip or its sides."""
        across = self._arm.T_base_link(name).rotation[:, 1]
        return bool(force @ np.abs(normals @ across) > 0.7 * force.sum())

    def _pad_patch(self, name: str, i: int, force: float, faces: bool) -> Patch | None:
        """Under a pad's face; None where the item does not touch it.

        Normals that do not face the pad prove nothing: PyBullet keeps a contact's normal in the world's frame as long
        as the contact lasts (bullet3 #2646), while arm and item turn together.
        """
        T_base_finger = self._arm.T_base_link(name)
        gripper = self._arm.tool.gripper
        bodies = self._items[i].bodies
        distance = pad_distance(self._world.client, T_base_finger, PADS[name], gripper, bodies, ~ARM_GROUP)
        if not faces and distance.min() > TOUCHING:
            return None
        return Patch.of_pad(distance, (gripper.pad_width, gripper.pad_length), force)

    def _toppled(self, time: float, T_base_items: Array, hand: Hand) -> Iterator[DamageEvent | None]:
        """Whatever must stand (along its own z), stood, and lies now, unless the tool laid it down."""
        for i, item in enumerate(self._items):
            if not item.spec.fragility.topples:
                continue
            tilt = float(np.arccos(min(max(T_base_items[i, 2, 2], -1.0), 1.0)))
            if self._stood[i] and tilt > self._rules.topple and i not in hand.held:
                figures = (np.rad2deg(tilt), np.rad2deg(self._rules.topple))
                yield self._event(time, i, Cause.TOPPLED, Verdict(*figures, Severity.MINOR, "deg"))
            self._stood[i] = tilt < self._rules.standing or (self._stood[i] and tilt < self._rules.topple)

    def _lost(self, time: float, T_base_items: Array, hand: Hand) -> Iterator[DamageEvent | None]:
        totes = (self._world.layout.source, self._world.layout.destination)
        places = T_base_items[:, :3, 3]
        outside = ~np.any([tote.contains(places) for tote in totes], axis=0)
        for i in np.flatnonzero(outside):
            self._outside[i] = 0.0 if int(i) in hand.held else self._outside[i] + 0.1
            if self._outside[i] > self._rules.lost:
                self._outside[i] = -np.inf  # once
                gap = min(float(np.linalg.norm(places[i] - tote.T_base_tote.position)) for tote in totes)
                yield self._event(time, int(i), Cause.LOST_OUTSIDE, Verdict(gap, 0.0, Severity.MAJOR, "m"))
        self._outside[~outside & np.isfinite(self._outside)] = 0.0

    def _event(self, time: float, item: int, cause: Cause, verdict: Verdict | None) -> DamageEvent | None:
        if verdict is None:
            return None
        family, v = self._items[item].spec.family, verdict
        return DamageEvent(time, item, family, cause, v.figure, v.threshold, v.severity, v.unit)
