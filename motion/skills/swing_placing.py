"""Places for a hanging book: stood up against something, or laid down over its fore-edge."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import chain

import numpy as np

from grasping.grasp import Grasp
from motion.errors import NoPlace
from motion.paths.arches import UP
from motion.paths.splines import finer
from motion.planning.delivery import Delivery, Lifting
from motion.planning.placing import Place, places
from motion.planning.planning_scene import Stage
from motion.planning.task import CONTACT_WAY, Task, Way
from motion.robot.link_shapes import points_around
from motion.skills.swing_course import (
    fore_edge,
    hanging,
    hanging_hold,
    hung,
    levelled,
    lying,
    swept,
    swing,
    swing_of,
)
from motion.timing.grasp_load import Hold
from motion.trajectory import Trajectory, joined
from perception.pose import Array, Pose
from perception.scene import Scene

SWING_SPEED = 0.20  # m/s of the cup at most while it turns a book about its fore-edge
MOST_STANDING = 3  # places to stand a book at that are tried before it is laid down
LAID = 0.0  # metres over the ground at which a book is laid down
EVEN, UNEVEN = 0.015, 0.040  # metres of mean gap under its fore-edge, at most, and where there is no other place
FLAT = 4.0  # metres of height that a metre of this gap is worth: over a hole the fore-edge lags, and the book opens


class SwingDelivery(Delivery):
    """Carries hanging books."""

    around = 0  # a way around keeps no book closed

    def places(self, task: Task) -> Iterable[Place]:
        tool = self.staging.letting_go(task.grasp, task.T_last_grasp)
        leaning = np.vstack([tool, task.T_last_grasp.inverse().apply(points_around(self.arm.wrist))])
        found = self._places(task.grasp, task.scene, leaning)
        return chain([next(found)], found)  # none at all is told at once

    def check_room(self, grasp: Grasp, scene: Scene) -> None:
        """Check that the book could be put down if the tool were no wider than a point: sooner told than tried.

        Raises:
            NoPlace: there is no room, whichever way the arm goes.
        """
        next(self._places(grasp, scene, np.zeros((1, 3))))

    def _places(self, grasp: Grasp, scene: Scene, tool: Array) -> Iterator[Place]:
        """Where a book may be stood up against something, then where it may be laid down, on uneven ground where there
        is no other, with so much of the tool around: points (N, 3) in the grasp's frame.
        """
        hinge = swing_of(grasp)
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

    def in_hand(self, task: Task, coming: Stage, points: Array, hold: Hold) -> tuple[Array, Hold]:
        hinge = swing_of(task.grasp)
        coming.check(task.lift, np.inf, np.inf)
        return hanging(points, hinge), hanging_hold(hold, hinge)

    def lifts(self, task: Task) -> list[Array]:
        return [UP]

    def carry(self, task: Task, lifting: Lifting, place: Place, around: bool) -> tuple[Way, ...]:
        """Up over the fore-edge, over to the place, and down over the fore-edge, unless the book is stood up."""
        turning, anywhere = lifting.coming, (np.inf, np.inf)
        up = Way(turning, finer(task.lift, 2), anywhere)
        if place.standing:
            return up, self.over(task, lifting, place.T_base_grasp, around)
        lowering = swing(place.T_base_grasp, lying(swing_of(task.grasp)), gap=place.gap)[::-1]
        over = self.over(task, lifting, Pose(lowering[0]), around)
        lower = self.router.through(lowering, over.path[-1], task.T_last_grasp)
        turning.check(lower, *anywhere)
        return up, over, Way(turning, finer(lower, 2), anywhere)

    def carried(self, task: Task, ways: tuple[Way, ...], hold: Hold, place: Place) -> tuple[Trajectory, float]:
        """The book is turned slowly first and last, and kept from swaying."""
        loaded, timed = self.arm.carrying(task.load, task.T_last_grasp), self.staging.timed
        low = CONTACT_WAY + task.hidden if place.standing else 0.0
        up, over, *down = ways
        parts = [
            timed(up, (np.inf, 0.0), loaded, hold, SWING_SPEED),
            timed(over, (0.0, 0.0 if down else low), loaded, over.stage.hold),
            *(timed(way, (np.inf, 0.0), loaded, hold, SWING_SPEED) for way in down),
        ]
        return joined([motion for motion, _ in parts]), low
