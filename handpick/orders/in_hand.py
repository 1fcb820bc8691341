"""The looks at an item in hand: whether it is the one that is ordered, told before it is put down."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor, Future
from typing import TypeAlias

import numpy as np

from grasping.contact.wrench_limits import GRAVITY
from grasping.grasp import Grasp
from handpick.cell import Cell, CellState
from handpick.orders.naming import Named, Naming, called
from handpick.outcome import Aim, Cause
from handpick.picking.contact_sensing import Touch
from handpick.picking.follow import Underway
from handpick.picking.guards import FORCE_ERROR
from handpick.picking.inspection import Inspection
from motion.planning.step import Step
from motion.robot.arm import Arm
from perception.camera import CameraFrame
from perception.capsules import Capsules
from perception.identity.answer import Answer
from perception.identity.belief import Weight
from perception.identity.encoder import WIDTH, Vectors
from perception.identity.segments import seen_in_hand
from perception.identity.text import Words
from perception.pose import Pose
from perception.watch.intent import Phase

WRONG_COSTS = 4.0  # what a wrong delivery costs, in right ones: what is less sure than that is worth is put back
WEIGHED = 0.1  # seconds before the look in which the item is weighed
MASS_ERROR = FORCE_ERROR / GRAVITY  # kilograms
LATENCY = 0.40  # seconds from the images to the answer, charged in any case
LOOKS = 3  # at what seems to be the one, and is not sure to be: the arm turns it as it goes
Looked: TypeAlias = tuple[Vectors, tuple[Words, ...] | None, Answer]


class InHand(Inspection):
    """Looks once the item is clear of its neighbours, goes on with the motion, and has it stopped if that is not right.

    Where the answer is the item that is wanted, but not sure enough, it looks again from where the arm is by then. What
    cannot be seen in hand is judged by what was seen of it in the tote. Sure is what all items of the tote are
    together.

    Args:
        thinker: finds the answer, while the arm is watched.
    """

    def __init__(
        self, cell: Cell, arm: Arm, thinker: Executor, naming: Naming, named: Named, aim: Aim, grasp: Grasp
    ) -> None:
        self._cell, self._arm, self._thinker = cell, arm, thinker
        self._naming, self._named, self._aim, self._grasp = naming, named, aim, grasp
        self._touch = Touch(arm)
        self._item = named.scene.item(grasp.item)
        self._views: Vectors = np.empty((0, WIDTH), np.float32)
        self._read: tuple[Words, ...] | None = None
        self._due = np.inf  # when to look
        self._looks = 0
        self._known = np.inf  # when the answer is known
        self._masses: list[float] = []  # felt before that, kilograms
        self._answer: Future[Looked] | None = None

    def begin(self, step: Step) -> None:
        if step.phase is Phase.CARRY and self._looks == 0:
            self._due = self._cell.clock() + step.clear

    def fine(self, state: CellState, way: Underway) -> bool:
        now = self._cell.clock()
        if self._looks == 0 and now >= self._due - WEIGHED:
            self._masses.append(self._touch.mass(state, way.acceleration, self._grasp.tool))
        if now >= self._due:
            self._look(state, now)
        if self._answer is not None and now >= self._known - 1e-9 and self._answer.done():
            self._judge(self._answer, now)
        return self.refused is None

    def end(self) -> None:
        while self._answer is not None or self._due <= self._cell.clock():
            if self._answer is None:
                self._look(self._cell.state(), self._cell.clock())
            self._cell.wait(max(0.0, self._known - self._cell.clock()))
            assert self._answer is not None
            self._judge(self._answer, self._cell.clock())

    def put_back(self, here: bool) -> None:
        if here and len(self._views):
            centre = self._moved(self._cell.state()).apply(self._item.T_base_box.position[None])[0]
            self._naming.remember(self._views, self._read, centre, self._aim.order if self.refused else None)

    def _look(self, state: CellState, now: float) -> None:
        robot = self._arm.capsules(state.positions, state.finger_gap, state.cup_travel)
        look = self._cell.capture(), self._moved(state), robot
        self._answer, self._known = self._thinker.submit(self._looked, *look), now + LATENCY
        self._due, self._looks = np.inf, self._looks + 1

    def _looked(self, frames: Sequence[CameraFrame], moved: Pose, robot: Capsules) -> Looked:
        """Vectors (V, WIDTH) of views of the item in hand, the words on them, and what it is with them."""
        scene, views, read = self._named.scene, self._views, self._read
        cameras = dict(zip(scene.cameras, scene.T_base_cameras))
        if cutouts := seen_in_hand(frames, self._item, moved, robot, cameras):
            views = np.concatenate([views, self._naming.encoder.encode(cutouts)])
            words = self._naming.read(cutouts)
            read = words if read is None or words is None else (*read, *words)
        mass = float(np.median(self._masses)) if self._masses else 0.0
        weight = Weight(mass, MASS_ERROR) if mass > MASS_ERROR else None
        return views, read, self._naming.once_more(self._named, self._grasp.item, views, weight, read)

    def _judge(self, found: Future[Looked], now: float) -> None:
        self._answer = None
        self._views, self._read, answer = found.result()
        best, sure = answer.likely[0]
        self.told = f"{called(answer) or 'unknown'} ({sure:.0%}, {len(self._views)} views in hand)"
        right = best == self._aim.wanted and sure >= WRONG_COSTS / (1 + WRONG_COSTS)
        if right or not self._grasp.skill.leaves_tote:
            return
        if best == self._aim.wanted and self._looks < LOOKS:
            self._due = now
        else:
            self.refused = Cause.WRONG_ITEM

    def _moved(self, state: CellState) -> Pose:
        """From where the item lay to where it is, as the tool holds it."""
        return self._arm.T_base_tool(state.positions, self._grasp.tool) @ self._grasp.T_base_tool.inverse()
