"""Delivery: lifting the item, places for it, the way there, and the tool's way out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import chain, islice, tee

import numpy as np

from grasping.grasp import Grasp
from grasping.tools import Tool
from motion.collision.distance_field import Field
from motion.errors import InCollision, NoPlace, PlanError, Wedged
from motion.paths.arches import UP
from motion.plan import Plan
from motion.planning.constraints import Setting
from motion.planning.hidden_extent import hung_depth, hung_down
from motion.planning.lift_direction import lift_axis
from motion.planning.placing import Place, Placing, places
from motion.planning.planning_scene import Leg, Stage
from motion.planning.rest_pose import resting
from motion.planning.step import Step
from motion.planning.task import CLEAR, CONTACT_WAY, LOWERED, Staging, Task, Way, backing_off, closed, facing
from motion.timing.grasp_load import Hold
from motion.trajectory import Trajectory
from perception.pose import Array, Pose
from perception.scene import Scene
from perception.tote import Tote
from perception.watch.intent import Phase

LIFTED = 0.05  # metres up, after which the item is clear and its hold can be verified
WEDGED = 2  # places of which the ways catch where the item comes from that are tried: it will from there to any other


@dataclass(frozen=True, eq=False)
class Lifting:
    """The robot with the item in hand, height in the base frame at which both pass over things, ways up, best first.

    coming: the robot as it came to the item, and as it turns it.
    """

    coming: Stage
    stage: Stage
    over: float
    legs: tuple[Leg, ...]

    def cleared(self, start: Array) -> Lifting:
        """With those legs alone on which it comes clear of things from joint positions (J,).

        Raises:
            InCollision: there are none, wherever the item is to go.
        """
        found: list[Leg] = []
        failures: list[PlanError] = []
        for leg in self.legs:
            try:
                found.append(self.stage.cleared(start, leg))
            except InCollision as error:
                failures.append(error)
        if not found:
            raise failures[-1]
        return replace(self, legs=tuple(found))


@dataclass
class Spots:
    """Where an item may be put down, sought once for each way in which the wrist holds it.

    search: `Delivery.places`.
    """

    search: Callable[[Task], Iterable[Place]]
    found: dict[bytes, Iterable[Place]] = field(default_factory=dict)
    full: dict[bytes, NoPlace] = field(default_factory=dict)

    def check(self, task: Task) -> None:
        """Raise NoPlace if it is known that there is none for a task."""
        if (held := _held(task)) in self.full:
            raise self.full[held]

    def of(self, task: Task) -> Iterator[Place]:
        """The places for a task, the best first. Raises NoPlace."""
        held = _held(task)
        try:
            self.found[held], places = tee(self.found.get(held) or self.search(task))
        except NoPlace as error:
            self.full[held] = error
            raise
        return places


def _held(task: Task) -> bytes:
    return task.T_last_grasp.matrix.tobytes()


class Delivery:
    """Carries items from the source to a place in the destination.

    Args:
        rim: height of the higher tote's rim in the base frame, metres.
    """

    around = 1  # places to which a way around is sought, where no arch leads to any

    def __init__(self, staging: Staging, source: Tote, placing: Placing, rim: float) -> None:
        self.staging, self.source, self.placing, self.rim = staging, source, placing, rim
        self.arm, self.router = staging.arm, staging.router

    def places(self, task: Task) -> Iterable[Place]:
        """Where the item may be put down, the best first.

        Raises:
            NoPlace: there is no room.
        """
        grasp = task.grasp
        tool = self.staging.letting_go(grasp, task.T_last_grasp)
        item, near = task.scene.item(grasp.item), self.source.T_base_tote.position
        return places(task.scene.destination, item, grasp.T_base_tool, tool, near, self.placing)

    def check_room(self, grasp: Grasp, scene: Scene) -> None:
        """Check what tells soon that there is no room for an item, whichever way the arm goes. Raises NoPlace."""

    def in_hand(self, task: Task, coming: Stage, points: Array, hold: Hold) -> tuple[Array, Hold]:
        """The item in hand once it is lifted: points (N, 3) in the grasp's frame, and what its hold must carry."""
        return points, hold

    def lifting(self, task: Task, coming: Stage, hold: Hold) -> Lifting:
        """The item in hand as it is lifted: what does not depend on where it is put down.

        Raises:
            InCollision: there is no room to hold it where it is.
        """
        grasp = task.grasp
        item = task.scene.item(grasp.item)
        held = grasp.T_base_tool.inverse().apply(item.points[:: max(len(item.points) // 4000, 1)])
        held, hold = self.in_hand(task, coming, held, hold)
        contact, start = (task.contact, Field.empty()), task.lift[-1]
        down = hung_down(grasp, held)
        carried, loose = task.T_last_grasp.apply(held), None if down is None else task.T_last_grasp.apply(down)
        stage = self.staging.stage(task, closed(grasp), contact, carried, hold, loose)
        stage.check_at(start)
        T_base_grasp = Pose(self.arm.links(start)[-1]) @ task.T_last_grasp
        hang = -float(((held if down is None else down) @ T_base_grasp.rotation[2]).min())
        over = task.over + task.hidden + max(hang, 0.0 if grasp.tool is Tool.SUCTION else 0.02)
        rise, high = LIFTED + task.hidden, over - T_base_grasp.position[2]
        legs = (Leg(axis, rise, max(high / axis[2], rise)) for axis in self.lifts(task))
        return Lifting(coming, stage, over, tuple(legs))

    def ways(self, task: Task, lifting: Lifting, options: Iterable[Place]) -> tuple[tuple[Way, ...], Place]:
        """The ways with the item in hand, for the first of `options` that has them all and lets the tool go again.

        Raises:
            NoPath, InCollision, Unreachable, GraspTooWeak: why there are none.
        """
        lifting, leaving = lifting.cleared(task.lift[-1]), self._leaving(task)
        failures: list[PlanError] = []
        options, again = tee(options)
        first = ((place, True) for place in islice(again, self.around))
        for place, around in chain(((place, False) for place in options), first):
            try:
                carry = self.carry(task, lifting, place, around)
                self._let_go(task, leaving, carry[-1].path[-1])
                return carry, place
            except PlanError as error:
                failures.append(error)
                if sum(isinstance(failure, Wedged) for failure in failures) == WEDGED:
                    break
        raise failures[0]

    def carried(self, task: Task, ways: tuple[Way, ...], hold: Hold, place: Place) -> tuple[Trajectory, float]:
        """The motion with the item in hand, and metres before its end from which it goes gently.

        Raises:
            LimitsExceeded, InCollision: why there is none.
        """
        low = CONTACT_WAY + self._deeper(task)
        loaded = self.arm.carrying(task.load, task.T_last_grasp)
        return self.staging.timed(ways[0], (0.0, low), loaded, hold)[0], low

    def retreat(self, task: Task, start: Array, rest: Array) -> Plan:
        """From the release at joint positions (J,) to rest (J,).

        Raises:
            NoPath, InCollision, Unreachable, LimitsExceeded: there is no way.
        """
        stage, out = self._leaving(task), self._back(task, start)
        path, *contact = stage.way(start, resting(rest, start), self.rim + CLEAR, out, None)
        way = Way(stage, path, (contact[0], contact[1]))
        motion = self.staging.timed(way, (0.0, 0.0))[0]
        constraints = Setting.of(motion, self.arm, stage, None, way.contact)
        return Plan((Step(Phase.RETREAT, trajectory=motion, constraints=constraints),))

    def carry(self, task: Task, lifting: Lifting, place: Place, around: bool) -> tuple[Way, ...]:
        """The ways with the item in hand to one place; around: whether to search where no arch is free."""
        return (self.over(task, lifting, place.T_base_grasp, around),)

    def over(self, task: Task, lifting: Lifting, end: Pose, around: bool) -> Way:
        """The way from where the item is lifted to where its grasp's frame is at `end`."""
        start, drop = task.lift[-1], LOWERED + self._deeper(task)
        q_place = facing(self.router, end @ task.T_last_grasp.inverse(), start)
        into = Leg(UP, drop, max(lifting.over - end.position[2], drop))
        failures: list[PlanError] = []
        for out in lifting.legs:
            try:
                path, *contact = lifting.stage.way(start, q_place, lifting.over, out, into, around)
                return Way(lifting.stage, path, (contact[0], contact[1]))
            except InCollision as error:
                failures.append(error)
        raise failures[-1]

    def _deeper(self, task: Task) -> float:
        """Metres by which the item may land before it is where it was to be put."""
        return task.hidden + hung_depth(task.grasp, task.scene.item(task.grasp.item))

    def lifts(self, task: Task) -> list[Array]:
        """Directions in which an item is lifted, best first: off a wall that it stands at, and straight up."""
        axis = lift_axis(self.source, task.scene.item(task.grasp.item).points)
        return [UP] if axis[2] > 1 - 1e-9 else [axis, UP]

    def _let_go(self, task: Task, stage: Stage, start: Array) -> None:
        """Check that the empty tool can go straight back from a release. From over the totes there is a way home."""
        out = self._back(task, start)
        rise, _ = stage.clearing(start, out)
        stage.check(self.router.line(start, task.T_last_grasp, rise * out.axis), np.inf, np.inf)

    def _back(self, task: Task, start: Array) -> Leg:
        """Straight back off what the tool lets go of at joint positions (J,), until it is over the rim."""
        tool = Pose(self.arm.links(start)[-1]) @ task.T_last_grasp
        return backing_off(-tool.rotation[:, 2], self.rim + CLEAR - tool.position[2])

    def _leaving(self, task: Task) -> Stage:
        """The empty tool among what lies in the destination."""
        return self.staging.stage(task, self.staging.released(task.grasp), (Field.empty(), Field.empty()))
