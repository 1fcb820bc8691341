"""One look's decision: perceive, propose, choose and plan; a plan, or the cause why there is none."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from types import MappingProxyType

from grasping.attempts import Attempts, Failure
from grasping.choose import LEAST, choose
from grasping.grasp import Grasp
from grasping.propose import propose
from grasping.quality.worth import Stakes, blocked
from grasping.skills.table import ASIDE
from handpick.outcome import Cause
from handpick.picking.outlook import View
from handpick.picking.stack import Stack
from motion.errors import GraspTooWeak, InCollision, LimitsExceeded, NoPath, NoPlace, PlanError, Unreachable
from motion.plan import Plan
from perception.camera import CameraFrame
from perception.scene import Scene

FIRST = 5  # plans of a look for what is worth lifting; the rest is left for what stands in the way
MOST_ASIDE, ASIDE_PLANS = 3, 2  # times that one item is moved aside, and plans of a look for that
MADE_ROOM = 1  # moves aside of which it is asked if they make the room that a grasp needs: that takes as long as a plan

CAUSES: Mapping[type[PlanError], Cause] = MappingProxyType(
    {
        Unreachable: Cause.UNREACHABLE,
        InCollision: Cause.IN_COLLISION,
        NoPath: Cause.NO_PATH,
        NoPlace: Cause.NO_PLACE,
        GraspTooWeak: Cause.TOO_WEAK,
        LimitsExceeded: Cause.LIMITS,
    }
)


@dataclass(frozen=True, eq=False)
class Refused:
    """A grasp that has no plan: the cause, and the planner's own words."""

    grasp: Grasp
    cause: Cause
    words: str


@dataclass(frozen=True, eq=False)
class Look:
    """One pass's view of the cell, handed to whoever draws or explains it.

    Attributes:
        grasp: what was chosen, None: nothing. options: all that the scene offers. aside: moves aside among them.
        refused: those that have no plan, in the order in which they were tried.
        past: what was remembered of failures before the look.
    """

    frames: tuple[CameraFrame, ...]
    scene: Scene
    grasp: Grasp | None
    options: tuple[Grasp, ...] = ()
    refused: tuple[Refused, ...] = ()
    past: Attempts | None = None


@dataclass(frozen=True, eq=False)
class Thought:
    """The next plan, or why there is none; and what the wall clock said."""

    look: Look
    plan: Plan | None
    cause: Cause | None
    perceive_ms: float
    plan_ms: float
    view: View | None = None


class Planning:
    """The plans of one look: no grasp is planned twice, and no more are than patience allows."""

    def __init__(self, stack: Stack, scene: Scene, view: View, past: Attempts) -> None:
        self.stack, self.scene, self.view, self.past = stack, scene, view, past
        self.left = stack.patience.plans
        self.tried: list[Grasp] = []
        self.refused: list[Refused] = []

    def first(self, options: Iterable[Grasp], most: int) -> tuple[Grasp, Plan] | None:
        """The first of the options that has a plan, of up to `most` that have not been tried yet."""
        for grasp in self._fresh(options, most):
            try:
                plan = self.stack.planner.plan(grasp, self.scene, self.view.positions, self.view.left)
                return grasp, plan
            except PlanError as error:
                cause = cause_of(error)
                self.refused.append(Refused(grasp, cause, str(error)))
                if grasp.skill.leaves_tote:
                    failure = Failure.NO_PLACE if cause is Cause.NO_PLACE else Failure.NO_PLAN
                    self.past.record_plan(grasp, failure, cause.value)
        return None

    def _fresh(self, options: Iterable[Grasp], most: int) -> Iterator[Grasp]:
        for grasp in options:
            if not min(most, self.left):
                return
            if not any(grasp is other for other in self.tried):
                most, self.left = most - 1, self.left - 1
                self.tried.append(grasp)
                yield grasp


def think(stack: Stack, view: View, past: Attempts) -> Thought:
    """Perceive, propose, choose, plan. Where nothing is worth lifting by itself, lift what stands in the others' way,
    else move aside what may cover others: the bin would be lost otherwise.
    """
    began, before = time.perf_counter(), past.copy()
    scene = view.completed(stack.perceiver.perceive(view.frames, view.robot))
    perceived = time.perf_counter()
    options = propose(scene, stack.tool, stack.tools, stack.quality, weighed=past.weighed)
    planning = Planning(stack, scene, view, past)
    found = planning.first(choose(options, stack.planner.time, past), FIRST)
    if found is None and view.left is None:
        bold = choose(options, stack.planner.time, past, blocked(len(scene.items)))
        found = planning.first(bold, planning.left - ASIDE_PLANS)
    cause = None if found else why_not(scene, options, planning.refused, past)
    if found is None and view.left is None and cause is not Cause.NO_PLACE:
        found = planning.first(aside(planning, options), ASIDE_PLANS)
    planned = time.perf_counter()
    grasp, plan = found or (None, None)
    cause = None if found else cause
    look = Look(view.frames, scene, grasp, options, tuple(planning.refused), before)
    thought = Thought(look, plan, cause, 1e3 * (perceived - began), 1e3 * (planned - perceived), view)
    stack.on_thought(thought)
    return thought


def aside(planning: Planning, options: Sequence[Grasp]) -> Iterator[Grasp]:
    """Moves aside worth a plan: to where an item has the room that its grasp needs, else what uncovers most.

    What was moved often enough is left.
    """
    past, planner = planning.past, planning.stack.planner
    held = [grasp for grasp in options if not past.unheld(grasp)]
    moves = [move for offer in ASIDE for move in offer(planning.scene, held) if past.drags(move) < MOST_ASIDE]
    cramped = {grasp.item: grasp for grasp in sorted(options, key=Stakes().gain) if grasp.skill.needs_room}
    beside = [move for move in moves if move.item in cramped][:MADE_ROOM]
    room = lambda move: planner.possible(cramped[move.item], move.skill.way, planning.scene, planning.view.positions)
    return chain(filter(room, beside), moves)


def why_not(scene: Scene, options: Sequence[Grasp], refused: Sequence[Refused], past: Attempts) -> Cause:
    """Why a look leads to no plan: what became of its best option."""
    if not scene.items:
        return Cause.NOTHING_SEEN
    if not options:
        return Cause.NO_GRASP
    stakes = Stakes()
    worth = [grasp for grasp in options if stakes.gain(grasp) > LEAST * (1 + stakes.left)]
    full = any(refusal.cause is Cause.NO_PLACE for refusal in refused)
    if full or any(past.unplanned(grasp) == Cause.NO_PLACE.value for grasp in worth):  # that can be helped
        return Cause.NO_PLACE
    if refused:
        return refused[0].cause
    if not worth:
        return Cause.NOT_WORTH_IT
    note = past.unplanned(max(worth, key=stakes.gain))
    return Cause(note) if note else Cause.GIVEN_UP


def cause_of(error: PlanError) -> Cause:
    """The cause that a planning error is an instance of."""
    return next((CAUSES[kind] for kind in type(error).__mro__ if kind in CAUSES), Cause.NO_PATH)
