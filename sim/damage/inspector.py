"""The damage inspector: watches impacts, pads, covers, films and places, and writes the ledger."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perception.pose import Array, Pose
from sim.bullet import pb
from sim.damage.books import Books
from sim.damage.corners import struck_on_rim
from sim.damage.impulse import OTHERS, ImpulseMeter, Parties, Pulse
from sim.damage.ledger import Cause, DamageEvent, Ledger, Severity
from sim.damage.past import Moment, Past, velocity_at
from sim.damage.pressing import Pressing
from sim.damage.verdicts import (
    Verdict,
    bend_verdict,
    bow_verdict,
    corner_verdict,
    crease_verdict,
    film_verdict,
    impact_verdict,
    squeeze_verdict,
)
from sim.items.body import poses
from sim.robot.tool_body import ToolBody
from sim.world import Contacts, World

REBOUNDING = ("source", "destination", "table")
TOOL = ("arm", "finger_left", "finger_right", "cup")
CLOSED = np.deg2rad(30)  # a book that is open further is no box


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
        sucked: the items on the cups; vacuum: the greatest, pascals; moment: greatest bending moment at a cup, N m.
        gripped: items between the fingers.
        speed: greatest speed of any part of the tool, m/s.
        bent: how far the cups bend the card of a cover; yields_at: beyond which angle it stays bent, radians.
        cups: how many hold something; 1 where none does.
    """

    sucked: tuple[int, ...]
    vacuum: float
    moment: float
    gripped: tuple[int, ...]
    speed: float
    bent: float = 0.0
    yields_at: float = np.inf
    cups: int = 1

    @property
    def held(self) -> tuple[int, ...]:
        return (*self.gripped, *(item for item in self.sucked if item not in self.gripped))


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
        arm: ToolBody,
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
        self._gone = np.full(len(items), np.inf)  # when it was taken away, or lost
        self._stood = np.zeros(len(items), bool)
        self._held: tuple[int, ...] = ()
        self._books = Books(items, parties)
        self._pressing = Pressing(world, arm, parties)
        self._rebounds = np.array([item.spec.restitution for item in items])
        self._step = 0
        self._every = {seconds: max(1, round(seconds / dt)) for seconds in (0.016, 0.1)}

    def observe(self, contacts: Contacts, forces: Array, hand: Hand) -> None:
        """Judge one step. `forces` are `Parties.forces` of its contacts."""
        time = self._world.time
        twists, turned = self._motions()
        self._past.push(Moment(contacts, twists, turned, hand.speed))
        self._fly(time, forces, hand)
        events = [e for pulse in self._impulses.push(time, forces) for e in self._impacts(pulse, hand)]
        events += self._film_and_bend(time, hand)
        if self._due(0.016):
            found = self._books.judge(forces, self._free(forces), hand.held)
            events += [self._event(time, *verdict) for verdict in found]
        if self._due(0.1):
            T_base_items = poses(self._items)
            events += self._squeezed(time, contacts, forces, hand.cups)
            events += [*self._toppled(time, T_base_items, hand), *self._lost(time, T_base_items, hand)]
        for event in events:
            if event is not None:
                self.ledger.record(event)
        self._step += 1

    def forget(self, items: Sequence[int]) -> None:
        """Nothing that befalls items counts any more, nor are they lost (again): they were taken away with their tote,
        or are lost already."""
        self._outside[list(items)] = -np.inf
        self._gone[list(items)] = self._world.time

    def _due(self, seconds: float) -> bool:
        return self._step % self._every[seconds] == 0

    def _motions(self) -> tuple[Array, Array]:
        """Twists and orientations of all items, as in `Moment`."""
        twists, turned = [], []
        for item in self._items:
            place, quaternion = pb.getBasePositionAndOrientation(item.bodies[0], physicsClientId=item.client)
            twists.append((place, *pb.getBaseVelocity(item.bodies[0], physicsClientId=item.client)))
            turned.append(quaternion)
        return np.array(twists), np.array(turned)

    def _free(self, forces: Array) -> Array:
        """Items that nothing but the tool touches, (N,)."""
        others = np.delete(forces, self._tool, axis=1)
        return np.asarray(~others.any(axis=1))

    def _fly(self, time: float, forces: Array, hand: Hand) -> None:
        touched = np.asarray(forces.any(axis=1))
        touched[list(hand.held)] = True
        self._landed[touched & (self._airborne >= self._rules.flight)] = time
        self._airborne = np.where(touched, 0.0, self._airborne + self._dt)
        self._books.fly(self._free(forces), [item for item in hand.held if item not in self._held])
        self._held = hand.held

    def _impacts(self, pulse: Pulse, hand: Hand) -> Iterator[DamageEvent | None]:
        """A blow. Its change of velocity until the rebound is J / (m (1 + e)), no more than the speed at which the two
        met: what is caught between two others passes on impulses that do not change its own velocity at all.
        """
        fragility = self._items[pulse.item].spec.fragility
        rebound = self._rebound(pulse)
        dv = pulse.impulse / self._masses[pulse.item] / (1 + rebound)
        if impact_verdict(fragility, dv, rebound) is None and corner_verdict(fragility, dv) is None:
            return
        speed = self._closing_speed(pulse)
        dv = min(dv, speed)
        cause = self._impact_cause(pulse, hand)
        yield self._event(pulse.time, pulse.item, cause, impact_verdict(fragility, dv, rebound))
        if self._on_rim(pulse, speed):
            yield self._event(pulse.time, pulse.item, Cause.CORNER, corner_verdict(fragility, dv))

    def _rebound(self, pulse: Pulse) -> float:
        """Coefficient of restitution of two bodies, as Bullet multiplies them; the tool has none."""
        own, other = float(self._rebounds[pulse.item]), pulse.other - self._parties.items
        if other < 0:
            return own * float(self._rebounds[pulse.other])
        return own if OTHERS[other] in REBOUNDING else 0.0

    def _on_rim(self, pulse: Pulse, speed: float) -> bool:
        """Whether a blow at `speed` m/s struck a corner or an edge; of an open book every blow does: nobody can say."""
        item = self._items[pulse.item]
        if item.opening() > CLOSED:
            return True
        moment, rows = self._struck(pulse)
        T_base_first = Pose.from_quaternion(moment.twists[pulse.item, 0], moment.turned[pulse.item])
        middle = -item.spec.bodies[0].origin
        points = T_base_first.inverse().apply(moment.contacts.positions[rows]) - middle
        return struck_on_rim(points, item.spec.size, speed * self._dt)

    def _struck(self, pulse: Pulse) -> tuple[Moment, NDArray[np.int64]]:
        """The moment of a blow's peak, and its contacts."""
        moment = self._past.at(round(self._impulses.delay / self._dt))
        pairs = np.sort(self._parties.of(moment.contacts), axis=1)
        return moment, np.flatnonzero((pairs == sorted((pulse.item, pulse.other))).all(axis=1))

    def _closing_speed(self, pulse: Pulse) -> float:
        """How fast the two bodies of an impact came together at their contact, along its normal, m/s."""
        moment, rows = self._struck(pulse)
        points, contacts = moment.contacts.positions[rows], moment.contacts
        first = self._parties.of(contacts)[rows, 0]
        toward = contacts.normals[rows] * np.where(first == pulse.item, -1.0, 1.0)[:, None]  # to the other
        fastest = 0.0
        for age in range(round(self._impulses.delay / self._dt) + 1, len(self._past)):
            before = self._past.at(age)
            relative = velocity_at(before.twists[pulse.item], points)
            if pulse.other < self._parties.items:
                relative = relative - velocity_at(before.twists[pulse.other], points)
            moving = before.tool if pulse.other in self._tool else 0.0
            fastest = max(fastest, float(np.einsum("nk,nk->n", relative, toward).max(initial=0.0)) + moving)
        return fastest

    def _impact_cause(self, pulse: Pulse, hand: Hand) -> Cause:
        if abs(pulse.time - self._landed[pulse.item]) <= 0.2:
            return Cause.DROP
        struck = pulse.other < self._parties.items and pulse.item not in hand.held
        return Cause.NEIGHBOUR_HIT if struck else Cause.IMPACT

    def _film_and_bend(self, time: float, hand: Hand) -> Iterator[DamageEvent | None]:
        for item in hand.sucked:
            spec = self._items[item].spec
            for cause, verdict in (
                (Cause.FILM_STRESS, film_verdict(spec.fragility, hand.vacuum, self._arm.tool.cup.radius)),
                (Cause.CREASE, bend_verdict(spec, hand.moment, self._rules.modulus)),
                (Cause.CREASE, crease_verdict(spec.fragility, hand.bent, hand.yields_at)),
            ):
                yield self._event(time, item, cause, verdict)

    def _squeezed(self, time: float, contacts: Contacts, forces: Array, cups: int) -> Iterator[DamageEvent | None]:
        sustained = np.minimum(self._impulses.sustained(), forces)
        for name, tool in zip(TOOL, self._tool):
            for i in np.flatnonzero(sustained[:, tool] > self._rules.least_grip):
                force = float(sustained[i, tool])
                patch = self._pressing.patch(name, int(i), force, contacts, cups)
                if patch is not None:
                    axis = self._pressing.axis(name, int(i), contacts)
                    verdict = squeeze_verdict(self._items[i].spec, patch, force, axis)
                    yield self._event(time, int(i), Cause.SQUEEZE, verdict)
                    along = force * self._pressing.along(name, int(i), contacts)
                    yield self._event(time, int(i), Cause.BOW, bow_verdict(self._items[i].spec, along, axis))

    def _toppled(self, time: float, T_base_items: Array, hand: Hand) -> Iterator[DamageEvent | None]:
        """Whatever must stand (along its own z), stood, and lies now, unless the tool laid it down."""
        for i, item in enumerate(self._items):
            if not item.spec.fragility.topples:
                continue
            tilt = float(np.arccos(min(max(T_base_items[i, 2, 2], -1.0), 1.0)))
            if self._stood[i] and tilt > self._rules.topple and i not in hand.held:
                figures = (np.rad2deg(tilt), np.rad2deg(self._rules.topple))
                yield self._event(time, i, Cause.TOPPLED, Verdict(*figures, "deg", Severity.MINOR, Severity.MINOR))
            self._stood[i] = tilt < self._rules.standing or (self._stood[i] and tilt < self._rules.topple)

    def _lost(self, time: float, T_base_items: Array, hand: Hand) -> Iterator[DamageEvent | None]:
        """What lies, or falls on, outside both totes."""
        totes = (self._world.layout.source, self._world.layout.destination)
        places = T_base_items[:, :3, 3]
        outside = ~np.any([tote.contains(places) for tote in totes], axis=0)
        for i in np.flatnonzero(outside):
            self._outside[i] = 0.0 if int(i) in hand.held else self._outside[i] + 0.1
            if self._outside[i] > self._rules.lost:
                gap = min(float(np.linalg.norm(places[i] - tote.T_base_tote.position)) for tote in totes)
                verdict = Verdict(gap, 0.0, "m", Severity.MAJOR, Severity.MAJOR)
                yield self._event(time, int(i), Cause.LOST_OUTSIDE, verdict)
                self.forget([int(i)])
        self._outside[~outside & np.isfinite(self._outside)] = 0.0

    def _event(self, time: float, item: int, cause: Cause, verdict: Verdict | None) -> DamageEvent | None:
        if verdict is None or time >= self._gone[item]:
            return None
        family, v = self._items[item].spec.family, verdict
        return DamageEvent(time, item, family, cause, v.figure, v.threshold, v.unit, v.strict, v.practical)
