"""What happens with the item in hand and after: where it is put down, how it gets there, how the tool gets away."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import chain, islice, tee

import numpy as np

from grasping.grasp import Grasp
from grasping.skills.hinge import Hinge
from grasping.tools import Tool
from motion.collision.distance_field import Field
from motion.errors import InCollision, NoPlace, PlanError, Wedged
from motion.paths.arches import UP
from motion.paths.splines import finer
from motion.plan import Homeward
from motion.planning.constraints import Setting
from motion.planning.hidden_extent import hung_down
from motion.planning.lift_direction import lift_axis
from motion.planning.placing import Place, Placing, places
from motion.planning.planning_scene import Leg, Stage
from motion.planning.rest_pose import resting
from motion.planning.task import CLEAR, LOWERED, Staging, Task, Way, backing_off, closed, facing
from motion.robot.link_shapes import points_around
from motion.skills.swing import fore_edge, hanging, hanging_hold, hung, levelled, lying, swept, swing
from motion.timing.grasp_load import Hold
from motion.trajectory import Trajectory, joined
from perception.pose import Array, Pose
from perception.scene import Scene
from perception.tote import Tote

SWING_SPEED = 0.20  # m/s of the cup at most while it turns a book about its fore-edge
LIFTED = 0.05  # metres up, after which the item is clear and its hold can be verified
WEDGED = 2  # places of which the ways catch where the item comes from that are tried: it will from there to any other
MOST_STANDING = 3  # places to stand a book at that are tried before it is laid down
LAID = 0.0  # metres over the ground at which a book is laid down
EVEN, UNEVEN = 0.015, 0.040  # metres of mean gap under its fore-edge, at most, and where there is no other place
FLAT = 4.0  # metres of height that a metre of this gap is worth: over a hole the fore-edge lags, and the book opens


@dataclass(frozen=True, eq=False)
class Lifting:
    """The robot with the item in hand, height in the base frame at which both pass over things, ways up, best first.

    coming: the robot as it came to the item, and as it turns a hinged one.
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
        if grasp.hinge is not None:
            leaning = np.vstack([tool, task.T_last_grasp.inverse().apply(points_around(self.arm.wrist))])
            found = self._book_places(grasp, grasp.hinge, task.scene, leaning)
            return chain([next(found)], found)  # none at all is told at once
        item, near = task.scene.item(grasp.item), self.source.T_base_tote.position
        return places(task.scene.destination, item, grasp.T_base_tool, tool, near, self.placing)

    def check_room(self, grasp: Grasp, scene: Scene) -> None:
        """Check that a hinged item could be put down if the tool were no wider than a point: sooner told than tried.

        Raises:
            NoPlace: there is no room, whichever way the arm goes.
        """
        if grasp.hinge is not None:
            next(self._book_places(grasp, grasp.hinge, scene, np.zeros((1, 3))))

    def _book_places(self, grasp: Grasp, hinge: Hinge, scene: Scene, tool: Array) -> Iterator[Place]:
        """Where a book may be stood up against something, then where it may be laid down, on uneven ground where there
        is no other, with so much of the tool around: points (N, 3) in the grasp's frame.
        """
        item, T_base_grasp = levelled(scene.item(grasp.item), grasp.T_base_tool)
        book = T_base_grasp.inverse().apply(item.points[:: max(len(item.points) // 1000, 1)])
        foot, floor, near = fore_edge(book, hinge), scene.destination, self.source.T_base_tote.position
        full = True

        def stood() -> Sequence[Place]:
            standing, T_base_hung = hung(item, T_base_grasp, hinge)
            back = T_base_hung.rotation[:, 2] * (1, 1, 0)
            lean, edge = back / np.linalg.norm(back), hanging(foot, hinge)
            style = replace(self.placing, gap=EVEN)
            return places(floor, standing, T_base_hung, tool, near, style, MOST_STANDING, edge, lean)

        def laid() -> Sequence[Place]:
            style = replace(self.placing, gap=EVEN, gap_at_need=UNEVEN if full else EVEN, drop=LAID, unevenness=FLAT)
            passing = swept(tool, book, T_base_grasp, lying(hinge))
            return places(floor, item, T_base_grasp, passing, near, style, foot=foot)

        for search in stood, laid:
            with suppress(NoPlace):
                for place in search():
                    full = False
                    yield place
        if full:
            name = floor.tote.name
            raise NoPlace(f"tote {name} has no room for book {item.id}, upright or flat; replace it")

    def lifting(self, task: Task, coming: Stage, hold: Hold) -> Lifting:
        """The item in hand as it is lifted: what does not depend on where it is put down.

        Raises:
            InCollision: there is no room to hold it where it is.
        """
        grasp = task.grasp
        item = task.scene.item(grasp.item)
        held = grasp.T_base_tool.inverse().apply(item.points[:: max(len(item.points) // 4000, 1)])
        if grasp.hinge is not None:
            coming.check(task.lift, np.inf, np.inf)
            held, hold = hanging(held, grasp.hinge), hanging_hold(hold, grasp.hinge)
        contact, start = (task.contact, Field.empty()), task.lift[-1]
        down = hung_down(grasp, held)
        carried, loose = task.T_last_grasp.apply(held), None if down is None else task.T_last_grasp.apply(down)
        stage = self.staging.stage(task, closed(grasp), contact, carried, hold, loose)
        stage.check_at(start)
        T_base_grasp = Pose(self.arm.links(start)[-1]) @ task.T_last_grasp
        hang = -float(((held if down is None else down) @ T_base_grasp.rotation[2]).min())
        over = task.over + task.hidden + max(hang, 0.0 if grasp.tool is Tool.SUCTION else 0.02)
        rise, high = LIFTED + task.hidden, over - T_base_grasp.position[2]
        legs = (Leg(axis, rise, max(high / axis[2], rise)) for axis in self._lifts(task))
        return Lifting(coming, stage, over, tuple(legs))

    def ways(self, task: Task, lifting: Lifting, options: Iterable[Place]) -> tuple[tuple[Way, ...], Place]:
        """The ways with the item in hand, for the first of `options` that has them all and lets the tool go again.

        Raises:
            NoPath, InCollision, Unreachable, GraspTooWeak: why there are none.
        """
        lifting, leaving = lifting.cleared(task.lift[-1]), self._leaving(task)
        failures: list[PlanError] = []
        options, again = tee(options)
        most = 0 if task.grasp.hinge else 1  # a way around keeps no book closed
        first = ((place, True) for place in islice(again, most))
        for place, around in chain(((place, False) for place in options), first):
            try:
                carry = self._carry(task, lifting, place, around)
                self._let_go(task, leaving, carry[-1].path[-1])
                return carry, place
            except PlanError as error:
                failures.append(error)
                if sum(isinstance(failure, Wedged) for failure in failures) == WEDGED:
                    break
        raise failures[0]

    def carried(self, task: Task, ways: tuple[Way, ...], hold: Hold, low: float) -> Trajectory:
        """The motion with the item in hand; a hinged one is turned slowly first and last, and kept from swaying.

        low: metres before its end from which it goes gently.

        Raises:
            LimitsExceeded, InCollision: why there is none.
        """
        loaded, timed = self.arm.carrying(task.load, task.T_last_grasp), self.staging.timed
        if task.grasp.hinge is None:
            return timed(ways[0], (0.0, low), loaded, hold)[0]
        up, over, *down = ways
        parts = [
            timed(up, (np.inf, 0.0), loaded, hold, SWING_SPEED),
            timed(over, (0.0, 0.0 if down else low), loaded, over.stage.hold),
            *(timed(way, (np.inf, 0.0), loaded, hold, SWING_SPEED) for way in down),
        ]
        return joined([motion for motion, _ in parts])

    def retreat(self, task: Task, start: Array, rest: Array) -> Homeward:
        """From the release at joint positions (J,) to rest (J,).

        Raises:
            NoPath, InCollision, Unreachable, LimitsExceeded: there is no way.
        """
        stage, out = self._leaving(task), self._back(task, start)
        path, *contact = stage.way(start, resting(rest, start), self.rim + CLEAR, out, None)
        way = Way(stage, path, (contact[0], contact[1]))
        motion = self.staging.timed(way, (0.0, 0.0))[0]
        return Homeward(motion, Setting.of(motion, self.arm, stage, None, way.contact))

    def _carry(self, task: Task, lifting: Lifting, place: Place, around: bool) -> tuple[Way, ...]:
        """The ways with the item in hand to one place; around: whether to search where no arch is free."""
        hinge, T_last_grasp, start = task.grasp.hinge, task.T_last_grasp, task.lift[-1]
        laid = None if place.standing or hinge is None else lying(hinge)
        at = place.T_base_grasp
        lowering = at.matrix[None] if laid is None else swing(at, laid, gap=place.gap)[::-1]
        end, drop = Pose(lowering[0]), LOWERED + task.hidden
        q_place = facing(self.router, end @ T_last_grasp.inverse(), start)
        into = Leg(UP, drop, max(lifting.over - end.position[2], drop))
        failures: list[PlanError] = []
        for out in lifting.legs:
            try:
                path, *contact = lifting.stage.way(start, q_place, lifting.over, out, into, around)
                break
            except InCollision as error:
                failures.append(error)
        else:
            raise failures[-1]
        carry = Way(lifting.stage, path, (contact[0], contact[1]))
        if hinge is None:
            return (carry,)
        turning, anywhere = lifting.coming, (np.inf, np.inf)
        up = Way(turning, finer(task.lift, 2), anywhere)
        if laid is None:
            return up, carry
        lower = self.router.through(lowering, path[-1], T_last_grasp)
        turning.check(lower, *anywhere)
        return up, carry, Way(turning, finer(lower, 2), anywhere)

    def _lifts(self, task: Task) -> list[Array]:
        """Directions in which an item is lifted, best first: off a wall that it stands at, and straight up."""
        if task.grasp.hinge is not None:
            return [UP]
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
